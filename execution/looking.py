"""What a host says about the step that nobody can tell about: asked by a worker, kept for the page, and nothing moved.

Whoever decides sees it first; `services.run_probe` then goes by it, `settling.run_settle` by what a person saw besides,
and `services.run_close` goes on without.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import DatabaseError

from changes.kinds import Verdict
from execution.hands import HostHands
from execution.leases import Lease, LeaseLost, database_now
from execution.models import Look, Run, StepRun
from execution.runner import Work, all_of
from ssh.detached import DetachedError, Probe, State
from ssh.facts import FactError
from ssh.session import SessionError

DONE, NOT_DONE, AT_WORK, CANNOT_TELL = "done", "not_done", "at_work", "cannot_tell"


@dataclass(frozen=True, slots=True)
class Said:
    """Sentences for a person, which of the four outcomes they amount to, and whether the attempt is certainly over."""

    sentences: tuple[str, ...]
    outcome: str
    over: bool = False


def told(probe: Probe, effect: Verdict | None, error: str = "") -> Said:
    """Pure: `effect` is None where it cannot be read, with the reason in `error`."""
    began = _began(probe)
    if effect is None:
        there = f"Its effect cannot be read: {error}"
        outcome = CANNOT_TELL if probe.state.is_over else AT_WORK
    elif effect.holds:
        there, outcome = f"Its effect is there: {effect.sentence}", DONE
    else:
        there = f"Its effect is not there: {effect.sentence}"
        outcome = NOT_DONE if probe.state.is_over else AT_WORK
    return Said((began, there), outcome, probe.state.is_over)


def _began(probe: Probe) -> str:
    since = f" It began at {_clock(probe.started_at)}." if probe.started_at else ""
    match probe.state:
        case State.ABSENT:
            return "Nothing of this attempt is on the host: its command was never started there."
        case State.TOMBSTONE:
            return "The attempt was buried before it began: its command never ran, and never will."
        case State.CLAIMED:
            return "The host has taken the attempt in, but its command has not begun."
        case State.RUNNING:
            return f"The command is still at work there.{since}"
        case State.ENDED:
            return f"The command ended with {probe.rc}, at {_clock(probe.ended_at)}.{since}"
        case State.DEAD:
            return f"The command was begun and is gone, without an exit code: it was killed.{since}"
        case State.OTHER_BOOT:
            return f"The command was begun, and the host was rebooted since; there is no exit code.{since}"


def _clock(at: float | None) -> str:
    return (
        datetime.fromtimestamp(at, UTC).strftime("%d %b %H:%M:%S UTC by the host’s clock") if at else "an unknown time"
    )


def wanted(run: Run) -> bool:
    """Whether somebody waits for what the host says."""
    return Look.objects.filter(run=run, told_at=None).exists()


def look(run: Run, lease: Lease, works: list[Work], hands: HostHands) -> None:
    """Ask the host about the run's unknown step, once, and keep the answer."""
    row = StepRun.objects.filter(run=run, phase=run.phase, state="unknown").first()
    work = next((work for work in works if row and work.key == row.key), None)
    try:
        if row is None or work is None:
            said = Said(("No step is open on the host: Regroup stopped before it sent one.",), NOT_DONE)
        else:
            said = _ask(work, row.attempt, hands)
    except (LeaseLost, DatabaseError):
        raise
    except (SessionError, FactError, DetachedError) as error:
        said = Said((f"The host cannot be asked: {error}",), CANNOT_TELL)
    lease.check()
    Look.objects.filter(run=run).update(
        sentences=list(said.sentences), outcome=said.outcome, over=said.over, told_at=database_now()
    )


def _ask(work: Work, attempt: int, hands: HostHands) -> Said:
    hands.turn(work)
    hands.pauses = ()
    probe = hands.probe(work, attempt)
    if probe.state is State.ABSENT:  # a start that is under way still would make this untrue a moment later
        probe = hands.bury(work, attempt)
    if not work.verify:
        return told(probe, None, "the plan has no check of it.")
    try:
        return told(probe, all_of(hands.judge(work.verify)))
    except (SessionError, FactError, DetachedError) as error:
        return told(probe, None, str(error))
