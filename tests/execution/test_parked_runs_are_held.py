"""A run that waits parked and then begins to write is a start: freezes and windows hold it, and it is not lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from changes.glasses import glass_ask, glass_decide, owing_of
from changes.models import Change, Freeze, MaintenanceWindow
from changes.plan import Call, Plan, Step
from changes.services import Denied
from changes.slots import slot_pick
from changes.states import State, StepState
from changes.timing import Lift
from execution import engine, janitor, services
from execution.events import Ended
from execution.models import Run
from execution.starting import hold
from people.models import User
from people.roles import Role
from people.services import token_issue
from recovery.site import disk_attach
from tests.conftest import a_person
from tests.execution.windowed import a_freeze, a_window, from_now, over, picked, shut

pytestmark = pytest.mark.django_db


def again(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def seen(change: Change) -> Change:
    """A worker looks, its time to look having come."""
    Run.objects.filter(change=change).update(next_poll=timezone.now())
    engine.look(change.pk)
    return again(change)


def switched_off(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def said(action: str) -> list[dict]:
    return [row.detail for row in Entry.objects.filter(action=action)]


def test_in_a_freeze_the_poll_that_sees_what_it_waits_for_leaves_it_parked_and_goes_on_afterwards(
    parked, come, journal
):
    a_freeze()
    come()
    assert (seen(parked).state, journal()) == (State.WAITING, ["wait"])
    Freeze.objects.update(enabled=False)
    assert (seen(parked).state, journal()) == (State.SUCCEEDED, ["wait", "a"])


def test_in_a_freeze_a_confirmation_is_kept_and_it_goes_on_by_it_afterwards(parked, olu, journal):
    a_freeze()
    word = services.run_confirm(olu, parked)
    assert "Freeze “Year’s end” holds until" in word and "It goes on by itself then." in word
    assert (seen(parked).state, journal()) == (State.WAITING, [])
    assert "Year’s end" in said("change.confirm")[0]["held"]
    Freeze.objects.update(enabled=False)
    assert (seen(parked).state, journal()) == (State.SUCCEEDED, ["a"])


def test_the_word_of_somebody_who_was_switched_off_since_is_forgotten(parked, olu, journal):
    a_freeze()
    services.run_confirm(olu, parked)
    switched_off(olu)
    Freeze.objects.update(enabled=False)
    assert (seen(parked).state, journal()) == (State.WAITING, [])
    assert "switched off" in said("change.gate_refused")[0]["reason"]
    services.run_confirm(a_person("otto", Role.OPERATOR), again(parked))
    assert seen(parked).state is State.SUCCEEDED


def test_a_freeze_that_begins_before_a_worker_takes_the_confirmation_holds_it_too(parked, olu, journal):
    services.run_confirm(olu, parked)
    a_freeze()
    engine.look(parked.pk)
    assert (again(parked).state, journal()) == (State.WAITING, [])
    janitor.sweep()
    Freeze.objects.update(enabled=False)
    assert (seen(parked).state, journal()) == (State.SUCCEEDED, ["a"])


def test_its_deadline_does_not_pass_while_it_is_held(parked, come):
    a_freeze()
    Run.objects.update(wait_until=timezone.now() - timedelta(days=1))
    assert seen(parked).state is State.WAITING
    Freeze.objects.update(enabled=False)
    assert seen(parked).state is State.WAITING, "somebody has an hour left to attach it"
    come()
    assert seen(parked).state is State.SUCCEEDED


def test_while_nothing_is_written_a_closed_window_holds_it_and_the_next_opening_needs_no_slot(
    parked, rosa, toyhost, come
):
    picked(parked, rosa)
    over(parked)
    window = shut("Sunday night", toyhost)
    come()
    assert "Window “Sunday night” of toyhost is not open now. Next: " in hold(seen(parked))
    assert again(parked).state is State.WAITING
    MaintenanceWindow.objects.filter(pk=window.pk).delete()
    a_window("Always", toyhost)
    assert seen(parked).state is State.SUCCEEDED


def test_where_no_window_covers_the_host_its_slot_counts_on_and_another_one_can_be_picked(parked, rosa, olu, come):
    picked(parked, rosa)
    over(parked)
    come()
    assert "Pick another one." in hold(seen(parked))
    slot_pick(olu, again(parked), from_now())
    assert seen(parked).state is State.SUCCEEDED


def test_once_something_is_written_a_closed_window_holds_it_no_more_and_a_freeze_does(queued_toy, toyhost, olu, world):
    change = queued_toy("a", "wait", "b")
    engine.look(change.pk)
    shut("Sunday night", toyhost)
    a_freeze()
    assert "Freeze" in hold(again(change)) and "Window" not in hold(again(change))
    Freeze.objects.update(enabled=False)
    assert services.run_confirm(olu, again(change)) == ""


def test_where_nothing_is_written_after_the_wait_nothing_holds_it(queued_toy, come):
    change = queued_toy("a", "wait")
    engine.look(change.pk)
    a_freeze()
    come()
    assert seen(change).state is State.SUCCEEDED


def test_a_run_that_waits_for_its_host_under_a_revert_is_never_held(queued_toy, lost, journal):
    change = queued_toy("far", "a")
    lost(change)
    a_freeze()
    assert again(change).state is State.WAITING and hold(again(change)) == ""
    assert (seen(change).state, journal()) == (State.SUCCEEDED, ["far", "a"]), again(change).transitions.last().reason


def test_a_broken_glass_lets_it_go_on_and_owes_a_review(parked, olu, amir, come):
    a_freeze()
    come()
    glass = glass_ask(olu, parked, [Lift.FREEZE], "the shop is down")
    assert seen(parked).state is State.WAITING
    glass_decide(amir, glass, parked.digest, "looked at it", grant=True)
    assert seen(parked).state is State.SUCCEEDED
    assert owing_of(parked).used_by == olu and said("change.glass_used")[0]["lifts"] == ["freeze"]


def test_page_and_api_say_why_and_until_when(parked, olu, client):
    a_freeze()
    client.force_login(olu)
    page = client.get(f"/changes/{parked.pk}/").content.decode()
    assert "It stays parked: Freeze “Year’s end” holds until" in page and "Then it goes on by itself." in page
    assert "Break the glass" in page and "It waits until" not in page and "Pick a slot" not in page
    token = {"Authorization": f"Bearer {token_issue(olu, 'look')[1]}"}
    assert "Year’s end" in client.get(f"/api/v1/changes/{parked.pk}", headers=token).json()["held"]
    answer = client.post(f"/changes/{parked.pk}/confirm", follow=True).content.decode()
    assert "Noted. Freeze" in answer and "It is confirmed, and goes on by itself then." in answer


def test_a_confirmation_in_an_outage_goes_on_whatever_has_begun_since(queued_toy, lost, olu, journal):
    """Also of a run that was resumed, and by somebody who is gone a moment later: its host may wait for us."""
    change = queued_toy("far", "a")
    lost(change)
    services.run_confirm(olu, again(change))
    Run.objects.update(recheck=True)
    switched_off(olu)
    a_freeze()
    engine.look(change.pk)
    assert (again(change).state, journal()) == (State.SUCCEEDED, ["far", "a"])


def test_the_site_s_own_command_attaches_no_disk_while_it_is_held(parked, olu, settings):
    settings.ATTACH_COMMAND = "false {host} {vm}"
    a_freeze()
    with pytest.raises(Denied, match="The disk is not attached before"):
        disk_attach(olu, parked)
    assert not said("change.attach")


def test_a_probe_settles_an_unknown_step_in_a_freeze_and_begins_nothing_after_it(queued_toy, olu, journal, monkeypatch):
    change = queued_toy("a", "b")
    with monkeypatch.context() as once:
        once.setattr("execution.runner._verify", cannot_tell)
        engine.look(change.pk)
    assert again(change).state is State.UNKNOWN
    a_freeze()
    services.run_probe(olu, again(change))
    engine.look(change.pk)
    change = again(change)
    assert (change.state, journal()) == (State.CANCELLED, ["a"])
    assert "Stopped before “b”. Freeze “Year’s end” holds until" in change.transitions.last().reason
    Freeze.objects.update(enabled=False)
    services.run_resume(olu, change)
    engine.look(change.pk)
    assert (again(change).state, journal()) == (State.SUCCEEDED, ["a", "b"])


def cannot_tell(work, at, probe, hands, probing):
    yield Ended(work.key, StepState.UNKNOWN, "Nobody can tell.")
    return StepState.UNKNOWN


# whose word it goes on by


def test_whoever_resumed_it_and_was_switched_off_since_resumes_nothing(queued_toy, olu, journal, world):
    change = queued_toy("bad", "a")
    engine.look(change.pk)
    otto = a_person("otto", Role.OPERATOR)
    services.run_resume(otto, again(change))
    switched_off(otto)
    engine.look(change.pk)
    change = again(change)
    assert change.state is State.FAILED and Run.objects.get(change=change).steps.get(key="bad").attempt == 1
    assert "otto resumed it, and has an account that is switched off." in change.transitions.last().reason.lower()
    services.run_resume(olu, change)
    engine.look(change.pk)
    assert Run.objects.get(change=change).steps.get(key="bad").attempt == 2


def test_whoever_had_it_undone_and_is_no_operator_any_more_undoes_nothing(queued_toy, olu, journal):
    change = queued_toy("a")
    engine.look(change.pk)
    otto = a_person("otto", Role.OPERATOR)
    services.run_undo(otto, again(change))
    otto.groups.clear()
    engine.look(change.pk)
    assert (again(change).state, journal()) == (State.UNDO_FAILED, ["a"])
    services.run_undo(olu, again(change))
    engine.look(change.pk)
    assert (again(change).state, journal()) == (State.UNDONE, [])


def test_a_resume_that_no_worker_took_before_a_freeze_waits_for_another_one(queued_toy, olu, world):
    change = queued_toy("bad")
    engine.look(change.pk)
    services.run_resume(olu, again(change))
    a_freeze()
    engine.look(change.pk)
    assert again(change).state is State.FAILED
    assert "Freeze “Year’s end”" in again(change).transitions.last().reason


def test_nor_does_one_whose_window_shut_before_anything_was_written(parked, olu, toyhost):
    services.run_cancel(olu, parked)
    services.run_resume(olu, again(parked))
    shut("Sunday night", toyhost)
    engine.look(parked.pk)
    assert again(parked).state is State.FAILED
    assert "Window “Sunday night” of toyhost is not open now" in again(parked).transitions.last().reason


def test_but_one_that_is_half_done_goes_on_after_its_window(queued_toy, olu, toyhost, world):
    change = queued_toy("a", "bad")
    engine.look(change.pk)
    services.run_resume(olu, again(change))
    shut("Sunday night", toyhost)
    engine.look(change.pk)
    assert Run.objects.get(change=change).steps.get(key="bad").attempt == 2


def test_steps_that_write_in_the_run_s_own_directory_leave_nothing_half():
    own, other = (Step("k", "t", "w", "h", Call(("x",)), writes=(path,)) for path in ("{run_dir}/saved", "/etc/fstab"))
    assert (own.touches, other.touches) == (False, True)
    assert not Plan("toy", 1, "t", {}, (own,)).step("k").touches
