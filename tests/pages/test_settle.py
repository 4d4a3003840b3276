"""An operator who has read what the host says about an unknown step says on its page how it ended."""

import re

import pytest
from django.utils import timezone

from changes.models import Change
from changes.states import StepState
from execution.models import Look, StepRun
from execution.services import run_of


@pytest.fixture
def unknown(scene) -> Change:
    change = scene.failed(state=StepState.UNKNOWN)
    StepRun.objects.filter(run__change=change, key="restore").update(attempt=1, intent_at=timezone.now())
    return change


def look(change: Change, over: bool = True) -> None:
    now = timezone.now()
    said = {"outcome": "cannot_tell", "over": over, "sentences": ["The command ended with 5.", "It cannot be read."]}
    Look.objects.create(run=run_of(change), asked_at=now, told_at=now, **said)


def page_of(client, change: Change) -> str:
    return client.get(f"/changes/{change.pk}/").content.decode()


def read_of(page: str) -> str:
    return re.search(r'name="read" value="([^"]+)"', page)[1]


def test_it_is_said_on_the_page_and_the_page_shows_who_said_it(client, as_user, olu, unknown):
    look(unknown)
    as_user(client, olu)
    words = {"said": "done", "reason": "The group is there.", "read": read_of(page_of(client, unknown))}
    assert client.post(f"/changes/{unknown.pk}/settle", words).status_code == 302
    page = page_of(client, unknown)
    assert Change.objects.get(pk=unknown.pk).status == "failed"
    assert f"Called done by {olu.display}, who looked: The group is there." in page
    assert "Done by a person’s word alone: step " in page and "Stopped before step" in page


def test_without_a_reason_it_says_so_and_nothing_moves(client, as_user, olu, unknown):
    look(unknown)
    as_user(client, olu)
    words = {"said": "failed", "reason": " ", "read": read_of(page_of(client, unknown))}
    answer = client.post(f"/changes/{unknown.pk}/settle", words, follow=True)
    assert "needs a reason" in answer.content.decode()
    assert Change.objects.get(pk=unknown.pk).status == "unknown"


@pytest.mark.parametrize(
    "read", ["", "yesterday", "2026-11-26T01:02:03", "2026-02-31T00:00:00+00:00", "2026-11-25T01:02:03Z"]
)
def test_from_a_stale_page_it_is_refused(client, as_user, olu, unknown, read):
    look(unknown)
    as_user(client, olu)
    words = {"said": "failed", "reason": "I saw it.", "read": read}
    answer = client.post(f"/changes/{unknown.pk}/settle", words, follow=True)
    assert "was asked again since you read" in answer.content.decode()
    assert Change.objects.get(pk=unknown.pk).status == "unknown"


def test_while_the_command_may_be_at_work_there_is_no_such_button(client, as_user, olu, unknown):
    look(unknown, over=False)
    as_user(client, olu)
    page = page_of(client, unknown)
    assert "/settle" not in page and "nobody can say how it ended" in page


def test_before_a_look_there_is_no_such_button(client, as_user, olu, unknown):
    as_user(client, olu)
    assert "/settle" not in page_of(client, unknown)


@pytest.mark.parametrize("who", ["rosa", "vera"])
def test_others_see_no_such_button_and_are_refused(client, as_user, request, unknown, who):
    look(unknown)
    as_user(client, request.getfixturevalue(who))
    assert "/settle" not in page_of(client, unknown)
    words = {"said": "done", "reason": "I saw it.", "read": Look.objects.get().told_at.isoformat()}
    assert client.post(f"/changes/{unknown.pk}/settle", words).status_code == 403
    assert Change.objects.get(pk=unknown.pk).status == "unknown"
