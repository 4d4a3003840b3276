"""The numbers of a bond's drills, on its page."""

import pytest
from django.urls import reverse
from django.utils import timezone

from changes.models import Change
from changes.states import State
from inventory.models import Host
from networking.models import Bond
from tests.networking.runs import step, under_way
from tests.networking.test_drill_plan import asked, planned

pytestmark = pytest.mark.django_db

SAW = {"plain_moved_ms": "110", "plain_moved_to": "eth0", "slowed_moved_ms": "130", "done": "yes"}
COUNTED = {"received": 412, "lost": 5, "interval_ms": 50, "longest_gap_ms": 150, "gaps_ms": [100, 150]}


@pytest.fixture
def bond(db) -> Bond:
    host = Host.objects.create(name="web01", address="127.0.0.1")
    now = timezone.now()
    return Bond.objects.create(
        host=host, name="bond0", state="ok", rank=11, sentence="eth1 carries.", since=now, changed_at=now
    )


def drilled(bond: Bond, rosa, olu, state: State = State.SUCCEEDED, **params) -> Change:
    run = under_way(bond.host, rosa, olu, planned(**params), asked(**params))
    step(run, "drill", 5, **SAW)
    if params.get("witness", "ping01"):
        step(run, "count", 6, **COUNTED)
    Change.objects.filter(pk=run.change_id).update(status=state)
    return run.change


@pytest.fixture
def shown(client, as_user, bond):
    def show(person) -> str:
        page = as_user(client, person).get(reverse("bond", args=["web01", "bond0"])).content.decode()
        return page[page.index('id="drills') :]

    return show


def test_gaps_policy_and_change_stand_there(bond, rosa, olu, vera, shown):
    change = drilled(bond, rosa, olu, slowed=True)
    text = shown(vera)
    for words in (
        "110 ms",
        "130 ms",
        "<strong>150 ms</strong>",
        "100, 150 ms",
        "by ping01, a packet every 50 ms",
        "eth1 → eth0",
    ):
        assert words in text, words
    assert f'href="{reverse("change", args=[change.pk])}"' in text
    assert "<td>better</td>" in text


def test_what_was_not_measured_is_said(bond, rosa, olu, vera, shown):
    drilled(bond, rosa, olu, witness="")
    assert "not measured" in shown(vera)


def test_a_drill_that_failed_has_no_numbers(bond, rosa, olu, vera, shown):
    drilled(bond, rosa, olu, State.FAILED)
    assert "Not drilled yet." in shown(vera)


def test_who_may_ask_is_shown_the_way(bond, rosa, vera, shown):
    way = f"{reverse('drill_new')}?host=web01&amp;bond=bond0"
    assert way in shown(rosa)
    assert way not in shown(vera)
