"""What the page of a change that ended well says of the bond as it is now."""

import pytest
from django.urls import reverse
from django.utils import timezone

from changes.models import Change
from changes.states import State
from inventory.models import Host
from networking.models import Bond, HostNetwork
from tests.networking.plans import asked, planned
from tests.networking.runs import under_way

pytestmark = pytest.mark.django_db


@pytest.fixture
def web01(db) -> Host:
    host = Host.objects.create(name="web01", address="127.0.0.1")
    HostNetwork.objects.create(host=host, seen_at=timezone.now())
    return host


@pytest.fixture
def shown(client, as_user, vera, web01, rosa, olu):
    def show(state: State) -> str:
        run = under_way(web01, rosa, olu, planned(), asked())
        Change.objects.filter(pk=run.change_id).update(status=state)
        return as_user(client, vera).get(reverse("change", args=[run.change_id])).content.decode()

    return show


def a_bond(host: Host) -> None:
    now = timezone.now()
    Bond.objects.create(
        host=host, name="bond0", state="ok", rank=11, sentence="eth1 carries.", since=now, changed_at=now
    )


def test_the_bond_stands_there_as_it_was_seen(web01, shown):
    a_bond(web01)
    text = shown(State.SUCCEEDED)
    assert f'href="{reverse("bond", args=["web01", "bond0"])}"' in text
    assert "eth1 carries." in text


def test_until_it_was_seen_its_host_is_being_asked(shown):
    assert "web01 is being asked for bond0" in shown(State.SUCCEEDED)


def test_a_run_that_failed_says_nothing_of_it(web01, shown):
    a_bond(web01)
    assert "How the bond is now" not in shown(State.FAILED)
