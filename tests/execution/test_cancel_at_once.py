"""A step that writes nothing is stopped in the middle, with all its processes; one that writes is seen to its end."""

from dataclasses import replace

import pytest

from changes import kinds
from changes.models import Change
from changes.plan import Call
from execution import engine, services
from execution.hands import HostHands
from execution.models import Run, StepRun
from tests.config.conftest import until
from tests.execution.toy import ToyKind

pytestmark = pytest.mark.django_db
FOREVER = 'echo begun; sleep 4711 & echo $! > "$1/child"; sleep 4711; echo "$2" >> "$1/journal"'


class Patient(ToyKind):
    def _step(self, host, world, name):
        step = super()._step(host, world, name)
        if name != "long":
            return step
        return replace(step, command=Call((world, name), script=FOREVER), writes=(), undo=None, no_undo="-")


@pytest.fixture
def long(monkeypatch, queued_toy) -> Change:
    monkeypatch.setitem(kinds._KINDS, "toy", Patient())
    return queued_toy("long", "b")


def test_its_processes_end_and_the_run_is_cancelled(long, world, olu, journal, monkeypatch):
    run, plan, foretold = Run.objects.get(change=long), long.plan, []
    truly = HostHands.cancelled

    def cancelled(hands: HostHands) -> bool:
        """Somebody cancels once the command has a child."""
        if not foretold and (world / "child").exists() and (world / "child").read_text():
            foretold.append(services.stops_at_once(plan, run))
            services.run_cancel(olu, Change.objects.get(pk=long.pk))
        return truly(hands)

    monkeypatch.setattr(HostHands, "cancelled", cancelled)
    engine.look(long.pk)
    assert foretold == [True]
    assert Change.objects.get(pk=long.pk).status == "cancelled" and journal() == []
    assert "was stopped" in StepRun.objects.get(run=run, key="long").sentence
    child = int((world / "child").read_text())
    assert until(lambda: not _runs(child), 30)
    assert StepRun.objects.get(run=run, key="b").state == "pending"


def test_a_step_that_writes_is_seen_to_its_end(queued_toy, olu, journal, monkeypatch):
    change = queued_toy("slow", "b")
    run, plan, foretold = Run.objects.get(change=change), change.plan, []

    def reach(place: str, step: str = "") -> None:
        if place == "after-output" and not foretold:
            foretold.append(services.stops_at_once(plan, run))
            services.run_cancel(olu, Change.objects.get(pk=change.pk))

    monkeypatch.setattr("execution.failpoints.reach", reach)
    engine.look(change.pk)
    assert foretold == [False]
    assert Change.objects.get(pk=change.pk).status == "cancelled" and journal() == ["slow"]


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
