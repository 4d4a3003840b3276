"""What a drill measured: on the host itself, and by packets from the second host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from changes.plan import Json
from networking.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskDrill:
    """The lines that the drill wrote in its guard's directory, by name. A real answer:

    failures_before=0
    plain_moved_ms=110
    plain_moved_to=eth0
    plain_up_ms=2060
    plain_then=eth1
    failures_after=1
    done=yes
    """

    directory: str
    name = "drill"

    def command(self) -> Command:
        text = '[ ! -e "$1/drill" ] || cat "$1/drill"'
        return Command(("sh", "-c", text, "regroup", self.directory), sudo=True)

    def parse(self, result: Result) -> Mapping[str, str]:
        lines = ended_well(result, "The drill").splitlines()
        strange = [line for line in lines if "=" not in line]
        if strange:
            raise FactError(f"The drill: expected name=value, not {strange[0]!r}.")
        return {name: value for name, _, value in (line.partition("=") for line in lines)}


@dataclass(frozen=True, slots=True)
class Pings:
    """received  packets that came back; last  number of the last one; gaps  (number before it, packets lost)."""

    ended: bool
    received: int
    last: int
    gaps: tuple[tuple[int, int], ...]

    @property
    def lost(self) -> int:
        return sum(lost for _, lost in self.gaps)

    @property
    def longest(self) -> int:
        return max((lost for _, lost in self.gaps), default=0)

    def to_json(self, interval_ms: int) -> dict[str, Json]:
        """For the page: lost packets times their distance."""
        return {
            "received": self.received,
            "lost": self.lost,
            "interval_ms": interval_ms,
            "longest_gap_ms": self.longest * interval_ms,
            "gaps_ms": [lost * interval_ms for _, lost in self.gaps],
        }


@dataclass(frozen=True, slots=True)
class AskPings:
    """A real answer, of a gap of three packets after the 120th:

    ended=yes
    gap=120 3
    received=412
    last=415
    """

    directory: str
    name = "pings"

    def command(self) -> Command:
        return Command(("sh", "-c", script("read_pings"), "regroup", self.directory), sudo=True)

    def parse(self, result: Result) -> Pings:
        ended, gaps, counts = False, list[tuple[int, int]](), {"received": 0, "last": 0}
        for line in ended_well(result, "The pings").splitlines():
            name, _, value = line.partition("=")
            try:
                if name == "ended":
                    ended = value == "yes"
                elif name == "gap":
                    after, lost = value.split()
                    gaps.append((int(after), int(lost)))
                elif name in counts:
                    counts[name] = int(value)
                else:
                    raise ValueError(name)
            except ValueError as error:
                raise FactError(f"The pings: unknown line {line!r}.") from error
        return Pings(ended, counts["received"], counts["last"], tuple(gaps))
