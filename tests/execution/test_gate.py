import pytest

from audit.models import Entry
from changes.models import Change, Lock
from changes.services import Denied
from changes.states import State
from execution import engine, services
from execution.models import Run
from people.models import User
from people.roles import Role
from people.services import role_grant, role_revoke
from tests.conftest import a_person
from tests.execution.toy import ToyKind

pytestmark = pytest.mark.django_db


def gated(change: Change) -> Change:
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


def reason(change: Change) -> str:
    return change.transitions.last().reason


def test_a_host_that_changed_since_makes_it_stale(queued_toy, world, journal):
    change = queued_toy("a")
    (world / "colour").write_text("blue\n")
    change = gated(change)
    assert (change.state, journal()) == (State.STALE, [])
    assert "changed since" in reason(change)
    assert not Lock.objects.filter(holder__isnull=False).exists()


def test_what_can_no_longer_be_planned_is_stale_with_the_reason(queued_toy, world):
    change = queued_toy("a")
    (world / "colour").write_text("red\n")
    assert "The world is red" in reason(gated(change))


def test_a_stale_change_gets_a_new_plan_and_needs_new_approvals(queued_toy, world, rosa, olu, amir):
    from changes.services import change_replan

    change = queued_toy("a")
    (world / "colour").write_text("blue\n")
    change = gated(change)
    change_replan(rosa, change)
    engine.plan(change.pk)
    change.refresh_from_db()
    assert change.state is State.PLANNED
    with pytest.raises(Denied):
        services.run_request(olu, change)


def test_a_held_host_blocks_and_says_by_whom(queued_toy, approved_toy):
    other = queued_toy("wait")
    gated(other)
    change = queued_toy("a")
    change = gated(change)
    assert change.state is State.BLOCKED
    assert f"#{other.pk}" in reason(change)


def test_an_approver_who_lost_the_role_does_not_count(queued_toy, amir):
    change = queued_toy("a")
    amir.groups.clear()
    assert gated(change).state is State.BLOCKED


def test_an_approver_who_was_switched_off_does_not_count(queued_toy, amir):
    change = queued_toy("a")
    amir.is_active = False
    amir.save()
    assert gated(change).state is State.BLOCKED


def switched_off(olu):
    User.objects.filter(pk=olu.pk).update(is_active=False)


def no_operator(olu):
    role_revoke(olu, Role.OPERATOR)


GONE = [(switched_off, "has an account that is switched off"), (no_operator, "is no operator any more")]


@pytest.mark.parametrize(("how", "sentence"), GONE)
def test_nothing_starts_in_the_name_of_an_operator_who_is_none_any_more(queued_toy, olu, journal, how, sentence):
    change = queued_toy("a")
    how(olu)
    change = gated(change)
    assert (change.state, journal()) == (State.BLOCKED, [])
    assert sentence in reason(change) and Entry.objects.filter(action="change.gate_refused").count() == 1
    services.run_request(a_person("otto", Role.OPERATOR), change)
    assert gated(change).state is State.SUCCEEDED


def test_nor_of_one_who_was_switched_off_while_the_host_was_asked(queued_toy, olu, journal, monkeypatch):
    change, gather = queued_toy("a"), ToyKind.gather

    def meanwhile(kind, params, ask):
        switched_off(olu)
        return gather(kind, params, ask)

    monkeypatch.setattr(ToyKind, "gather", meanwhile)
    assert (gated(change).state, journal()) == (State.BLOCKED, [])


def test_whoever_starts_it_does_not_count_as_approver(approved_toy, amir):
    role_grant(amir, Role.OPERATOR)
    with pytest.raises(Denied, match="not among its approvers"):
        services.run_request(amir, approved_toy("a"))


def test_an_unreachable_host_blocks_with_the_sentence(queued_toy, monkeypatch):
    from ssh.session import Unreachable

    def refuse(host):
        raise Unreachable("toyhost does not answer.")

    change = queued_toy("a")
    monkeypatch.setattr("execution.lines.open_session", refuse)
    change = gated(change)
    assert change.state is State.BLOCKED
    assert "does not answer" in reason(change)


def test_a_blocked_change_can_be_started_again(queued_toy, amir, olu, journal):
    change = queued_toy("a")
    amir.groups.clear()
    change = gated(change)
    role_grant(amir, Role.APPROVER)
    services.run_request(olu, change)
    assert gated(change).state is State.SUCCEEDED


def test_a_worker_that_died_at_the_gate_is_replaced(queued_toy, journal):
    change = queued_toy("a")
    Change.objects.filter(pk=change.pk).update(status=State.GATING)
    assert gated(change).state is State.SUCCEEDED
    assert journal() == ["a"]


def test_the_plan_in_the_database_cannot_be_swapped(queued_toy, journal):
    change = queued_toy("a")
    other = change.plan_json.replace("doing", "making")
    Change.objects.filter(pk=change.pk).update(plan_json=other)
    assert gated(change).state is State.STALE
    assert journal() == []


def test_an_approval_of_another_digest_does_not_count(queued_toy):
    change = queued_toy("a")
    change.approvals.update(digest="0" * 64)
    assert gated(change).state is State.BLOCKED


def test_a_run_of_another_digest_is_not_started(queued_toy):
    change = queued_toy("a")
    Run.objects.update(digest="0" * 64)
    assert gated(change).state is State.STALE


def test_a_plan_swapped_while_it_waits_sends_nothing_more(queued_toy, journal, olu):
    change = gated(queued_toy("wait", "a"))
    services.run_confirm(olu, change)
    Change.objects.filter(pk=change.pk).update(plan_json=change.plan_json.replace("doing", "making"))
    assert gated(change).state is State.UNKNOWN
    assert journal() == []
