"""Drives the walk as the engine does: progress is kept from events, and a dead worker is replaced."""

from collections.abc import Sequence

from changes.plan import Call, Check, Wait
from changes.states import State, StepState
from execution.events import Ended, Entered, Event, Finished, Intent, Output, Parked
from execution.runner import Progress, Work, walk
from tests.execution.fake_host import FakeHost

ASK = Wait("Attach it.", 60)


def work(key: str, **fields: object) -> Work:
    check = Check("effect", "its effect is there", {"of": key})
    return Work(**{"key": key, "title": key, "command": Call((key,)), "precheck": (), "verify": (check,), **fields})


class Driver:
    """Keeps what a database would keep."""

    def __init__(self, works: Sequence[Work], host: FakeHost) -> None:
        self.works, self.host = works, host
        self.progress = {each.key: Progress() for each in works}
        self.events: list[Event] = []
        self.log = b""
        self.outcome: State | None = None

    def go(self, *, recheck: bool = False, probing: bool = False) -> State | None:
        """Walk until it ends; a worker that dies leaves what was stored."""
        stored = dict(_copies(self.progress))
        self.progress, self.outcome = stored, None
        try:
            for event in walk(self.works, dict(_copies(stored)), self.host, recheck=recheck, probing=probing):
                self.events.append(event)
                self._store(event)
        except KeyboardInterrupt:
            pass
        return self.outcome

    def states(self) -> list[StepState]:
        return [self.progress[each.key].state for each in self.works]

    def sentence(self, key: str) -> str:
        return [e.sentence for e in self.events if isinstance(e, Ended) and e.key == key][-1]

    def _store(self, event: Event) -> None:
        match event:
            case Entered():
                self.progress[event.key].state = event.state
            case Intent():
                self.progress[event.key] = Progress(StepState.RUNNING, event.attempt, 0, True)
            case Output():
                self.log += event.data
                self.progress[event.key].offset = event.end
            case Ended():
                at = self.progress[event.key]
                at.state, at.open, at.said = event.state, event.state is StepState.UNKNOWN, ""
            case Parked():
                at = self.progress[event.key]
                at.state, at.open, self.outcome = StepState.WAITING, event.open, State.WAITING
            case Finished():
                self.outcome = event.state


def _copies(progress: dict[str, Progress]):
    for key, p in progress.items():
        yield key, Progress(p.state, p.attempt, p.offset, p.open, p.confirmed, said=p.said)
