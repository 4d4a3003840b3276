"""Once a recovery has ended its host is asked what it is like now, and the evidence says so."""

import json

import pytest

from audit.services import seal_all
from changes.services import move
from changes.states import State
from execution.models import FactsWish, Run
from inventory.services import facts_record
from tests.evidence.conftest import unzipped
from tests.pages.scene import Scene

pytestmark = pytest.mark.django_db


def test_the_host_is_asked_and_its_answer_stands_in_the_evidence(
    rosa, amir, olu, take, django_capture_on_commit_callbacks
):
    change = Scene(rosa, amir, olu).running()
    with django_capture_on_commit_callbacks(execute=True):
        move(change, State.SUCCEEDED, None)
    assert FactsWish.objects.filter(host=change.host).exists()
    run = Run.objects.get(change=change)
    Run.objects.filter(pk=run.pk).update(ended_at=run.started_at)
    facts_record(change.host, {"recovery": {"as": "it is now"}})
    seal_all()
    change.refresh_from_db()
    (after,) = json.loads(unzipped(take(change))["facts.json"])["after"]
    assert (after["host"], after["facts"]) == (change.host.name, {"recovery": {"as": "it is now"}})
