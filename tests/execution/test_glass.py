"""Broken glass, from the rows to the run: a second person, a reason, told, and a review that stays open."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from changes import kinds
from changes.glasses import asked_of, glass_ask, glass_decide, glass_review, glasses_open, owing_of, reviews_open
from changes.models import ApprovalRule, Change, Glass
from changes.policies import weighed
from changes.services import Denied, Moved, change_approve, change_edit, change_submit
from changes.services import Request as Wish
from changes.states import State
from changes.timing import Lift
from execution import engine, services
from execution.gate import conditions
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from people.services import role_grant, role_revoke
from tests.conftest import a_person
from tests.execution.test_parked_runs_are_held import cannot_tell
from tests.execution.windowed import AN_HOUR, a_freeze, over, picked, shut

pytestmark = pytest.mark.django_db
EVERYTHING = [Lift.WINDOW, Lift.FREEZE]


@pytest.fixture
def bea(db) -> User:
    return a_person("bea", Role.APPROVER)


@pytest.fixture
def closed(toyhost) -> None:
    """Neither its window is open nor is it free of a freeze."""
    shut("Sunday night", toyhost)
    a_freeze(toyhost)


@pytest.fixture
def broken(olu, bea) -> Callable[..., Glass]:
    """Olu asks, and Bea breaks the glass."""

    def broke(change: Change, *lifts: Lift) -> Glass:
        glass = glass_ask(olu, again(change), lifts or EVERYTHING, "the ledger stands still")
        return glass_decide(bea, glass, change.digest, "I looked at the ledger", grant=True)

    return broke


def again(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def gated(change: Change) -> Change:
    engine.look(change.pk)
    return again(change)


def entries(action: str) -> list[dict]:
    return [row.detail for row in Entry.objects.filter(action=action).order_by("pk")]


def test_with_a_second_person_it_runs_outside_its_window_and_in_a_freeze(approved_toy, closed, broken, olu, journal):
    change = approved_toy("a")
    with pytest.raises(Denied, match="Freeze"):
        services.run_request(olu, change)
    broken(change)
    services.run_request(olu, again(change))
    assert gated(change).state is State.SUCCEEDED and journal() == ["a"]
    (used,) = entries("change.glass_used")
    assert (used["lifts"], used["for"], used["by"]) == (["freeze", "window"], "run", "olu")
    reasons = [
        line["reason"] for line in entries("change.gate")[0]["conditions"] if line["title"] in ("Freeze", "Window")
    ]
    assert len(reasons) == 2 and all("The glass is broken" in reason for reason in reasons)


def test_asked_for_alone_it_lets_nothing_pass(approved_toy, closed, olu):
    change = approved_toy("a")
    glass_ask(olu, change, EVERYTHING, "the ledger stands still")
    with pytest.raises(Denied, match="Freeze"):
        services.run_request(olu, again(change))


def test_refused_it_lets_nothing_pass_and_may_be_asked_for_again(approved_toy, closed, olu, bea):
    change = approved_toy("a")
    glass = glass_ask(olu, change, EVERYTHING, "the ledger stands still")
    glass_decide(bea, glass, change.digest, "it can wait", grant=False)
    with pytest.raises(Denied, match="Freeze"):
        services.run_request(olu, again(change))
    assert entries("change.glass_refused")[0]["comment"] == "it can wait"
    assert glass_ask(olu, change, EVERYTHING, "it cannot").pk != glass.pk


def test_it_lets_pass_only_what_it_was_asked_for(approved_toy, closed, broken, olu):
    change = approved_toy("a")
    broken(change, Lift.FREEZE)
    with pytest.raises(Denied, match="Window “Sunday night” of toyhost is not open now"):
        services.run_request(olu, again(change))


def test_it_lapses_in_the_queue_too(approved_toy, closed, broken, olu, journal):
    change = approved_toy("a")
    broken(change)
    services.run_request(olu, again(change))
    Glass.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert (gated(change).state, journal()) == (State.BLOCKED, [])
    assert not Glass.objects.get().used_at, "what was not used owes no review"


def test_a_second_person_who_lost_the_role_does_not_count_at_the_gate(approved_toy, closed, broken, olu, bea, journal):
    change = approved_toy("a")
    broken(change)
    services.run_request(olu, again(change))
    role_revoke(bea, Role.APPROVER)
    assert (gated(change).state, journal()) == (State.BLOCKED, [])


def test_an_operator_who_asked_for_it_and_is_none_any_more_lends_it_to_nobody(
    approved_toy, closed, broken, olu, journal
):
    otto, change = a_person("otto", Role.OPERATOR), approved_toy("a")
    broken(change)
    services.run_request(otto, again(change))
    User.objects.filter(pk=olu.pk).update(is_active=False)
    assert (gated(change).state, journal()) == (State.BLOCKED, [])


def test_whoever_broke_it_does_not_start_it(approved_toy, closed, broken, bea):
    change = approved_toy("a")
    broken(change)
    role_grant(bea, Role.OPERATOR)
    with pytest.raises(Denied, match="Freeze"):
        services.run_request(bea, again(change))


@pytest.mark.parametrize("who", ["rosa", "olu", "vera", "mallory", "ada"])
def test_who_is_no_second_person_breaks_nothing(approved_toy, closed, olu, request, who):
    change, user = approved_toy("a"), request.getfixturevalue(who)
    glass = glass_ask(olu, change, EVERYTHING, "the ledger stands still")
    for role in (Role.APPROVER,) if who in ("rosa", "olu") else ():
        role_grant(user, role)
    with pytest.raises(Denied):
        glass_decide(user, glass, change.digest, "yes", grant=True)
    assert not Glass.objects.get().granted and entries("change.denied")


def test_a_superuser_is_no_second_person_whatever_the_roles(approved_toy, closed, olu):
    root = a_person("root", *Role)
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    change = approved_toy("a")
    glass = glass_ask(olu, change, EVERYTHING, "the ledger stands still")
    with pytest.raises(Denied, match="A superuser’s account cannot be the second person"):
        glass_decide(User.objects.get(pk=root.pk), glass, change.digest, "yes", grant=True)


@pytest.mark.parametrize("who", ["rosa", "amir", "vera", "mallory", "ada"])
def test_only_an_operator_asks(approved_toy, request, who):
    with pytest.raises(Denied):
        glass_ask(request.getfixturevalue(who), approved_toy("a"), EVERYTHING, "the ledger stands still")
    assert not Glass.objects.exists()


def test_without_a_reason_or_a_word_of_the_second_person_there_is_none(approved_toy, olu, bea):
    change = approved_toy("a")
    with pytest.raises(Denied, match="needs a reason"):
        glass_ask(olu, change, EVERYTHING, "  ")
    with pytest.raises(Denied, match="Say what the glass"):
        glass_ask(olu, change, [], "the ledger stands still")
    glass = glass_ask(olu, change, EVERYTHING, "the ledger stands still")
    with pytest.raises(Denied, match="says why, too"):
        glass_decide(bea, glass, change.digest, " ", grant=True)
    with pytest.raises(Denied, match="asked for already"):
        glass_ask(olu, change, EVERYTHING, "the ledger stands still")


def test_it_is_decided_once(approved_toy, olu, bea, amir):
    change = approved_toy("a")
    glass = glass_ask(olu, change, EVERYTHING, "the ledger stands still")
    glass_decide(bea, glass, change.digest, "no", grant=False)
    with pytest.raises(Moved, match="decided this already"):
        glass_decide(amir, glass, change.digest, "yes", grant=True)


def test_it_is_for_one_plan_alone(request_toy, rosa, olu, bea, toyhost, amir, closed):
    change = change_submit(rosa, request_toy("a"))
    glass = glass_ask(olu, change, [*EVERYTHING, Lift.APPROVAL], "the ledger stands still")
    old = change.digest
    params = {**change.params, "steps": ["b"]}
    change_edit(rosa, change, Wish("toy", params, toyhost.pk, None, "another one"))
    engine.plan(change.pk)
    change = change_submit(rosa, again(change))
    for digest in (old, change.digest):
        with pytest.raises(Moved, match="asked for anew"):
            glass_decide(bea, glass, digest, "yes", grant=True)
    assert glasses_open(actor_of(bea)) == []


def test_a_broken_glass_does_not_move_to_another_plan(approved_toy, closed, broken, olu, rosa, world):
    from changes.services import change_replan

    change = approved_toy("a")
    broken(change)
    services.run_request(olu, again(change))
    (world / "colour").write_text("blue\n")
    change = gated(change)
    assert change.state is State.STALE
    change_replan(rosa, change)
    engine.plan(change.pk)
    assert "Freeze" in [line.title for line in conditions(again(change)) if line.ok is False]


# fewer approvals


@pytest.fixture
def half(request_toy, rosa, amir) -> Change:
    """Two people have to approve it, and Amir has."""
    ApprovalRule.objects.update(name="Two", people_needed=2)
    change = change_submit(rosa, request_toy("a"))
    return again(change_approve(amir, again(change), change.digest, "read it"))


def test_a_second_person_stands_in_for_an_approval_that_is_lacking(half, broken, olu, journal):
    assert half.state is State.IN_REVIEW
    broken(half, Lift.APPROVAL)
    assert again(half).state is State.APPROVED and [one.ok for one in weighed(again(half))] == [False]
    services.run_request(olu, again(half))
    assert gated(half).state is State.SUCCEEDED
    assert entries("change.glass_used")[0]["lifts"] == ["approval"]
    assert "its second person stands in" in entries("change.gate")[0]["conditions"][0]["reason"]


def test_once_it_has_lapsed_the_approvals_are_lacking_again(half, broken, olu, bea, journal):
    broken(half, Lift.APPROVAL)
    Glass.objects.update(until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Denied, match="1 of 2 by an approver"):
        services.run_request(olu, again(half))
    change_approve(bea, again(half), half.digest, "read it")
    services.run_request(olu, again(half))
    assert gated(half).state is State.SUCCEEDED and not Glass.objects.get().used_at


def test_it_does_not_stand_in_for_a_host_that_changed(half, broken, olu, world, journal):
    broken(half, Lift.APPROVAL)
    services.run_request(olu, again(half))
    (world / "colour").write_text("blue\n")
    assert (gated(half).state, journal()) == (State.STALE, [])


# a missed slot, resume, undo


def test_a_missed_slot_still_never_runs_late_but_by_a_broken_glass(queued_toy, rosa, broken, olu, journal):
    change = queued_toy("a")
    picked(change, rosa)
    over(change)
    change = gated(change)
    assert change.state is State.BLOCKED
    broken(change, Lift.WINDOW)
    services.run_request(olu, again(change))
    assert gated(change).state is State.SUCCEEDED


def test_in_a_freeze_it_is_resumed_or_undone_by_a_broken_glass(queued_toy, toyhost, broken, olu, journal):
    change = gated(queued_toy("a", "bad"))
    a_freeze(toyhost)
    with pytest.raises(Denied, match="Freeze"):
        services.run_undo(olu, change)
    with pytest.raises(Denied, match="only a freeze, or its window, can stand in its way"):
        broken(change, Lift.APPROVAL)
    broken(change, Lift.FREEZE)
    services.run_undo(olu, change)
    assert gated(change).state is State.UNDONE and journal() == []
    assert entries("change.glass_used")[0]["for"] == "undo" and owing_of(change)


def test_whoever_started_it_is_no_second_person_for_its_resume(queued_toy, toyhost, bea, olu):
    role_grant(bea, Role.OPERATOR)
    change = queued_toy("a", "bad")
    change.runs.update(started_by=bea)
    gated(change)
    a_freeze(toyhost)
    glass = glass_ask(olu, again(change), [Lift.FREEZE], "the ledger stands still")
    glass_decide(bea, glass, change.digest, "I looked at the ledger", grant=True)
    with pytest.raises(Denied, match="Freeze"):
        services.run_resume(olu, again(change))
    assert not Glass.objects.get().used_at


def test_nor_where_the_freeze_begins_before_a_worker_goes_on_with_it(queued_toy, toyhost, bea, olu):
    role_grant(bea, Role.OPERATOR)
    change = queued_toy("a", "bad")
    change.runs.update(started_by=bea)
    gated(change)
    glass = glass_ask(olu, again(change), [Lift.FREEZE], "the ledger stands still")
    glass_decide(bea, glass, change.digest, "I looked at the ledger", grant=True)
    services.run_resume(olu, again(change))
    a_freeze(toyhost)
    assert "Freeze" in gated(change).transitions.last().reason and again(change).state is State.FAILED


def test_a_freeze_that_begins_before_a_worker_goes_on_with_a_resume_makes_it_owe_a_review(
    queued_toy, toyhost, broken, olu, journal
):
    change = gated(queued_toy("a", "bad"))
    broken(change, Lift.FREEZE)
    services.run_resume(olu, again(change))
    assert not entries("change.glass_used")
    a_freeze(toyhost)
    gated(change)
    (used,) = entries("change.glass_used")
    assert (used["for"], used["by"], used["lifts"]) == ("resume", "olu", ["freeze"])
    assert owing_of(change).used_by == olu


def test_a_resume_in_a_freeze_takes_the_broken_glass_once(queued_toy, toyhost, broken, olu):
    change = gated(queued_toy("a", "bad"))
    a_freeze(toyhost)
    broken(change, Lift.FREEZE)
    for times in (1, 2):
        services.run_resume(olu, again(change))
        gated(change)
        assert len(entries("change.glass_used")) == times


def test_what_a_probe_goes_on_to_in_a_freeze_by_a_broken_glass_owes_a_review(
    approved_toy, toyhost, broken, olu, journal, monkeypatch
):
    change = approved_toy("a", "b", "c")
    broken(change, Lift.FREEZE)
    services.run_request(olu, again(change))
    with monkeypatch.context() as once:
        once.setattr("execution.runner._verify", cannot_tell)
        assert gated(change).state is State.UNKNOWN
    a_freeze(toyhost)
    services.run_probe(olu, again(change))
    assert (gated(change).state, journal()) == (State.SUCCEEDED, ["a", "b", "c"])
    (used,) = entries("change.glass_used")
    assert (used["for"], used["lifts"]) == ("probe", ["freeze"]) and owing_of(change)


def test_what_was_cancelled_before_anything_was_written_starts_outside_its_window_by_a_broken_glass(
    queued_toy, toyhost, broken, olu, journal
):
    change = gated(queued_toy("wait", "a"))
    services.run_cancel(olu, change)
    shut("Sunday night", toyhost)
    with pytest.raises(Denied, match="Window “Sunday night” of toyhost is not open now"):
        services.run_resume(olu, again(change))
    broken(change, Lift.WINDOW)
    services.run_resume(olu, again(change))
    assert (gated(change).state, entries("change.glass_used")[0]["lifts"]) == (State.WAITING, ["window"])
    assert owing_of(change)


def test_what_went_on_without_needing_it_owes_no_review(approved_toy, toyhost, broken, olu, journal):
    change = approved_toy("a")
    freeze = a_freeze(toyhost)
    broken(change)
    freeze.enabled = False
    freeze.save()
    services.run_request(olu, again(change))
    assert gated(change).state is State.SUCCEEDED and not Glass.objects.get().used_at
    assert not entries("change.glass_used")


# the review


@pytest.fixture
def used(approved_toy, closed, broken, olu, journal) -> Change:
    change = approved_toy("a")
    broken(change)
    services.run_request(olu, again(change))
    return gated(change)


def test_the_review_stays_open_until_somebody_else_writes_it(used, olu, bea, amir, ada):
    for who in (olu, bea):
        with pytest.raises(Denied, match="You had a part in it"):
            glass_review(who, owing_of(used), "all is well")
        assert [glass.change_id for glass in reviews_open(actor_of(ada))] == [used.pk]
    with pytest.raises(Denied, match="A review says something"):
        glass_review(amir, owing_of(used), "  ")
    glass_review(amir, owing_of(used), "It was right; the ledger needs a window on weekdays.")
    assert not reviews_open(actor_of(ada)).exists()
    assert entries("change.glass_reviewed")[0]["review"].startswith("It was right")
    with pytest.raises(Moved, match="owes a review any more"):
        owing_of(used)


def test_another_operator_who_started_it_does_not_review_it(approved_toy, closed, broken, journal):
    otto, change = a_person("otto", Role.OPERATOR), approved_toy("a")
    broken(change)
    services.run_request(otto, again(change))
    with pytest.raises(Denied, match="You had a part in it"):
        glass_review(otto, owing_of(gated(change)), "all is well")


@pytest.mark.parametrize("who", ["rosa", "vera", "mallory"])
def test_who_neither_approves_nor_operates_nor_administers_reviews_nothing(used, request, who):
    with pytest.raises(Denied, match="takes the role"):
        glass_review(request.getfixturevalue(who), owing_of(used), "all is well")


def test_nothing_is_reviewed_while_it_is_under_way(approved_toy, closed, broken, olu, amir, journal):
    change = approved_toy("wait", "a")
    broken(change)
    services.run_request(olu, again(change))
    assert gated(change).state is State.WAITING
    with pytest.raises(Denied, match="still under way"):
        glass_review(amir, owing_of(change), "all is well")


def test_neither_a_second_user_nor_whoever_asked_for_the_change_reviews_it(
    queued_toy, toyhost, broken, olu, rosa, amir
):
    otto, change = a_person("otto", Role.OPERATOR), gated(queued_toy("a", "bad"))
    role_grant(rosa, Role.OPERATOR)
    a_freeze(toyhost)
    glass = broken(change, Lift.FREEZE)
    services.run_resume(olu, again(change))
    gated(change)
    services.run_resume(otto, again(change))
    gated(change)
    for who in (otto, rosa):
        with pytest.raises(Denied, match="You had a part in it"):
            glass_review(who, owing_of(change), "all is well")
    assert glass_review(amir, Glass.objects.get(pk=glass.pk), "It was right.").reviewed_by == amir


def test_a_glass_that_was_reviewed_lets_nothing_pass_any_more(queued_toy, toyhost, broken, olu, amir, journal):
    change = gated(queued_toy("a", "bad"))
    a_freeze(toyhost, until=8 * AN_HOUR)
    glass = broken(change, Lift.FREEZE)
    services.run_resume(olu, change)
    assert gated(change).state is State.FAILED
    glass_review(amir, glass, "once is enough")
    with pytest.raises(Denied, match="Freeze"):
        services.run_resume(olu, again(change))


def test_what_waits_for_a_second_person_is_found(approved_toy, olu, bea):
    change = approved_toy("a")
    glass_ask(olu, change, EVERYTHING, "the ledger stands still")
    assert [glass.change_id for glass in glasses_open(actor_of(bea))] == [change.pk]
    assert asked_of(change).asked_by == olu


def test_a_plan_that_its_kind_bars_starts_only_by_a_glass_broken_for_that(
    approved_toy, broken, olu, bea, journal, monkeypatch
):
    said = "Only a broken glass lets it start. Its checks are red."
    change = approved_toy("a")
    services.run_request(olu, change)
    monkeypatch.setitem(kinds._BARS, "toy", lambda plan: "Its checks are red.")
    assert gated(change).state is State.BLOCKED and journal() == []
    assert entries("change.gate_refused")[-1]["reason"] == said
    assert [line.reason for line in conditions(again(change)) if line.title == "Checks"] == [said]

    broken(change, Lift.READINESS)
    assert all(line.ok for line in conditions(again(change)) if line.title == "Checks")
    services.run_request(olu, again(change))
    assert gated(change).state is State.SUCCEEDED
    assert entries("change.glass_used")[-1]["lifts"] == ["readiness"]
    assert owing_of(again(change))


def test_a_glass_broken_for_a_window_does_not_lift_what_a_kind_bars(approved_toy, broken, olu, journal, monkeypatch):
    monkeypatch.setitem(kinds._BARS, "toy", lambda plan: "Its checks are red.")
    change = approved_toy("a")
    broken(change)
    with pytest.raises(Denied, match="Only a broken glass lets it start"):
        services.run_request(olu, again(change))
