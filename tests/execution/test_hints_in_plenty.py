"""However many hints there are for one thing, one worker is at it, and the queue does not fill with them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.services import Request, change_create
from execution import engine, facts, janitor
from execution.claims import claimed
from execution.models import Claim, FactsWish
from inventory.models import Host

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The names of the hosts that were asked; each is out of reach."""
    names: list[str] = []

    def refuse(host: Host):
        names.append(host.name)
        raise facts.SessionError(f"{host.name} does not answer.")

    for module in ("facts", "engine"):
        monkeypatch.setattr(f"execution.{module}.open_session", refuse)
    return names


@pytest.fixture
def draft(rosa, toyhost):
    return change_create(rosa, Request("toy", {"host": "toyhost", "world": "/", "steps": []}, toyhost.pk, None, "see"))


def test_a_wish_is_fulfilled_once_for_all_its_hints(toyhost, asked):
    facts.wish(toyhost)
    for _ in range(3):
        facts.refresh(toyhost.pk)
    assert asked == ["toyhost"]


def test_a_host_that_is_being_asked_is_not_asked_again(toyhost, asked):
    facts.wish(toyhost)
    with claimed(f"facts:{toyhost.pk}"):
        facts.refresh(toyhost.pk)
    assert asked == []
    facts.refresh(toyhost.pk)
    assert asked == ["toyhost"]


def test_a_plan_that_is_being_made_is_not_made_again(draft, asked):
    with claimed(f"plan:{draft.pk}"):
        engine.plan(draft.pk)
    assert asked == []
    engine.plan(draft.pk)
    assert asked == ["toyhost"]
    assert not Claim.objects.exists()


def test_a_claim_of_a_worker_that_died_is_taken_over_when_it_ends(toyhost, asked):
    facts.wish(toyhost)
    Claim.objects.create(key=f"facts:{toyhost.pk}", until=timezone.now() - timedelta(seconds=1))
    facts.refresh(toyhost.pk)
    assert asked == ["toyhost"]


def test_a_claim_that_was_taken_over_is_not_ended_by_its_first_holder(toyhost):
    with claimed("plan:1") as ours:
        assert ours
        later = timezone.now() + timedelta(hours=1)
        Claim.objects.update(until=later)
    assert Claim.objects.get().until == later


def test_hints_of_the_sweep_are_forgotten_when_the_next_rounds_give_them_anew(toyhost, draft, monkeypatch, settings):
    FactsWish.objects.create(host=toyhost, asked_at=timezone.now() - timedelta(minutes=1))
    type(draft).objects.update(updated_at=timezone.now() - timedelta(minutes=1))
    given: dict[str, float] = {}

    def put(task, args=(), **options):
        given[task.name] = options["expires"]

    monkeypatch.setattr("celery.app.task.Task.apply_async", put)
    janitor.sweep()
    wanted = 2 * settings.SWEEP_SECONDS
    assert given["execution.tasks.facts"] == wanted
    assert given["execution.tasks.plan"] == wanted
