"""What the boot of a clone came to: the signs of life and death, and the sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from changes.plan import Json
from changes.states import Label

DEATH = (
    r"Kernel panic - not syncing",
    r"You are in (emergency|rescue) mode",
    r"Cannot open access to console, the root account is locked",
    r"Give root password for maintenance",
    r"Entering (emergency|rescue) mode",
    r"/run/initramfs/rdsosreport\.txt",
    r"^\(initramfs\)",
    r"Gave up waiting for root",
    r"^grub( rescue)?> *",
    r"error: you need to load the kernel first",
    r"No bootable device",
    r"Boot failed: not a bootable disk",
)
"""Extended regular expressions of lines after which a boot goes no further by itself."""

LIFE = r"(^|[^A-Za-z0-9._-])[A-Za-z0-9][A-Za-z0-9._-]* login:( |$)"
"""A login prompt, whose line has no end."""

TELLING = re.compile("|".join((*DEATH, "error: ", "ALERT!", "Failed to mount", "Timed out waiting", "Unable to mount")))
"""What is worth quoting where no sign of death was found in time."""

TRIMMED = re.compile(r"^(\[ *\d+\.\d+\] *)?(-*\[ end (?=Kernel panic))?")
"""The kernel's clock, and how it begins to repeat itself once its trace is told."""

CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b.|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LAST, LONGEST = 40, 200


class Outcome(StrEnum):
    """silent: nothing was ever seen of it, neither on its consoles nor by its agent, so nobody can tell."""

    UP = "up"
    DOWN = "down"
    SILENT = "silent"


OUTCOME_LABELS = {
    Outcome.UP: Label("✓", "came up", "ok"),
    Outcome.DOWN: Label("✗", "did not come up", "bad"),
    Outcome.SILENT: Label("?", "nothing seen", "neutral"),
}


class By(StrEnum):
    """How it was told: agent and login of a clone that came up; the others of one that did not."""

    AGENT = "agent"
    LOGIN = "login"
    DEATH = "death"
    OFF = "off"
    TIME = "time"
    SILENCE = "silence"


OF = {By.AGENT: Outcome.UP, By.LOGIN: Outcome.UP, By.SILENCE: Outcome.SILENT}


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen: `seconds` after the start; the last lines of the console."""

    by: By
    seconds: int
    console: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        return OF.get(self.by, Outcome.DOWN)

    def to_json(self) -> dict[str, Json]:
        return {"came_up": self.outcome is Outcome.UP, "outcome": self.outcome, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Watched:
        return cls(By(data["by"]), int(data["seconds"]), tuple(data["console"]))


def sentence(seen: Watched, host: str, backup: str = "") -> str:
    """In one plain sentence what it means for this host."""
    what = f"{host}'s backup {backup}" if backup else f"{host}'s clone"
    if seen.outcome is Outcome.UP:
        how = "its guest agent answers" if seen.by is By.AGENT else "it asks for a login"
        return f"{what} came up in {seen.seconds} s: {how}."
    if seen.outcome is Outcome.SILENT:
        return (
            f"Nothing was seen of {what} in {seen.seconds} s: no guest agent answered and its consoles stayed empty,"
            f" so nobody can tell. Give {host} a guest agent or a serial console, then prove it again."
        )
    meaning = "it is no way back" if backup else f"{host} will most likely not survive a reboot"
    return f"{what} did NOT come up: {_why(seen)}; {meaning}."


def _why(seen: Watched) -> str:
    line, last = quoted(seen.console), seen.console[-1].strip() if seen.console else ""
    if seen.by is By.DEATH:
        return line or "its console shows the end of a boot"
    said = f" (its console says: {line})" if line else f" (its console ends: {last})" if last else ""
    if seen.by is By.OFF:
        return f"it switched itself off after {seen.seconds} s{said}"
    return f"there was no sign of life in {seen.seconds} s{said}"


def quoted(console: Iterable[str]) -> str:
    """The line that tells most: the first sign of death, else the last one that speaks of trouble."""
    lines = list(console)
    deadly = re.compile("|".join(DEATH))
    first = next((line for line in lines if deadly.search(line)), "")
    trouble = [line for line in lines if TELLING.search(line)]
    found = first or (trouble[-1] if trouble else "")
    return re.split(" {2,}", TRIMMED.sub("", found))[0].strip(" -.:]")


def readable(text: str) -> tuple[str, ...]:
    """The last lines as people read them: without control sequences, empty ones, and what is longer than a line."""
    lines = (CONTROL.sub("", line).rstrip()[:LONGEST] for line in re.split(r"\r*\n|\r", text))
    return tuple(line for line in lines if line.strip())[-LAST:]
