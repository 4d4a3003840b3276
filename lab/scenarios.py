"""The lab's situations as data: whose disk, whose backup text, which target, and how a recovery must end.

`SCENARIOS` are on disks of the build, for the demo too; `SITUATIONS` on disks that are made when a test needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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


@dataclass(frozen=True)
class Situation:
    """One situation on disks of a made shape (`made_disks`): what is handed in, what arrives, and how it must end.

    text      which of the shape's texts is uploaded; empty where the plan is made from the attached disk
    text_of   the shape whose text that is, if it is not this one
    late      whether the disks arrive when the run asks for them; else they are there before
    disks     which of the shape's disks arrive, by number, and `bus` on what
    spoil     (disk, first byte, length) overwritten with zeros beforehand
    wanted    volumes asked for; empty leaves it to the planner
    reads     volume → what its file `f` must say once it is recovered
    strategy  the one that a person chooses; empty leaves it to the planner
    asleep    volumes that must not be active; `closed` are active, but must not be mounted
    refused   the sentence, as a pattern, of the plan's refusal or of the step that says no; empty if it recovers
    """

    name: str
    title: str
    shape: str
    text: str = "own"
    text_of: str = ""
    late: bool = False
    disks: tuple[int, ...] = (0, 1)
    bus: str = "scsi0"
    spoil: tuple[tuple[int, int, int], ...] = ()
    wanted: tuple[str, ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)
    asleep: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    new_vg: str = "vm7_Root"
    strategy: str = ""
    refused: str = ""


SITUATIONS = (
    Situation(
        name="many-shapes",
        title="A stripe, a snapshot and its origin, names that repeat, hyphens; the disks come late",
        shape="mixed",
        late=True,
        wanted=("RootVG", "before", "data-1"),
        reads={"RootVG": "newer", "before": "plain", "data-1": "striped"},
        asleep=("thin", "pool", "twice"),
        new_vg="vm-7_Root",
    ),
    Situation(
        name="thin-wanted",
        title="A thin volume is asked for, which cannot be activated without writing",
        shape="mixed",
        late=True,
        wanted=("thin",),
        refused="thin is not activated: it is thin",
    ),
    Situation(
        name="odd-contents",
        title="btrfs, swap, LUKS and a nested group, on a virtio-blk disk; no file is uploaded",
        shape="odd",
        text="",
        disks=(0,),
        bus="virtio-blk",
        reads={"plain": "plain", "leaf": "leafy"},
        closed=("locked", "within", "paging"),
    ),
    Situation(
        name="luks-wanted",
        title="An encrypted volume is asked for",
        shape="odd",
        text="",
        disks=(0,),
        wanted=("locked",),
        refused="locked is encrypted \\(LUKS\\)",
    ),
    Situation(
        name="two-disks",
        title="Two disks are there before, and no file is uploaded",
        shape="two",
        text="",
        reads={"one": "first", "two": "second"},
    ),
    Situation(
        name="one-of-two",
        title="One of the group's two disks is missing",
        shape="two",
        text="",
        disks=(0,),
        refused="physical volume .* is on no idle one",
    ),
    Situation(
        name="volume-added-since",
        title="The file is older than the last volume; the disk is there and disagrees",
        shape="two",
        text="fewer",
        refused="The file does not agree with the disk",
    ),
    Situation(
        name="extended-since",
        title="The file is from before the group was extended to the second disk, which comes late",
        shape="two",
        text="alone",
        late=True,
        wanted=("one",),
        refused="The file does not agree with the disk",
    ),
    Situation(
        name="torn-text",
        title="The metadata text on one of the two disks is overwritten",
        shape="two",
        text="",
        spoil=((0, 4096 + 512, 65536),),
        refused="Regroup does not write where it cannot read",
    ),
    Situation(
        name="torn-text-with-a-file",
        title="The same, and somebody has the backup file and says that it is to be restored",
        shape="two",
        strategy="restore",
        spoil=((0, 4096 + 512, 65536),),
        reads={"one": "first", "two": "second"},
    ),
    Situation(
        name="torn-text-on-both",
        title="The text on both disks is overwritten, and somebody has the backup file",
        shape="two",
        strategy="restore",
        spoil=((0, 4096 + 512, 65536), (1, 4096 + 512, 65536)),
        reads={"one": "first", "two": "second"},
    ),
    Situation(
        name="torn-text-with-an-old-file",
        title="The same, but the file is older than what the other disk says",
        shape="two",
        text="fewer",
        strategy="restore",
        spoil=((0, 4096 + 512, 65536),),
        refused="The file does not agree with sd",
    ),
    Situation(
        name="lost-label",
        title="The label of one of the two disks is overwritten, and nobody says what to do about it",
        shape="two",
        spoil=((0, 0, 4096),),
        refused="no LVM label.*the last resort is the strategy relabel",
    ),
    Situation(
        name="lost-label-with-a-file",
        title="One of two disks lost its label, and somebody has the file and says that a new one is to be written",
        shape="two",
        strategy="relabel",
        spoil=((0, 0, 4096),),
        reads={"one": "first", "two": "second"},
    ),
    Situation(
        name="lost-head-of-the-only-disk",
        title="The only disk lost all that stands before its first extent; the file and the contents are all there is",
        shape="odd",
        disks=(0,),
        strategy="relabel",
        spoil=((0, 0, 1048576),),
        reads={"plain": "plain", "leaf": "leafy"},
        closed=("locked", "within", "paging"),
    ),
    Situation(
        name="lost-label-with-the-wrong-file",
        title="The only disk lost its label, and the file is another VM's",
        shape="odd",
        disks=(0,),
        text_of="two",
        text="alone",
        strategy="relabel",
        spoil=((0, 0, 4096),),
        refused="is of another group .* The file is another VM's",
    ),
)


def scenario(name: str) -> Scenario:
    """The scenario called `name`; KeyError with the known names if there is none."""
    found = {situation.name: situation for situation in SCENARIOS}
    if name not in found:
        raise KeyError(f"no lab scenario is called {name!r}; there are {', '.join(found)}")
    return found[name]
