"""What is odd about the engine that does the runs: each with a sentence of what it means and what to do. Pure.

`Sight` is what was seen in one moment; ages and times left are seconds of the database's clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from changes.states import HOLDS_HOST, LABELS, Label, State
from pages.wording import human_duration

WORST_FIRST = ("bad", "warn", "info")
MANY_HINTS = 100
"""Hints in one queue above which workers do not keep up: the sweep gives each only once or twice."""

LONG_HELD = 24 * 3600.0
LATE_ANSWER = 120.0
CLOCK_SLACK = 5.0

KEEPS_DISK = frozenset({*HOLDS_HOST, State.SUCCEEDED})
"""States in which a change may hold a lock; a recovery that succeeded keeps its VM's disk until it is handed back."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are done, in seconds: a lease's length, its heartbeat, the janitor's round, a host's turn."""

    lease: float = 30
    heartbeat: float = 5
    sweep: float = 10
    fleet: float = 120

    @property
    def patience(self) -> float:
        """After which something that is due in each round of the janitor is late."""
        return self.sweep * 3 + 5


@dataclass(frozen=True, slots=True)
class RunNow:
    """A change that is on its way, and its run.

    left    seconds of its lease; None: nobody holds it; below zero: it ran out
    quiet   since the change last moved
    late    since a parked run should have been looked at; None: not yet, or not parked
    prompt  what a parked run waits for; away: for its host to answer, in the middle of a step
    """

    change: int
    title: str
    host: str
    state: State
    step: str = ""
    left: float | None = None
    fence: int = 0
    quiet: float = 0
    parked: bool = False
    prompt: str = ""
    away: bool = False
    late: float | None = None
    ends_in: float | None = None

    @property
    def label(self) -> Label:
        return LABELS[self.state]

    @property
    def held(self) -> bool:
        return self.left is not None and self.left > 0


@dataclass(frozen=True, slots=True)
class LockNow:
    """A host or VM that one change holds; `age` since it was taken."""

    name: str
    change: int
    title: str
    state: State
    fence: int
    age: float

    @property
    def label(self) -> Label:
        return LABELS[self.state]


@dataclass(frozen=True, slots=True)
class ClaimNow:
    """A worker asks a host (`facts`) or makes a plan (`plan`); `left` until others may."""

    task: str
    number: int
    about: str
    left: float


@dataclass(frozen=True, slots=True)
class Pile:
    """Things that wait for a worker, and how long the oldest has."""

    count: int = 0
    oldest: float | None = None


@dataclass(frozen=True, slots=True)
class FleetNow:
    """Hosts that are asked for their bonds: asked this moment, overdue, without an answer when last asked."""

    hosts: int = 0
    asking: int = 0
    due: int = 0
    oldest_due: float | None = None
    silent: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything that the page shows, as seen in one moment. `broker` is empty where the broker answered."""

    pace: Pace = field(default_factory=Pace)
    workers: Mapping[str, float | None] = field(default_factory=dict)
    runs: tuple[RunNow, ...] = ()
    runs_in_all: int = 0
    unknown: Pile = field(default_factory=Pile)
    oldest_unknown: tuple[int, str] | None = None
    locks: tuple[LockNow, ...] = ()
    claims: tuple[ClaimNow, ...] = ()
    queues: Mapping[str, int] = field(default_factory=dict)
    broker: str = ""
    planning: Pile = field(default_factory=Pile)
    facts: Pile = field(default_factory=Pile)
    unsealed: Pile = field(default_factory=Pile)
    fleet: FleetNow = field(default_factory=FleetNow)
    ahead: float = 0

    def alive(self, name: str) -> bool:
        """Whether a kind of worker was seen lately. While every process of `runs` is in a step, its leases say so."""
        age = self.workers.get(name)
        return (age is not None and age <= self.pace.patience) or (name == "runs" and any(r.held for r in self.runs))


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing that is not as it should be. `change` is the number of the change to look at, or None."""

    tone: str
    title: str
    sentence: str
    change: int | None = None


WITHOUT = {
    "runs": "Plans, facts and runs wait until one is back; what runs on a host goes on there and is followed later.",
    "sweeps": "Nobody finds what was left undone, and the audit is not sealed.",
    "fleet": "What the pages show of bonds grows old.",
}


def oddities(sight: Sight) -> list[Oddity]:
    """All of them, worst first; empty where nothing is odd."""
    found = (
        *_workers(sight), *_broker(sight), *_clock(sight), *_runs(sight), *_unknown(sight), *_locks(sight),
        *_claims(sight), *_piles(sight), *_fleet(sight),
    )  # fmt: skip
    return sorted(found, key=lambda oddity: WORST_FIRST.index(oddity.tone))


def _workers(sight: Sight) -> Iterator[Oddity]:
    for name, age in sight.workers.items():
        if sight.alive(name):
            continue
        seen = "was never seen" if age is None else f"was last seen {human_duration(age)} ago"
        mend = f"Start it, or read its log ({name}.log); “manage.py regroup doctor” looks at every part."
        yield Oddity("bad", f"No worker “{name}”", f"It {seen}. {WITHOUT.get(name, '')} {mend}")


def _broker(sight: Sight) -> Iterator[Oddity]:
    if sight.broker:
        yield Oddity(
            "bad",
            "The queue does not answer",
            f"Hints cannot be given or taken ({sight.broker}). Nothing is lost: the database holds what is to do. "
            "Start the queue's server; the janitor then rings for everything anew.",
        )
    for name, count in sight.queues.items():
        if count > MANY_HINTS:
            yield Oddity(
                "warn",
                f"{count:,} hints wait in “{name}”",
                "Its workers do not keep up, or none takes from it. Start more of them; a hint too many costs nothing.",
            )


def _clock(sight: Sight) -> Iterator[Oddity]:
    if sight.ahead > CLOCK_SLACK:
        yield Oddity(
            "bad",
            "A clock is wrong",
            f"A worker was seen {human_duration(sight.ahead)} in the future. Leases and windows rest on the clock: "
            "set it on every machine of Regroup (timedatectl, chrony).",
        )


def _runs(sight: Sight) -> Iterator[Oddity]:
    for run in sight.runs:
        odd = odd_run(run, sight.pace)
        if odd:
            yield odd


def odd_run(run: RunNow, pace: Pace) -> Oddity | None:
    """What is odd about one run, or None."""
    name = f"#{run.change} on {run.host}"
    if run.parked:
        return _odd_wait(run, name, pace)
    if run.left is not None and run.left <= 0 and -run.left > pace.patience:
        return Oddity(
            "bad",
            f"{name}: its worker is gone",
            f"Its lease ran out {human_duration(-run.left)} ago and nobody took it up. Once a worker “runs” is there "
            "it asks the host first, and goes on from what it finds. Look whether workers are alive.",
            run.change,
        )
    if run.held and run.left is not None and pace.lease - run.left > pace.heartbeat * 3:
        return Oddity(
            "warn",
            f"{name}: its worker has not been heard of",
            f"The lease was last renewed {human_duration(pace.lease - run.left)} ago. In {human_duration(run.left)} "
            "another worker takes the run up, and asks the host first. Nothing has to be done.",
            run.change,
        )
    if run.left is None and run.quiet > pace.patience:
        return Oddity(
            "warn",
            f"{name}: nobody works on it",
            f"It has been {run.label.word} for {human_duration(run.quiet)} without a worker. All may be busy with "
            "other runs: start more workers “runs”, or wait until one is free.",
            run.change,
        )
    return None


def _odd_wait(run: RunNow, name: str, pace: Pace) -> Oddity | None:
    if run.ends_in is not None and -run.ends_in > pace.patience:
        return Oddity(
            "warn",
            f"{name}: its wait is over",
            f"The time to wait ended {human_duration(-run.ends_in)} ago, and nobody looked. Look whether the workers "
            "“sweeps” and “runs” are alive.",
            run.change,
        )
    if run.late is not None and run.late > pace.patience:
        return Oddity(
            "warn",
            f"{name}: its host is not asked",
            f"It should have been looked at {human_duration(run.late)} ago. Look whether the workers “sweeps” and "
            "“runs” are alive.",
            run.change,
        )
    return None


def _unknown(sight: Sight) -> Iterator[Oddity]:
    if not sight.unknown.count or sight.oldest_unknown is None:
        return
    number, host = sight.oldest_unknown
    count, age = sight.unknown.count, human_duration(sight.unknown.oldest or 0)
    title = f"#{number} on {host} is unknown" if count == 1 else f"{count} changes are unknown"
    oldest = f"Nobody can tell what became of its step, for {age} by now." if count == 1 else (
        f"The oldest, #{number} on {host}, has been so for {age}."
    )  # fmt: skip
    do = "It keeps its host. Open it: ask the host again, or close it with a reason once you have looked there."
    yield Oddity("bad", title, f"{oldest} {do}", number)


def _locks(sight: Sight) -> Iterator[Oddity]:
    for lock in sight.locks:
        if lock.state not in KEEPS_DISK:
            yield Oddity(
                "bad",
                f"{lock.name} is held by a change that is over",
                f"#{lock.change} is {lock.label.word} and should have given it back; no other change can have it. "
                "This is a fault of Regroup: report it, with that change's number.",
                lock.change,
            )
        elif lock.age > LONG_HELD and lock.state in (State.FAILED, State.CANCELLED, State.UNDO_FAILED):
            yield Oddity(
                "warn",
                f"{lock.name} has been held for {human_duration(lock.age)}",
                f"#{lock.change} is {lock.label.word}, and no other change can have the host. Resume it, undo it, or "
                "close it with a reason.",
                lock.change,
            )


def _claims(sight: Sight) -> Iterator[Oddity]:
    for claim in sight.claims:
        if -claim.left > sight.pace.patience:
            yield Oddity(
                "info",
                f"A worker that asked {claim.about} is gone",
                f"Its claim ran out {human_duration(-claim.left)} ago. The next worker that is to ask takes it over; "
                "nothing has to be done.",
            )


def _piles(sight: Sight) -> Iterator[Oddity]:
    patience = sight.pace.patience
    if (sight.unsealed.oldest or 0) > patience:
        yield Oddity(
            "warn",
            f"{sight.unsealed.count:,} audit entries wait for their seal",
            f"The oldest for {human_duration(sight.unsealed.oldest or 0)}. Until then a change to them would not "
            "show. The worker “sweeps” seals them: look whether it is alive.",
        )
    if (sight.planning.oldest or 0) > LATE_ANSWER:
        yield Oddity(
            "warn",
            f"{sight.planning.count} plan{'s are' if sight.planning.count > 1 else ' is'} not made",
            f"The oldest has waited {human_duration(sight.planning.oldest or 0)}. Its host may be slow, or every "
            "worker “runs” busy: start more of them.",
        )
    if (sight.facts.oldest or 0) > LATE_ANSWER:
        yield Oddity(
            "warn",
            f"{sight.facts.count} host{'s' if sight.facts.count > 1 else ''} not asked for facts",
            f"Somebody has waited {human_duration(sight.facts.oldest or 0)} for live facts. The host may be slow, or "
            "every worker “runs” busy: start more of them.",
        )


def _fleet(sight: Sight) -> Iterator[Oddity]:
    fleet = sight.fleet
    if (fleet.oldest_due or 0) > sight.pace.fleet + sight.pace.patience:
        yield Oddity(
            "warn",
            f"{fleet.due:,} host{'s are' if fleet.due > 1 else ' is'} overdue",
            f"The longest for {human_duration(fleet.oldest_due or 0)}. The fleet's worker does not keep up: start "
            "another one, or raise REGROUP_FLEET or REGROUP_FLEET_CONNECTIONS.",
        )
