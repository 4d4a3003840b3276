"""The report as values: what it is made of (`Told`) and what it is (`Report`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from changes.plan import Json, Plan
from changes.states import LABELS, State, StepState
from recovery.request import RELABEL

MOUNTED, TAKEN_BACK, NOT_MOUNTED, UNKNOWN, SKIPPED = "mounted", "taken back", "not mounted", "unknown", "skipped"

RENAMED, NOT_RENAMED, GIVEN_BACK = "renamed", "not renamed", "given back"

JOURNAL_WORDS = {
    "clean": "clean",
    "not replayed": "dirty: journal not replayed",
    "replayed": "was dirty: journal replayed",
    "none": "has no journal",
    UNKNOWN: "not known",
}


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step of the run as the database has it. Times are aware.

    undo  it is the way back of the step
    sent  its command was sent to the host at least once
    """

    key: str
    state: StepState
    sentence: str = ""
    found: Mapping[str, Json] = field(default_factory=dict)
    undo: bool = False
    ended_at: datetime | None = None
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody did something. `who` is Regroup where no person did."""

    what: str
    who: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """All that a report is made of.

    digest    that of the plan that was run
    sentence  what the run ended with
    contents  volume → what stood on it when the plan was made, as far as that was looked at
    """

    number: int
    state: State
    plan: Plan
    params: Mapping[str, Json]
    steps: tuple[StepTold, ...]
    acts: tuple[Act, ...] = ()
    reason: str = ""
    ticket: str = ""
    digest: str = ""
    sentence: str = ""
    contents: Mapping[str, str] = field(default_factory=dict)

    def step(self, key: str, *, undo: bool = False) -> StepTold | None:
        return next((step for step in self.steps if step.key == key and step.undo == undo), None)

    def found(self, key: str) -> Mapping[str, Json]:
        step = self.step(key)
        return step.found if step else {}


@dataclass(frozen=True, slots=True)
class Group:
    """The volume group before and after, and how it got its new name. UUIDs differ after an import.

    standing  renamed · not renamed · given back · unknown
    """

    old: str
    new: str
    uuid: str
    uuid_now: str
    strategy: str
    how: str
    why: str
    standing: str

    @property
    def was_bare(self) -> bool:
        """Whether a disk of it had lost its LVM label, so that there was nothing on it to give back but that."""
        return self.strategy == RELABEL

    @property
    def standing_words(self) -> str:
        return {
            RENAMED: f"On the disk the group is called {self.new}.",
            NOT_RENAMED: "The group was not restored; a disk of it had lost its LVM label."
            if self.was_bare
            else f"On the disk the group still has its old name {self.old}.",
            GIVEN_BACK: "The disk is what it was before, without its LVM label."
            if self.was_bare
            else f"On the disk the group has its old name {self.old} again.",
        }.get(self.standing, "Nobody can tell yet which name the group has on the disk.")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the metadata came from. `sha256` is that of the text as approved, `written_at` the text's own word."""

    words: str
    sha256: str
    seqno: int | None = None
    written_on: str = ""
    written_at: datetime | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """One physical volume, and the disk it is on, by what tells the disk from others. Size in bytes."""

    pv_uuid: str
    pv_uuid_now: str
    serial: str = ""
    wwn: str = ""
    hctl: str = ""
    device: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume that was to be mounted. Sizes in bytes; None where nobody counted.

    standing   mounted · taken back · not mounted · unknown · skipped
    journal    clean · not replayed · replayed · none · unknown
    cut_short  why the count is not whole, as half a sentence; empty if it is
    errors     complaints while reading; `complaints` are the first ten
    """

    lv: str
    mount_point: str
    device: str
    mode: str
    standing: str
    why: str = ""
    fstype: str = ""
    options: tuple[str, ...] = ()
    journal: str = UNKNOWN
    size: int | None = None
    used: int | None = None
    available: int | None = None
    files: int | None = None
    directories: int | None = None
    links: int | None = None
    others: int | None = None
    bytes: int | None = None
    newest: datetime | None = None
    inodes: int | None = None
    inodes_used: int | None = None
    errors: int = 0
    complaints: tuple[str, ...] = ()
    cut_short: str = ""

    @property
    def journal_words(self) -> str:
        return JOURNAL_WORDS[self.journal]


@dataclass(frozen=True, slots=True)
class Gap:
    """A volume whose data is not here, and why, as half a sentence."""

    lv: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report. `checks` are sentences for the VM's owner, `as_of` when the host was last asked."""

    number: int
    title: str
    state: str
    outcome: str
    as_of: datetime | None
    vm: str
    host: str
    machine_id: str
    reason: str
    ticket: str
    digest: str
    group: Group
    source: Source
    disks: tuple[Disk, ...]
    volumes: tuple[Volume, ...]
    gaps: tuple[Gap, ...]
    acts: tuple[Act, ...]
    checks: tuple[str, ...]

    @property
    def state_words(self) -> str:
        return LABELS[State(self.state)].word

    @property
    def mounted(self) -> tuple[Volume, ...]:
        return tuple(volume for volume in self.volumes if volume.standing == MOUNTED)

    def to_json(self) -> dict[str, Json]:
        """The report as JSON values, times as ISO 8601 in UTC."""
        data: dict[str, Json] = _plain(asdict(self))
        return data


def _plain(value: Json) -> Json:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
