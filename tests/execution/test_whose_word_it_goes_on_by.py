"""A word that a run goes on by is looked at until something came of it, wherever a worker dies; and by nobody's word
does it go on."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from changes.glasses import glass_ask, glass_decide, owing_of
from changes.models import Freeze, Glass
from changes.services import Denied
from changes.slots import slot_pick
from changes.states import State, StepState
from changes.timing import Lift
from execution import engine, failpoints, services
from execution.going_on import confirmed, held_back
from execution.leases import LeaseLost
from execution.models import Run, StepRun
from notices.models import Happening
from notices.readers import readers
from notices.round import tell
from people.models import User
from people.roles import Role
from people.services import token_issue
from tests.conftest import a_person
from tests.execution.test_parked_runs_are_held import again, cannot_tell, said, seen, switched_off
from tests.execution.windowed import a_freeze, from_now, over, picked

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


# a look at the host


def test_what_a_probe_goes_on_to_under_a_broken_glass_is_of_whoever_asked_for_it(unknown, otto, journal):
    a_freeze()
    services.run_probe(otto, again(unknown))
    assert (looked(unknown).state, journal()) == (State.SUCCEEDED, ["a", "b", "c"])
    (used,) = said("change.glass_used")
    assert (used["for"], used["by"]) == ("probe", "otto") and otto.pk in owing_of(unknown).parties
    assert Run.objects.get().acted_by is None


def test_whoever_broke_the_glass_has_nothing_go_on_by_a_probe(unknown, bea, journal):
    a_freeze()
    services.run_probe(bea, again(unknown))
    assert (looked(unknown).state, journal()) == (State.CANCELLED, ["a"])
    assert not said("change.glass_used")


@pytest.mark.parametrize("place", ["", "before-ended", "after-ended", "before-intent"])
def test_a_probe_by_somebody_who_is_gone_settles_the_step_and_begins_nothing(unknown, otto, journal, dies, place):
    services.run_probe(otto, again(unknown))
    dies(unknown, place)
    switched_off(otto)
    change = looked(unknown)
    assert (change.state, journal()) == (State.CANCELLED, ["a"])
    assert "had the host asked, and has an account that is switched off" in change.transitions.last().reason
    assert [row["acted_by"] for row in said("change.gate_refused")] == [otto.pk]


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


# page, API and worker say the same


def test_whoever_confirmed_it_breaks_no_glass_for_it(parked, olu, bea):
    a_freeze()
    services.run_confirm(bea, parked)
    with pytest.raises(Denied, match="You confirmed it, or had it go on; somebody else must be the second person"):
        broken(parked, olu, bea)


def test_page_and_api_say_that_the_glass_of_whoever_confirms_lets_nothing_pass(parked, olu, bea, client):
    a_freeze()
    broken(parked, olu, bea)
    services.run_confirm(bea, again(parked))
    assert seen(parked).state is State.WAITING
    client.force_login(olu)
    assert "It stays parked: Freeze" in client.get(f"/changes/{parked.pk}/").content.decode()
    token = {"Authorization": f"Bearer {token_issue(olu, 'look')[1]}"}
    told = client.get(f"/api/v1/changes/{parked.pk}", headers=token).json()
    assert "Year’s end" in told["held"]
    assert [line["ok"] for line in told["gate"] if line["title"] == "Freeze"] == [False]


# a slot that is over, where no window says when


def test_where_only_another_slot_helps_the_word_says_so_and_operators_are_told_once(
    parked,
    rosa,
    olu,
    otto,
    come,
):
    picked(parked, rosa)
    over(parked)
    assert services.run_confirm(olu, parked).endswith(
        "Pick another one. It goes on by itself in that slot, and not before."
    )
    tell()
    tell()
    (told,) = Happening.objects.filter(what__contains="its slot is over")
    assert told.todo.startswith("Pick another slot") and otto in readers(told)
    slot_pick(olu, again(parked), from_now())
    assert readers(told) == []
    assert seen(parked).state is State.SUCCEEDED


def test_of_a_slot_that_holds_nothing_nobody_is_told(queued_toy, rosa):
    change = queued_toy("a", "wait", "b")
    engine.look(change.pk)
    picked(change, rosa)
    over(change)
    tell()
    assert not Happening.objects.filter(what__contains="its slot is over")


# whose start it is


def test_what_waits_for_a_disk_does_not_go_on_by_the_word_of_a_starter_who_is_gone(
    parked,
    olu,
    otto,
    come,
    client,
    journal,
):
    come()
    switched_off(olu)
    assert (seen(parked).state, journal()) == (State.WAITING, ["wait"])
    client.force_login(otto)
    page = client.get(f"/changes/{parked.pk}/").content.decode()
    why = "started it, and has an account that is switched off. Another operator can confirm it."
    assert why in page and why in held_back(again(parked), Run.objects.get())
    assert services.run_confirm(otto, again(parked)) == ""
    assert (looked(parked).state, journal()) == (State.SUCCEEDED, ["wait", "a"])


def test_nor_where_the_starter_goes_between_the_look_and_the_walk(parked, olu, come, dies, journal):
    come()
    Run.objects.update(next_poll=timezone.now())
    dies(parked, "")
    switched_off(olu)
    assert again(parked).state is State.RUNNING
    assert (looked(parked).state, journal()) == (State.WAITING, ["wait"])


def test_what_writes_nothing_after_its_wait_ends_all_the_same(queued_toy, olu, come):
    change = queued_toy("a", "wait")
    engine.look(change.pk)
    switched_off(olu)
    come()
    assert seen(change).state is State.SUCCEEDED


# wherever a worker dies

BEGUN = ["after-intent", "after-start"]
NOT_BEGUN = ["", "before-entered", "after-entered", "before-intent"]


@pytest.fixture
def resumed(queued_toy, world, otto):
    """Failed at its second step, whose cause is gone, and resumed by Otto."""
    change = queued_toy("a", "wait", "b")
    engine.look(change.pk)
    services.run_cancel(otto, again(change))
    (world / "journal").write_text("a\nwait\n")
    services.run_resume(otto, again(change))
    return again(change)


@pytest.mark.parametrize("place", NOT_BEGUN)
@pytest.mark.parametrize("then", ["gone", "frozen"])
def test_a_resume_is_looked_at_again_while_nothing_of_it_is_begun(resumed, otto, dies, journal, place, then):
    dies(resumed, place)
    a_freeze() if then == "frozen" else switched_off(otto)
    change = looked(resumed)
    assert (change.state, journal()) == (State.FAILED, ["a", "wait"])
    assert StepRun.objects.get(key="b").state == StepState.PENDING


@pytest.mark.parametrize("place", BEGUN)
def test_what_a_resume_has_begun_goes_on(resumed, otto, dies, journal, place):
    dies(resumed, place)
    switched_off(otto)
    a_freeze()
    assert (looked(resumed).state, journal()) == (State.SUCCEEDED, ["a", "wait", "b"])


@pytest.mark.parametrize("place", ["", "before-entered", "after-entered", "before-ended"])
def test_a_confirmation_is_looked_at_again_while_its_wait_has_not_ended(parked, otto, dies, journal, place):
    services.run_confirm(otto, parked)
    dies(parked, place)
    switched_off(otto)
    assert (looked(parked).state, journal()) == (State.WAITING, [])


@pytest.mark.parametrize("place", [*NOT_BEGUN, *BEGUN])
def test_an_undo_is_looked_at_again_while_nothing_of_it_is_begun(queued_toy, otto, dies, journal, place):
    change = queued_toy("a")
    engine.look(change.pk)
    services.run_undo(otto, again(change))
    dies(change, place)
    switched_off(otto)
    ends = (State.UNDO_FAILED, ["a"]) if place in NOT_BEGUN else (State.UNDONE, [])
    assert (looked(change).state, journal()) == ends


def test_the_word_of_somebody_else_is_not_forgotten_with_that_of_who_is_gone(parked, olu, otto):
    a_freeze()
    services.run_confirm(otto, parked)
    stale = Run.objects.get()
    switched_off(otto)
    services.run_confirm(olu, again(parked))
    assert not confirmed(again(parked), stale)
    assert Run.objects.get().acted_by == olu and Run.objects.get().confirmed_step == "wait"


def test_held_for_days_it_has_an_hour_left_and_not_more(parked):
    a_freeze()
    for _ in range(3):
        Run.objects.update(wait_until=timezone.now() + timedelta(minutes=5))
        assert seen(parked).state is State.WAITING
        assert Run.objects.get().wait_until < timezone.now() + timedelta(hours=3)
    assert not re.search("over", Run.objects.get().sentence)
