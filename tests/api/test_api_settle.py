"""An unknown step over the API: what its host says, and the word of whoever has read that."""

import pytest
from django.utils import timezone

from changes.models import Change
from changes.states import StepState
from execution.models import Look, StepRun
from execution.services import run_of
from tests.pages.scene import Scene


@pytest.fixture
def unknown(rosa, amir, olu) -> Change:
    change = Scene(rosa, amir, olu).failed(state=StepState.UNKNOWN)
    StepRun.objects.filter(run__change=change, key="restore").update(attempt=1, intent_at=timezone.now())
    now = timezone.now()
    Look.objects.create(
        run=run_of(change), asked_at=now, told_at=now, outcome="cannot_tell", over=True, sentences=["-"]
    )
    return change


def word(caller, change: Change, **fields: object) -> dict[str, object]:
    """As whoever has just read what the host says would send it."""
    says = caller.get(f"/changes/{change.pk}/now")[1]["host_says"]
    assert says["over"] is True
    return {"said": "failed", "reason": "The group is not there.", "told_at": says["told_at"], **fields}


def test_an_operator_says_how_it_ended(api, olu, unknown):
    caller = api(olu)
    status, change = caller.post(f"/changes/{unknown.pk}/settle", word(caller, unknown))
    assert (status, change["state"], change["host_says"]) == (200, "failed", None)
    assert change["sentence"] == f"Called failed by {olu.display}, who looked: The group is not there."


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"reason": " "}, 403),
        ({"said": "perhaps"}, 422),
        ({"told_at": "2026-11-25T00:00:00Z"}, 409),
        ({"told_at": "2026-11-25T00:00:00"}, 422),
    ],
)
def test_a_word_that_does_not_count_is_a_problem_and_moves_nothing(api, olu, unknown, fields, status):
    caller = api(olu)
    said, problem = caller.post(f"/changes/{unknown.pk}/settle", word(caller, unknown, **fields))
    assert (said, bool(problem["detail"])) == (status, True)
    assert Change.objects.get(pk=unknown.pk).status == "unknown"


def test_only_an_operator_says_so(api, rosa, unknown):
    caller = api(rosa)
    assert caller.post(f"/changes/{unknown.pk}/settle", word(caller, unknown))[0] == 403
