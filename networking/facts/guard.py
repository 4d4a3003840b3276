"""How a guarded change stands on its host: armed, applied, decided, gone back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from changes.plan import Json
from networking.guard import guarded
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well
from ssh.session import Result

CONFIRM, REVERT = "confirm", "revert"


@dataclass(frozen=True, slots=True)
class GuardState:
    """What stands in a guard's directory. Times in seconds since the host booted.

    armed       how, begun, until …; empty where no revert was ever armed
    alive       the revert is armed in this moment
    applied     status of the apply; empty while it has not ended
    decided     confirm, revert, or empty
    reverted    how, status, begun, ended; empty while the host has not gone back
    log         last lines of the way back
    """

    up: int
    boot: str
    saved: bool
    boot_guard: bool
    alive: bool
    decided: str
    tidied: bool
    armed: Mapping[str, str]
    applying: Mapping[str, str]
    applied: Mapping[str, str]
    reverted: Mapping[str, str]
    log: str

    @property
    def begun(self) -> bool:
        return bool(self.armed or self.applying or self.decided)

    @property
    def on_its_way_back(self) -> bool:
        return self.decided == REVERT and not self.reverted

    @property
    def left(self) -> int:
        """Seconds until it goes back by itself; 0 where that is decided, or the timer is from before a boot."""
        if self.decided or not self.armed or self.armed["boot"] != self.boot:
            return 0
        return max(0, int(self.armed["until"]) - self.up)

    def proof(self) -> dict[str, Json]:
        """What the page shows of a way back."""
        return {
            "decided": self.decided,
            "armed": dict(self.armed),
            "applied": dict(self.applied),
            "reverted": dict(self.reverted),
            "boot": self.boot,
            "log": self.log,
        }


@dataclass(frozen=True, slots=True)
class AskGuard:
    """A real answer, while it waits to be confirmed:

    up=412
    boot=1f3c4a1e-7d5c-4a0e-9d0f-0d6d4f4b6a11
    saved=yes
    boot_guard=yes
    alive=yes
    decided=
    tidied=no
    armed=how=systemd job=- pid=- birth=- begun=398 until=418 seconds=20 boot=1f3c4a1e-7d5c-4a0e-9d0f-0d6d4f4b6a11
    applying=pid=811 birth=40012 boot=1f3c4a1e-7d5c-4a0e-9d0f-0d6d4f4b6a11
    applied=status=0 ended=405 boot=1f3c4a1e-7d5c-4a0e-9d0f-0d6d4f4b6a11
    reverted=
    log=
    """

    directory: str
    name = "guard"

    def command(self) -> Command:
        return Command(("sh", "-c", guarded("look"), "regroup", self.directory), sudo=True)

    def parse(self, result: Result) -> GuardState:
        head, mark, log = f"\n{ended_well(result, 'The guard')}".partition("\nlog=\n")
        if not mark:
            raise FactError("The guard: the host's answer ends before its log.")
        said = dict(_pair(line) for line in head.strip().splitlines())
        try:
            return GuardState(
                up=int(said["up"]),
                boot=said["boot"],
                saved=said["saved"] == "yes",
                boot_guard=said["boot_guard"] == "yes",
                alive=said["alive"] == "yes",
                decided=said["decided"],
                tidied=said["tidied"] == "yes",
                armed=_words(said["armed"]),
                applying=_words(said["applying"]),
                applied=_words(said["applied"]),
                reverted=_words(said["reverted"]),
                log=log.strip("\n"),
            )
        except (KeyError, ValueError) as error:
            raise FactError(f"The guard: the host's answer lacks or garbles {error}.") from error


def _pair(line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not equals:
        raise FactError(f"The guard: expected name=value, not {line!r}.")
    return name, value


def _words(text: str) -> dict[str, str]:
    return dict(_pair(word) for word in text.split())
