"""Of a bond, and of machines to be confirmed, those are told who see them: an owner's people of their own alone."""

from datetime import timedelta

import pytest
from django.core import mail as sent
from django.utils import timezone

from inventory.asking import ask_owners
from inventory.models import Vm
from networking.bonding.states import WORST_FIRST, HealthState
from networking.models import Bond
from networking.telling import turned
from notices.choices import choices_save
from notices.kinds import How, Kind
from notices.models import Happening
from notices.round import tell
from people.models import User
from people.selectors import actor_of
from tests.rights import world as worlds

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings):
    """Everybody wants everything at once."""
    settings.MAIL_READY = True
    made = worlds.make()
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.net")
        choices_save(user, dict.fromkeys(Kind, How.NOW), actor_of(user))
    return made


@pytest.fixture
def turn(world):
    def turn(bond: Bond, state: HealthState) -> None:
        before = bond.state
        bond.state, bond.rank = state.value, WORST_FIRST.index(state)
        bond.save()
        turned([(bond, before)])

    return turn


def told() -> list[str]:
    sent.outbox.clear()
    tell()
    return sorted(one.to[0].partition("@")[0] for one in sent.outbox)


def test_of_a_bond_its_owners_people_are_told_and_not_anothers(world, turn):
    turn(world.mine.bond, HealthState.FAILED_OVER)
    assert told() == ["dan", "mina", "olu", "rosa"]
    turn(world.theirs.bond, HealthState.DOWN)
    assert told() == ["olu", "rosa", "sam"]
    assert "bond0 of shop-host is down." in sent.outbox[0].body


def test_a_bond_is_told_of_once_until_it_is_well_again(world, turn):
    bond = world.mine.bond
    for state in (HealthState.FAILED_OVER, HealthState.DOWN, HealthState.STALE, HealthState.FAILED_OVER):
        turn(bond, state)
    turn(bond, HealthState.OK)
    turn(bond, HealthState.DOWN)
    assert list(Happening.objects.values_list("subject", flat=True)) == ["bond0 bad", "bond0 well", "bond0 bad"]


def test_silence_is_no_news_of_a_bond(world, turn):
    turn(world.mine.bond, HealthState.STALE)
    turn(world.mine.bond, HealthState.OK)
    assert not Happening.objects.exists()


def test_an_owners_people_are_told_what_is_to_be_confirmed(world):
    Vm.objects.filter(pk=world.theirs.vm.pk).update(waits_since=timezone.now() - timedelta(days=400))
    ask_owners()
    sent.outbox.clear()
    assert "sam" in told()
    assert all("Shop" not in one.body for one in sent.outbox if one.to != ["sam@example.net"])
