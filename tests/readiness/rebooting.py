"""Hosts that go down where they are told to, as far as anybody can tell over a session. Steps really run, here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from changes.models import Change
from execution import engine
from execution.models import Run
from readiness.facts.look import AskReadiness
from readiness.reboot.facts import VERIFY_SECONDS, AskBoot, AskRunning
from ssh.command import Command
from ssh.session import Result, Unreachable
from tests.execution.local_session import LocalSession
from tests.readiness.answers import text_of

ORDER = b"systemctl --no-wall reboot"
READINESS, BOOT, RUNNING = (ask.command() for ask in (AskReadiness(VERIFY_SECONDS), AskBoot(), AskRunning()))


@dataclass
class Machine:
    """One of them. well: as app01 was, or as it was after it was sabotaged; orders: how often it was told to reboot."""

    name: str = "app01"
    well: bool = True
    away: bool = False
    boots: int = 0
    orders: int = 0
    services: Sequence[str] = ("cron.service", "ssh.service")
    mounts: Sequence[str] = ("/", "/var")
    look: str = field(init=False)

    def __post_init__(self) -> None:
        self.look = text_of(f"app01-{self._word}-look")

    @property
    def _word(self) -> str:
        return "healthy" if self.well else "sabotaged"

    @property
    def boot_id(self) -> str:
        return f"{self._said('boot_id')[:-2]}{self.boots:02d}"

    def comes_back(self) -> None:
        self.boots, self.away = self.boots + 1, False

    def answers(self, command: Command) -> str:
        """What it says to a question of readiness or of reboots; nothing where it is none."""
        if command == READINESS:
            return re.sub(r"(?m)^boot_id=.*", f"boot_id={self.boot_id}", self.look, count=1)
        if command == BOOT:
            return self._boot()
        if command == RUNNING:
            services = (f"service={name}\n" for name in self.services)
            mounts = (f"mount={n} 1 254:{n} / {at} rw - ext4 /dev/vda{n} rw\n" for n, at in enumerate(self.mounts))
            return "".join((self._boot(), *services, *mounts))
        return text_of(f"app01-{self._word}-image") if command.argv[:3] == ("nice", "-n", "19") else ""

    def _boot(self) -> str:
        named = f"boot_id={self.boot_id}\nmachine_id={self._said('machine_id')}\nkernel={self._said('kernel')}\n"
        return f"{named}uptime={500 if self.boots else 5_000_000}\nstate=running\n"

    def _said(self, name: str) -> str:
        found = re.search(rf"(?m)^{name}=(.*)$", self.look)
        assert found
        return found[1]


class Way(LocalSession):
    """A session to one of them, which breaks when it goes down."""

    def __init__(self, machine: Machine) -> None:
        if machine.away:
            raise Unreachable(f"No answer from {machine.name}.")
        self.machine = machine

    def run(self, command: Command) -> Result:
        if said := self.machine.answers(command):
            return Result(0, said.encode(), b"")
        if ORDER not in command.payload():
            return super().run(command)
        self._goes_down(command)
        raise Unreachable("The connection was closed by the host.", sent=True)

    def _goes_down(self, start: Command) -> None:
        """The order is really started. It names a boot that is not this machine's, so it does nothing; then its
        directory is left as a reboot leaves it: begun in another boot, and no exit code."""
        assert self.machine.boot_id != Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        words = list(start.argv)
        words[words.index("--") + 8] = "50"  # fifths of a second in which its end is waited for
        super().run(replace(start, argv=tuple(words)))
        root, run, name = words[words.index("--") + 1 :][:3]
        step = Path(root, run, name)
        assert "another boot" in (step / "log").read_text()
        (step / "rc").unlink()
        started = step / "started"
        started.write_text(re.sub(r"boot=\S+", f"boot={self.machine.boot_id}", started.read_text()))
        self.machine.orders += 1
        self.machine.away = True


def looked_at(change: Change) -> Change:
    """A worker looks now, whether or not it is time for that."""
    Run.objects.filter(change=change).update(next_poll=None)
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


def late(change: Change) -> Change:
    """The time that it had to come back in is over."""
    Run.objects.filter(change=change).update(wait_until=timezone.now() - timedelta(seconds=1))
    return looked_at(change)
