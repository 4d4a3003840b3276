"""A verdict that quotes bytes which are no text is kept like any other, and the run goes on."""

from __future__ import annotations

import pytest

from changes.kinds import Verdict
from changes.models import Change
from changes.states import State
from execution import engine
from execution.models import StepRun
from tests.execution.toy import ToyKind

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("fails", "state"), [("", State.SUCCEEDED), ("b", State.FAILED)])
def test_what_a_guest_wrote_breaks_no_run(queued_toy, monkeypatch, fails, state):
    really = ToyKind.judge

    def judge(kind, check, context):
        told = really(kind, check, context)
        return Verdict(told.holds and check.args["line"] != fails, "it says \udcff\0.", {"said": "\udcff"})

    monkeypatch.setattr(ToyKind, "judge", judge)
    change = queued_toy("a", "b")
    engine.look(change.pk)
    assert Change.objects.get(pk=change.pk).state is state
    assert "it says \ufffd\ufffd." in StepRun.objects.get(key="b").sentence
