"""What the runner says happened. The recorder stores each event before the runner goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from changes.plan import Json
from changes.states import State, StepState


@dataclass(frozen=True, slots=True)
class Entered:
    """A step is being looked at: `state` is checking, running or verifying."""

    key: str
    state: StepState


@dataclass(frozen=True, slots=True)
class Said:
    """A line of our own for the step's log."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Intent:
    """The host is about to be told. Stored before any byte is sent."""

    key: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes of the host's log file that end at offset `end`; `final` when no more will come."""

    key: str
    attempt: int
    data: bytes
    end: int
    final: bool = False


@dataclass(frozen=True, slots=True)
class Exited:
    """The command ended with `code`; None when nobody can tell."""

    key: str
    code: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The verdict on a step."""

    key: str
    state: StepState
    sentence: str
    found: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parked:
    """The step waits; nobody works on the run until it is confirmed, polled or out of time.

    poll  seconds until it is looked at again without anybody's word
    late  what the step is once the deadline is over
    open  an attempt of it was begun, and has to be asked after first
    told  what the step says of itself where it is late
    """

    key: str
    prompt: str
    deadline: int
    poll: int = 60
    late: StepState = StepState.FAILED
    open: bool = False
    told: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The walk is over: succeeded, failed, unknown or cancelled."""

    state: State
    sentence: str = ""


Event = Entered | Said | Intent | Output | Exited | Ended | Parked | Finished
