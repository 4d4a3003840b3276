"""The drawing of a bond: switch port → NIC → bond → address. Pure: shapes and words, which templates put into SVG.

Everywhere the same: a solid line, thick by its speed, for the active port; a dashed one for a port that stands by;
a red one that is cut for a dead port; a flag on the primary. What colour and stroke say is said in words too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from networking.seen import PortSeen
from networking.wording import against_nominal, port_words, speed_words

WIDTHS = ((100_000, 9.0), (40_000, 7.5), (25_000, 6.5), (10_000, 5.0), (2_500, 3.5), (1_000, 2.5))
THINNEST = 1.5
MOST_IN_A_ROW = 4
"""Ports that the small drawing shows; more are left to the large one."""


@dataclass(frozen=True, slots=True)
class Line:
    """From x1, y1 to x2, y2; `kind` is active, standby or dead; a dead one is cut at cx, cy."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    kind: str

    @property
    def pieces(self) -> tuple[tuple[float, float, float, float], ...]:
        """The line, or both halves of one that is cut in its middle."""
        if not self.cross:
            return ((self.x1, self.y1, self.x2, self.y2),)
        return (self.x1, self.y1, *self._at(0.26)), (*self._at(0.54), self.x2, self.y2)

    @property
    def cross(self) -> tuple[float, float, float] | None:
        """Middle and half size of the mark of a dead line."""
        if self.kind != "dead":
            return None
        return (*self._at(0.4), 3.5 if abs(self.x2 - self.x1) + abs(self.y2 - self.y1) < 80 else 6.0)

    def _at(self, part: float) -> tuple[float, float]:
        return round(self.x1 + (self.x2 - self.x1) * part, 1), round(self.y1 + (self.y2 - self.y1) * part, 1)


@dataclass(frozen=True, slots=True)
class Word:
    """Text at x, y; `kind` is name, note or state; `anchor` as SVG has it."""

    x: float
    y: float
    text: str
    kind: str = "note"
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Flag:
    """The primary's mark: a pole from x, y upwards."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes in a view of `width` × `height`; `title` says in a sentence what they show."""

    width: float
    height: float
    title: str
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    words: tuple[Word, ...] = ()
    flags: tuple[Flag, ...] = ()
    dots: tuple[tuple[float, float, float], ...] = ()


def kind_of(port: PortSeen) -> str:
    """active, standby or dead."""
    if not port.up:
        return "dead"
    return "active" if port.active else "standby"


def width_of(port: PortSeen) -> float:
    """Stroke width by speed now; a dead or unknown one is thin."""
    speed = port.speed_mbps or 0
    return next((width for least, width in WIDTHS if speed >= least), THINNEST)


def told(bond: str, ports: Sequence[PortSeen]) -> str:
    """The drawing in words: `bond0: eno1 (primary) is active at 10 Gb/s; eno2 is standing by at 1 Gb/s.`"""
    said = []
    for port in ports:
        flag = " (primary)" if port.primary else ""
        at = f" at {against_nominal(port.speed_mbps, port.nominal_mbps)}" if port.up else ""
        where = f", at {port.switch} {port.switch_port}".rstrip() if port.switch else ""
        said.append(f"{port.name}{flag} is {port_words(port)}{at}{where}")
    return f"{bond}: {'; '.join(said) or 'it has no ports'}."


def small(bond: str, ports: Sequence[PortSeen]) -> Drawing:
    """For a row of a table: ports left, the bond right."""
    shown = ports[:MOST_IN_A_ROW]
    height, gap = 28.0, 28.0 / (len(shown) + 1)
    lines, flags, dots = [], [], []
    for number, port in enumerate(shown, 1):
        y = round(gap * number, 1)
        lines.append(Line(22, y, 78, height / 2, min(width_of(port), 6.0), kind_of(port)))
        dots.append((20.0, y, 3.0))
        if port.primary:
            flags.append(Flag(6, y + 5))
    return Drawing(
        90, height, told(bond, ports), lines=tuple(lines), flags=tuple(flags), dots=(*dots, (82.0, height / 2, 5.0))
    )


