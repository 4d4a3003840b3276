"""While a run waits for a host that may be lost, the page counts down to the host's own way back."""

import re
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from changes.states import StepState
from execution.models import UNDO
from inventory.models import Host
from tests.networking.plans import asked, planned
from tests.networking.runs import parked, step, under_way

pytestmark = pytest.mark.django_db

AWAY = "web01 cannot be reached, as may be while it changes."


@pytest.fixture
def web01(db) -> Host:
    return Host.objects.create(name="web01", address="127.0.0.1")


@pytest.fixture
def shown(client, as_user, vera):
    """The page of a run's change as Vera sees it."""
    return lambda run: as_user(client, vera).get(reverse("change", args=[run.change_id])).content.decode()


def until(text: str) -> datetime:
    found = re.search(r'data-until="([^"]+)"', text)
    assert found, text
    return datetime.fromisoformat(found[1])


def near(moment: datetime, seconds: int) -> bool:
    return abs(moment - timezone.now() - timedelta(seconds=seconds)) < timedelta(seconds=60)


def test_an_apply_that_waits_counts_down_to_the_old_network(web01, rosa, olu, shown):
    run = under_way(web01, rosa, olu, planned(), asked())
    step(run, "arm", 3, seconds=180, left=170)
    parked(run, "apply", 4, AWAY)
    text = shown(run)
    assert "web01 goes back by itself in" in text
    assert near(until(text), 170)


def test_an_undo_that_waits_counts_down_to_the_bond(web01, rosa, olu, shown):
    run = under_way(web01, rosa, olu, planned(), asked(), UNDO)
    step(run, "confirm", 1, seconds=180, left=160)
    parked(run, "apply", 2, AWAY)
    text = shown(run)
    assert "web01 returns to bond0 by itself in" in text
    assert near(until(text), 160)
    assert AWAY in text and "Taking back step" in text


def test_an_undo_whose_confirmation_waits_counts_down_too(web01, rosa, olu, shown):
    run = under_way(web01, rosa, olu, planned(), asked(), UNDO)
    step(run, "confirm", 1, seconds=180, left=90)
    step(run, "apply", 2)
    parked(run, "arm", 3, AWAY)
    assert near(until(shown(run)), 90)


def test_an_undo_that_is_worked_on_counts_nothing(web01, rosa, olu, shown):
    run = under_way(web01, rosa, olu, planned(), asked(), UNDO)
    step(run, "confirm", 1, seconds=180, left=160)
    step(run, "apply", 2, StepState.RUNNING)
    assert "data-until" not in shown(run)
