"""Walks a plan and yields what happens; holds no database and no connection.

The caller stores each event before asking for the next, so whatever comes after an `Intent`
in this file happens after the intent is on disk. `hands` does what needs a host; everything
here is the order of things, and the table of what to do after a crash (`_reattach`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from changes.kinds import Verdict
from changes.plan import Call, Check, Json, Plan, ReferenceUnresolved, Wait
from changes.states import STEP_DONE, State, StepState
from execution.events import Ended, Entered, Event, Exited, Finished, Intent, Output, Parked, Said
from ssh.command import Command
from ssh.detached import AlreadyClaimed, Chunk, DetachedError, FenceRefused, Probe
from ssh.detached import State as OnHost
from ssh.facts import FactError
from ssh.session import SessionError


@dataclass(frozen=True, slots=True)
class Work:
    """A step as the walk sees it, whichever way it goes."""

    key: str
    title: str
    command: Call | None
    precheck: tuple[Check, ...]
    verify: tuple[Check, ...]
    always_run: bool = False
    writes: bool = True
    wait: Wait | None = None
    outage: int = 0
    host: str = ""
    fleeting: bool = False
    late: str = ""


@dataclass(slots=True)
class Progress:
    """How far a step has come, as the database knows it.

    open       an intent is stored whose end is not: the host has to be asked first
    confirmed  a person said that what the step waits for is there
    said       what a person called an attempt that was unknown, done or failed; the host has not been asked since
    """

    state: StepState = StepState.PENDING
    attempt: int = 0
    offset: int = 0
    open: bool = False
    confirmed: bool = False
    found: Mapping[str, Json] = field(default_factory=dict)
    said: str = ""


def can_stop(work: Work, cancel: str) -> bool:
    """Whether a step's command can be ended at once: it writes nothing, so that nothing is left half-done."""
    return work.command is not None and not work.writes and cancel != "never"


class Hands(Protocol):
    """What needs the host. Each may raise SessionError after having tried again for a while."""

    def turn(self, work: Work) -> None:
        """What follows is for this step, on its host; one with an outage is asked over a new connection."""
        ...

    def judge(self, checks: Sequence[Check]) -> list[Verdict]:
        """All checks on the host as it is in one moment."""
        ...

    def resolve(self, work: Work) -> Command:
        """The command with its references resolved, on the host as last judged."""
        ...

    def start(self, work: Work, attempt: int, command: Command) -> None: ...
    def bury(self, work: Work, attempt: int) -> Probe: ...
    def follow(self, work: Work, attempt: int, offset: int) -> Iterator[Chunk]: ...
    def found(self, key: str, found: Mapping[str, Json]) -> None: ...
    def cancelled(self) -> bool: ...
    def held(self, work: Work) -> str:
        """Why a freeze lets this step not begin, once an unknown one is settled; empty where it may."""
        ...


Steps = Generator[Event, None, StepState]

SAID_DONE, SAID_FAILED = "done", "failed"
"""What a person may call an attempt of which nobody could tell."""

OUTAGE_POLL = 3
"""Seconds after which a host that is out of reach is tried again."""


def forward(plan: Plan) -> list[Work]:
    """The plan's steps in order."""
    return [
        Work(
            s.key,
            s.title,
            s.command,
            s.precheck,
            s.verify,
            always_run=s.always_run,
            writes=bool(s.writes),
            wait=s.wait,
            outage=s.outage,
            host=s.host,
            fleeting=s.fleeting,
            late=s.late,
        )
        for s in plan.steps
    ]


def backward(plan: Plan, touched: Mapping[str, Progress]) -> list[Work]:
    """The undo of every step that was done or begun, last first."""
    return [
        Work(s.key, s.undo.title, s.undo.command, s.undo.precheck, s.undo.verify, outage=s.undo.outage, host=s.host)
        for s in reversed(plan.steps)
        if s.undo and (touched[s.key].state in STEP_DONE or touched[s.key].attempt)
    ]