def wide(bond: str, ports: Sequence[PortSeen], addresses: Sequence[str]) -> Drawing:
    """From left to right, a row for each port."""
    row, top = 84.0, 8.0
    height = max(row * len(ports), row) + 2 * top
    middle = height / 2
    boxes, lines, words, flags = [], list[Line](), [], []
    for number, port in enumerate(ports):
        y = top + row * number + row / 2
        kind, width = kind_of(port), width_of(port)
        boxes += [Box(8, y - 28, 200, 56, "switch" if port.switch else "silent"), Box(296, y - 28, 190, 56, "nic")]
        words += [*_switch_words(port, 20, y), *_nic_words(port, 308, y)]
        lines += [Line(208, y, 296, y, width, kind), Line(486, y, 600, middle, width, kind)]
        if port.primary:
            flags.append(Flag(470, y - 28))
    boxes += [Box(600, middle - 30, 120, 60, "bond"), Box(776, middle - 30, 236, 60, "address")]
    lines.append(_last(ports, 720, middle, 776, middle))
    words.append(Word(660, middle + 6, bond, "name", "middle"))
    words += _address_words(addresses, 788, middle)
    return Drawing(1020, height, told(bond, ports), tuple(boxes), tuple(lines), tuple(words), tuple(flags))


def tall(bond: str, ports: Sequence[PortSeen], addresses: Sequence[str]) -> Drawing:
    """From top to bottom, a column for each port; for narrow screens."""
    column, left = 172.0, 4.0
    width = max(column * len(ports), column) + 2 * left
    middle = width / 2
    boxes, lines, words, flags = [], list[Line](), [], []
    for number, port in enumerate(ports):
        x = left + column * number
        kind, thick = kind_of(port), width_of(port)
        centre = x + column / 2
        boxes += [Box(x + 4, 4, column - 8, 56, "switch" if port.switch else "silent")]
        boxes += [Box(x + 4, 108, column - 8, 56, "nic")]
        words += [*_switch_words(port, x + 14, 32), *_nic_words(port, x + 14, 136)]
        lines += [Line(centre, 60, centre, 108, thick, kind), Line(centre, 164, middle, 224, thick, kind)]
        if port.primary:
            flags.append(Flag(x + column - 22, 108))
    boxes += [Box(middle - 70, 224, 140, 44, "bond"), Box(middle - 118, 296, 236, 60, "address")]
    lines.append(_last(ports, middle, 268, middle, 296))
    words.append(Word(middle, 251, bond, "name", "middle"))
    words += _address_words(addresses, middle - 106, 326)
    return Drawing(width, 362, told(bond, ports), tuple(boxes), tuple(lines), tuple(words), tuple(flags))


def _switch_words(port: PortSeen, x: float, y: float) -> list[Word]:
    if not port.switch:
        return [Word(x, y + 5, "no neighbour")]
    return [Word(x, y - 5, _cut(port.switch), "name"), Word(x, y + 15, _cut(port.switch_port))]


def _nic_words(port: PortSeen, x: float, y: float) -> list[Word]:
    speed = against_nominal(port.speed_mbps, port.nominal_mbps) if port.up else _nominal(port)
    return [Word(x, y - 5, f"{port.name} · {port_words(port)}", "name"), Word(x, y + 15, speed)]


def _nominal(port: PortSeen) -> str:
    """What a dead port could do."""
    return f"no link ({speed_words(port.nominal_mbps)})" if port.nominal_mbps else "no link"


def _address_words(addresses: Sequence[str], x: float, y: float) -> list[Word]:
    if not addresses:
        return [Word(x, y + 5, "no address")]
    if len(addresses) == 1:
        return [Word(x, y + 5, _cut(addresses[0]), "mono")]
    more = f"{_cut(addresses[1])}" if len(addresses) == 2 else f"and {len(addresses) - 1} more"
    return [Word(x, y - 5, _cut(addresses[0]), "mono"), Word(x, y + 15, more, "mono")]


def _last(ports: Sequence[PortSeen], x1: float, y1: float, x2: float, y2: float) -> Line:
    """From the bond to its addresses: what the active port gives."""
    active = next((port for port in ports if port.active and port.up), None)
    return Line(x1, y1, x2, y2, width_of(active) if active else THINNEST, "active" if active else "dead")


def _cut(text: str, most: int = 20) -> str:
    return text if len(text) <= most else f"{text[: most - 9]}…{text[-8:]}"
