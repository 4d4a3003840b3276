"""A word that a run goes on by is looked at until something came of it, wherever a worker dies; and by nobody's word
does it go on."""

import pytest

from changes.glasses import glass_ask, glass_decide
from changes.models import Freeze, Glass
from changes.states import State
from changes.timing import Lift
from execution import engine, failpoints, services
from execution.leases import LeaseLost
from execution.models import Run
from people.models import User
from people.roles import Role
from tests.conftest import a_person
from tests.execution.test_parked_runs_are_held import again, cannot_tell
from tests.execution.windowed import a_freeze

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto(db) -> User:
    user = a_person("otto", Role.OPERATOR)
    User.objects.filter(pk=user.pk).update(email="otto@example.net")
    return user


@pytest.fixture
def bea(db) -> User:
    """She approves and operates, so that she may be anybody here."""
    return a_person("bea", Role.APPROVER, Role.OPERATOR)


@pytest.fixture
def dies(monkeypatch):
    """A worker that looks, and is dead from that place on; empty: before it walks at all."""

    def at(change, place: str) -> None:
        def strike(here: str, step: str = "") -> None:
            if here == place:
                raise LeaseLost("struck")

        def no_walk(*_) -> None:
            strike("")

        with monkeypatch.context() as once:
            once.setattr(failpoints, "reach", strike)
            if not place:
                once.setattr(engine, "_walk", no_walk)
            engine.look(change.pk)

    return at


def looked(change):
    engine.look(change.pk)
    return again(change)


def broken(change, asker: User, second: User) -> Glass:
    glass = glass_ask(asker, again(change), [Lift.FREEZE], "the ledger stands still")
    return glass_decide(second, glass, change.digest, "I looked at the ledger", grant=True)


@pytest.fixture
def unknown(approved_toy, olu, bea, monkeypatch):
    """Olu started it; Bea broke the glass for a freeze that had not begun."""
    change = approved_toy("a", "b", "c")
    broken(change, olu, bea)
    services.run_request(olu, again(change))
    with monkeypatch.context() as once:
        once.setattr("execution.runner._verify", cannot_tell)
        engine.look(change.pk)
    return again(change)


# a cancel takes the confirmation with it


def test_a_confirmation_does_not_outlive_the_cancel(parked, olu, otto, journal):
    a_freeze()
    services.run_confirm(otto, parked)
    services.run_cancel(olu, again(parked))
    run = Run.objects.get()
    assert (run.confirmed_step, run.acted_by) == ("", None)
    Freeze.objects.update(enabled=False)
    services.run_resume(olu, again(parked))
    assert (looked(parked).state, journal()) == (State.WAITING, [])


def test_nor_one_that_a_cancel_left_there_before_this_was_kept(parked, olu, journal):
    services.run_cancel(olu, parked)
    Run.objects.update(confirmed_step="wait")
    services.run_resume(olu, again(parked))
    assert (looked(parked).state, journal()) == (State.WAITING, [])