def walk(
    works: Sequence[Work], progress: Mapping[str, Progress], hands: Hands, *, recheck: bool, probing: bool
) -> Iterator[Event]:
    """Go on from where the progress stands to the end, a wait, or the first step that is not done.

    recheck  a resume: verify again the effects of finished steps that write or are fleeting, and what is asked before
             later steps as far as it can be told now; a fleeting effect that is gone is brought about again
    probing  a person asked about an unknown step: a certain no becomes failed, and a freeze lets nothing begin after it
    """
    # A resume that has begun a step looked before that; what is begun is asked first, whatever was lost meanwhile.
    begun = next((number for number, work in enumerate(works) if progress[work.key].open), -1)
    ahead = recheck and begun < 0
    for number, work in enumerate(works):
        at = progress[work.key]
        hands.turn(work)
        if at.state in STEP_DONE and not at.said:
            lost = (yield from _still_holds(work, hands)) if recheck and number > begun else ""
            if not lost:
                continue
            if not work.fleeting:
                yield Finished(State.FAILED, lost)
                return
        if hands.cancelled() and not at.open:
            yield Finished(State.CANCELLED, f"Stopped before “{work.title}”, as asked.")
            return
        if probing and not at.open and (no := hands.held(work)):
            yield Finished(State.CANCELLED, f"Stopped before “{work.title}”. {no}")
            return
        if ahead:
            ahead = False
            lost = yield from _will_hold(works[: number + 1], works[number + 1 :], hands)
            if lost:
                yield Finished(State.FAILED, lost)
                return
        state = yield from _perform(work, at, hands, probing)
        if state is StepState.WAITING:
            return
        if state not in STEP_DONE:
            if state is StepState.FAILED and hands.cancelled():
                yield Finished(State.CANCELLED, f"Stopped in “{work.title}”, as asked.")
                return
            outcome = State.UNKNOWN if state is StepState.UNKNOWN else State.FAILED
            yield Finished(outcome, f"Step “{work.title}” {state.replace('_', ' ')}.")
            return
    yield Finished(State.SUCCEEDED)


def _still_holds(work: Work, hands: Hands) -> Generator[Event, None, str]:
    """Why the effect of a finished step is not there, or cannot be asked for; empty where it is, or none is kept."""
    if not (work.writes or work.fleeting):
        return ""
    try:
        verdict = all_of(hands.judge(work.verify))
    except (SessionError, FactError, DetachedError) as error:
        return f"“{work.title}” cannot be verified again: {error}"
    if verdict.holds:
        yield Said(work.key, f"still holds: {verdict.sentence}")
        return ""
    yield Said(work.key, f"no longer holds: {verdict.sentence}")
    return f"“{work.title}” was done, but no longer holds: {verdict.sentence}"


def _will_hold(so_far: Sequence[Work], later: Sequence[Work], hands: Hands) -> Generator[Event, None, str]:
    """Why a later step could not begin, as far as it can be told now; empty where nothing speaks against it.

    What is asked before a step may be the effect of one that is still to come. It is not where the same is asked before
    a step that is done, or the next one: that has to hold all the time.
    """
    here = so_far[-1]
    always = [check for work in so_far if work.host == here.host for check in work.precheck]
    ahead = [(work, check) for work in later if work.host == here.host for check in work.precheck if check in always]
    try:
        verdicts = hands.judge([check for _, check in ahead])
    except (SessionError, FactError, DetachedError) as error:
        return f"What later steps need cannot be asked: {error}"
    for (work, _), verdict in zip(ahead, verdicts, strict=True):
        if not verdict.holds and not verdict.not_yet:
            yield Said(here.key, f"ahead of “{work.title}”: no: {verdict.sentence}")
            return f"Nothing was begun, since “{work.title}” could not follow: {verdict.sentence}"
    return ""


def _perform(work: Work, at: Progress, hands: Hands, probing: bool) -> Steps:
    attempt = at.attempt
    try:
        if at.open or at.said:
            again = yield from _reattach(work, at, hands, probing)
            if again is not StepState.PENDING:
                return again
            if probing and (no := hands.held(work)):
                return (yield from _end(work, StepState.FAILED, f"Nothing of it is at work, or begun now. {no}", hands))
        yield Entered(work.key, StepState.CHECKING)
        ready = yield from _check(work, at, hands)
        if ready is not StepState.RUNNING:
            return ready
        command = hands.resolve(work)
    except FenceRefused:
        raise
    except (SessionError, FactError, DetachedError, ReferenceUnresolved) as error:
        if work.outage and isinstance(error, SessionError | FactError):
            return (yield from _out_of_reach(work, at, error))
        state = StepState.FAILED if isinstance(error, ReferenceUnresolved) else StepState.ERRORED
        return (yield from _end(work, state, str(error), hands))
    while True:
        attempt += 1
        yield Intent(work.key, attempt)
        at.attempt, at.offset, at.open, at.said = attempt, 0, True, ""
        try:
            hands.start(work, attempt, command)
        except FenceRefused:
            raise
        except AlreadyClaimed:
            pass
        except DetachedError as error:
            return (yield from _end(work, StepState.FAILED, str(error), hands))
        except SessionError as error:
            yield Said(work.key, f"connection lost while starting: {error}")
        again = yield from _reattach(work, at, hands, probing)
        if again is not StepState.PENDING:
            return again


