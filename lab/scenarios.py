"""The lab's situations as data: whose disk, whose backup text, which target, and how a recovery must end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """One situation: the lost VM, its disk, whose backup text is uploaded, and how it must end.

    `backup_of` is the host whose /etc/lvm/backup text is handed in; `target` the lab host recovered to;
    `outcome` is "recovers" or "refused", `because` the reason in words.
    """

    name: str
    title: str
    lost_vm: str
    target: str
    disk: str
    backup_of: str
    outcome: str
    because: str


SCENARIOS = (
    Scenario(
        name="story",
        title="The lost VM's disk, with its own backup file",
        lost_vm="vm42",
        target="app01",
        disk="vm42",
        backup_of="vm42",
        outcome="recovers",
        because="the file describes exactly the attached disk, and no UUID in it is in use on the target",
    ),
    Scenario(
        name="wrong-file",
        title="The target's own backup file, handed in for the lost VM's",
        lost_vm="vm42",
        target="app02",
        disk="vm42",
        backup_of="app02",
        outcome="refused",
        because="the file describes the running root volume group of the target itself",
    ),
    Scenario(
        name="other-disk",
        title="Another disk appears than the one waited for",
        lost_vm="vm42",
        target="app01",
        disk="db07",
        backup_of="vm42",
        outcome="refused",
        because="the physical volume named in the file is not on the disk that appeared",
    ),
)


def scenario(name: str) -> Scenario:
    """The scenario called `name`; KeyError with the known names if there is none."""
    found = {situation.name: situation for situation in SCENARIOS}
    if name not in found:
        raise KeyError(f"no lab scenario is called {name!r}; there are {', '.join(found)}")
    return found[name]
