"""Reads sections of key=value lines, as systemd and NetworkManager write them, and rewrites some of them.

systemd (systemd.syntax(7)): `#` and `;` begin a comment line, a backslash at a line's end continues it, a section may
come twice. NetworkManager (GLib's key file): `#` only, no continuation. In both, `#` behind a value is part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's line, counted from 1; `raw` as it stands, continued lines with it."""

    key: str
    value: str
    line: int
    raw: str


@dataclass(frozen=True, slots=True)
class Section:
    """`lines` are entries, and comments and what was not understood as they stand."""

    name: str
    line: int
    lines: tuple[Entry | str, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(line for line in self.lines if isinstance(line, Entry))

    def get(self, key: str) -> str:
        """Its last value; empty if there is none."""
        return next((entry.value for entry in reversed(self.entries) if entry.key == key), "")


@dataclass(frozen=True, slots=True)
class IniText:
    """Sections in their order; the first has no name and holds what stands before any."""

    sections: tuple[Section, ...]
    flaws: tuple[tuple[int, str], ...] = ()

    def named(self, name: str) -> tuple[Section, ...]:
        return tuple(section for section in self.sections if section.name == name)

    def entries(self, section: str, *keys: str) -> Iterator[Entry]:
        """Entries with one of the keys, from every section of that name."""
        for one in self.named(section):
            yield from (entry for entry in one.entries if entry.key in keys)

    def values(self, section: str, *keys: str) -> list[str]:
        """All values of a key that adds up; an empty one takes back what came before (systemd.syntax)."""
        found = list[str]()
        for entry in self.entries(section, *keys):
            found = [*found, entry.value] if entry.value else []
        return found

    def get(self, section: str, *keys: str) -> str:
        return next((entry.value for entry in reversed(list(self.entries(section, *keys)))), "")

    def line(self, section: str, *keys: str) -> int:
        for entry in reversed(list(self.entries(section, *keys))):
            return entry.line
        return next((one.line for one in self.named(section)), 1)


def read_ini(text: str, *, comments: str = "#;", continued: bool = True) -> IniText:
    """Never raises; a line that is neither section, comment nor key=value is a flaw."""
    sections: list[tuple[str, int, list[Entry | str]]] = [("", 1, [])]
    flaws = list[tuple[int, str]]()
    numbered = iter(enumerate(text.split("\n"), 1))
    for number, line in numbered:
        raw, stripped = line, line.strip()
        while continued and line.endswith("\\") and stripped[:1] not in (*comments, ""):
            _, line = next(numbered, (0, ""))
            raw, stripped = f"{raw}\n{line}", f"{stripped[:-1].rstrip()} {line.strip()}"
        key, sign, value = stripped.partition("=")
        if stripped[:1] in comments and stripped:
            sections[-1][2].append(raw)
        elif stripped.startswith("[") and stripped.endswith("]"):
            sections.append((stripped[1:-1], number, []))
        elif sign and key.strip():
            sections[-1][2].append(Entry(key.strip(), value.strip(), number, raw))
        elif stripped:
            sections[-1][2].append(raw)
            flaws.append((number, f"{stripped[:60]!r} is no section, comment or key=value; it is read as nothing."))
    return IniText(tuple(Section(name, line, tuple(lines)) for name, line, lines in sections), tuple(flaws))


def rewritten(
    existing: IniText | None, ours: Iterable[tuple[str, Pairs]], owned: Callable[[Section, Entry | None], bool]
) -> str:
    """Our sections, each followed by the lines of the existing file's that are not ours; then its other sections.

    owned(section, None)   whether the whole section is ours and goes
    owned(section, entry)  whether that line of it is
    """
    blocks: list[tuple[str, list[str]]] = [(name, [f"{k}={v}" for k, v in pairs]) for name, pairs in ours]
    for section in existing.sections if existing else ():
        if owned(section, None):
            continue
        kept = [
            line.raw if isinstance(line, Entry) else line
            for line in section.lines
            if isinstance(line, str) or not owned(section, line)
        ]
        home = next((lines for name, lines in blocks if name == section.name), None)
        if not section.name:
            blocks.insert(0, ("", kept))
        elif home is None or section.name in REPEATED:
            blocks.append((section.name, kept))
        else:
            home += kept
    return "\n".join(_section(name, lines) for name, lines in blocks if lines)


REPEATED = frozenset({"Address", "Route", "RoutingPolicyRule", "Neighbor", "NextHop", "IPv6AddressLabel"})
"""Sections of which each stands for one thing, so that lines of two must not flow together."""


def _section(name: str, lines: list[str]) -> str:
    head = f"[{name}]\n" if name else ""
    return head + "".join(f"{line}\n" for line in lines)