def _check(work: Work, at: Progress, hands: Hands) -> Steps:
    """Whether to run (RUNNING), or how the step ended without."""
    if work.wait and at.state is StepState.WAITING and not at.confirmed:
        verdict = all_of(hands.judge(work.verify))
        if not verdict.holds:
            return (yield from _park(work, verdict.sentence))
        return (yield from _end(work, StepState.OK, verdict.sentence, hands, verdict))
    if work.command is None:
        return (yield from _check_only(work, at, hands))
    before = () if work.always_run else work.verify
    verdicts = hands.judge((*before, *work.precheck))
    effect, prechecks = all_of(verdicts[: len(before)]), verdicts[len(before) :]
    if effect.holds:
        sentence = f"Done already, so nothing was run: {effect.sentence}"
        return (yield from _end(work, StepState.DONE_ALREADY, sentence, hands, effect))
    for verdict in prechecks:
        yield Said(work.key, f"check: {'yes' if verdict.holds else 'no'}: {verdict.sentence}")
        if work.outage and verdict.not_yet:
            return (yield from _hold_on(work, at, verdict.sentence))
        if not verdict.holds:
            return (yield from _end(work, StepState.FAILED, verdict.sentence, hands, verdict))
    return StepState.RUNNING


def _check_only(work: Work, at: Progress, hands: Hands) -> Steps:
    """A step without a command: checks alone, or something a person does."""
    for verdict in hands.judge(work.precheck):
        if not verdict.holds:
            return (yield from _end(work, StepState.FAILED, verdict.sentence, hands))
    verdicts = hands.judge(work.verify)
    for verdict in verdicts:
        yield Said(work.key, f"check: {'yes' if verdict.holds else 'no'}: {verdict.sentence}")
    verdict = all_of(verdicts)
    if verdict.holds and work.verify:
        return (yield from _end(work, StepState.OK, verdict.sentence, hands, verdict))
    if work.wait and at.confirmed:
        return (yield from _end(work, StepState.OK, "A person confirmed it.", hands, verdict))
    if work.wait:
        return (yield from _park(work, ""))
    return (yield from _end(work, StepState.FAILED, verdict.sentence, hands))


def _reattach(work: Work, at: Progress, hands: Hands, probing: bool) -> Steps:
    """Follow an attempt that was begun, by us or by a worker that died. PENDING means: begin anew.

    absent, or claimed but not started   buried, so that it can never start; a new attempt
    running                              followed from the stored offset
    ended                                the rest of its log read, then verified
    dead, or the host rebooted           the effect decides; if it is not there nobody can tell

    An attempt that a person called done or failed is asked after in the same way; see `_by_word`.
    """
    yield Entered(work.key, StepState.RUNNING)
    probe: Probe | None = None
    try:
        for chunk in hands.follow(work, at.attempt, at.offset):
            yield Output(work.key, at.attempt, chunk.data, chunk.end, chunk.final)
            at.offset, probe = chunk.end, chunk.probe
        if probe is None or probe.state in (OnHost.ABSENT, OnHost.CLAIMED):
            probe = hands.bury(work, at.attempt)
            if probe.state is not OnHost.TOMBSTONE:  # it began just before, and its log has not been read
                return (yield from _reattach(work, at, hands, probing))
    except FenceRefused:
        raise
    except (SessionError, DetachedError) as error:
        if work.outage and isinstance(error, SessionError):
            return (yield from _out_of_reach(work, at, error))
        sentence = f"The host cannot be asked how the step goes, and it may still be running there. {error}"
        return (yield from _end(work, StepState.UNKNOWN, sentence, hands))
    if probe.state in (OnHost.RUNNING, OnHost.CLAIMED):
        return (yield from _reattach(work, at, hands, probing))
    if probe.state is OnHost.TOMBSTONE and at.said != SAID_DONE:
        yield Said(work.key, f"attempt {at.attempt} never began on the host; beginning a new one")
        at.open = False
        return StepState.PENDING
    yield Exited(work.key, probe.rc)
    return (yield from _verify(work, at, probe, hands, probing))


def _verify(work: Work, at: Progress, probe: Probe, hands: Hands, probing: bool) -> Steps:
    yield Entered(work.key, StepState.VERIFYING)
    try:
        verdicts = hands.judge(work.verify)
    except (SessionError, FactError, DetachedError) as error:
        if work.outage and isinstance(error, SessionError | FactError):
            return (yield from _out_of_reach(work, at, error))
        return (yield from _end(work, StepState.UNKNOWN, f"The effect cannot be read: {error}", hands))
    for verdict in verdicts:
        yield Said(work.key, f"verify: {'yes' if verdict.holds else 'no'}: {verdict.sentence}")
    verdict = all_of(verdicts)
    if verdict.holds:
        return (yield from _end(work, StepState.OK, _told(verdict, probe), hands, verdict))
    if at.said:
        return (yield from _by_word(work, at, _told(verdict, probe), hands))
    if work.wait and verdict.not_yet:
        return (yield from _park(work, verdict.sentence))
    if work.outage and verdict.not_yet:
        return (yield from _hold_on(work, at, verdict.sentence))
    if probe.state is OnHost.ENDED or not work.writes or probing:
        return (yield from _end(work, StepState.FAILED, _told(verdict, probe), hands, verdict))
    return (yield from _end(work, StepState.UNKNOWN, _told(verdict, probe), hands))


def _by_word(work: Work, at: Progress, told: str, hands: Hands) -> Steps:
    """The effect is not there. Where a person said so too, the step is begun anew; where not, the host is believed."""
    if at.said == SAID_DONE:
        return (yield from _end(work, StepState.FAILED, f"It was called done, but it is not: {told}", hands))
    yield Said(work.key, f"attempt {at.attempt} was called failed, and is over; beginning a new one")
    return StepState.PENDING


def _told(verdict: Verdict, probe: Probe) -> str:
    """The verdict's sentence, with what the exit code or the crash adds to it."""
    if probe.state is OnHost.OTHER_BOOT:
        gone = "" if verdict.holds else ", and what does not outlast a restart is gone"
        return f"The host was rebooted while the step ran{gone}. {verdict.sentence}"
    if probe.state is OnHost.DEAD:
        return f"The step was killed on the host before it could say how it ended. {verdict.sentence}"
    if probe.word == "stopped":
        return f"The command was stopped, with every process that it had started. {verdict.sentence}"
    if probe.word == "timeout":
        return f"The command did not end in its time and was stopped. {verdict.sentence}"
    if probe.rc and verdict.holds:
        return f"{verdict.sentence} (The command itself ended with {probe.rc}.)"
    if probe.rc:
        return f"The command ended with {probe.rc}. {verdict.sentence}"
    return verdict.sentence


def _park(work: Work, sentence: str) -> Steps:
    wait = work.wait or Wait("", 0)
    yield Parked(work.key, " ".join(filter(None, (sentence, wait.prompt))), wait.deadline)
    return StepState.WAITING


def _out_of_reach(work: Work, at: Progress, error: Exception) -> Steps:
    """The host does not answer, as may be in this step: what it does goes on without us."""
    yield Said(work.key, f"out of reach: {error}")
    return (yield from _hold_on(work, at, f"{work.host or 'The host'} cannot be reached, as may be while it changes."))


def _hold_on(work: Work, at: Progress, sentence: str) -> Steps:
    yield Parked(
        work.key, sentence, work.outage, poll=OUTAGE_POLL, late=StepState.UNKNOWN, open=at.open, told=work.late
    )
    return StepState.WAITING


def _end(
    work: Work, state: StepState, sentence: str, hands: Hands, verdict: Verdict | None = None
) -> Generator[Event, None, StepState]:
    found = verdict.found if verdict else {}
    hands.found(work.key, found)
    yield Ended(work.key, state, sentence, found)
    return state


def all_of(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict from many: the first no, else yes with every sentence and everything found."""
    found: dict[str, Json] = {}
    for verdict in verdicts:
        if not verdict.holds:
            return verdict
        found |= verdict.found
    return Verdict(bool(verdicts), " ".join(v.sentence for v in verdicts), found)
