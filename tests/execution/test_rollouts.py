"""Many changes under one approval: done in waves, and stopped at the first that goes wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from changes import rollouts
from changes.models import Change, Rollout
from changes.rollout_states import RolloutState
from changes.rollouts import (
    Wanted,
    rollout_approve,
    rollout_create,
    rollout_drop,
    rollout_reject,
    rollout_submit,
    rollout_withdraw,
)
from changes.services import Denied, Moved, Request, change_approve, change_create, change_withdraw
from changes.states import State
from execution import engine, janitor
from execution.rollouts import advance, rollout_close, rollout_start
from execution.services import run_request, run_resume
from inventory.models import Host
from people.roles import Role
from people.services import role_grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(tmp_path: Path, rosa) -> Callable[..., Change]:
    """Rosa asks for a toy change on a host of its own; `steps` may hold `bad`."""

    def ask(name: str, *steps: str, pair: str = "") -> Change:
        world = tmp_path / name
        world.mkdir()
        (world / "journal").touch()
        host = Host.objects.create(name=name, address=f"{name}.example", pair=pair)
        params = {"host": name, "world": str(world), "steps": list(steps or ("a",))}
        change = change_create(rosa, Request("toy", params, host.pk, None, "to see it roll"))
        engine.plan(change.pk)
        return Change.objects.get(pk=change.pk)

    return ask


@pytest.fixture
def roll(rosa, monkeypatch) -> Callable[..., Rollout]:
    monkeypatch.setattr("tests.execution.toy.ToyKind.subjects", lambda self, params: [])

    def roll(*changes: Change, size: int = 2) -> Rollout:
        return rollout_create(rosa, Wanted("Roll the toys", "to see it", changes, size))

    return roll


@pytest.fixture
def approved(roll, rosa, amir) -> Callable[..., Rollout]:
    def approve(*changes: Change, size: int = 2) -> Rollout:
        rollout = rollout_submit(rosa, roll(*changes, size=size))
        return rollout_approve(amir, rollout, rollout.digest, "read all")

    return approve


def states(rollout: Rollout) -> list[str]:
    return [part.change.status for part in rollouts.parts_of(rollout)]


def work(rollout: Rollout) -> Rollout:
    """What a worker and the sweep do in one round."""
    for part in rollouts.parts_of(rollout):
        engine.look(part.change_id)
    advance(rollout.pk)
    return Rollout.objects.get(pk=rollout.pk)


def test_one_approval_is_an_approval_of_each_plan(approved, ask, amir):
    rollout = approved(ask("h1"), ask("h2"))
    assert rollout.state is RolloutState.APPROVED
    for part in rollouts.parts_of(rollout):
        vote = part.change.approvals.get()
        assert (vote.approver, vote.digest, part.change.state) == (amir, part.change.digest, State.APPROVED)


def test_waves_follow_one_another_until_all_succeeded(approved, ask, olu):
    rollout = rollout_start(olu, approved(ask("h1"), ask("h2"), ask("h3"), ask("h4")))
    assert states(rollout) == [State.QUEUED, State.APPROVED, State.APPROVED, State.APPROVED]
    rollout = work(rollout)
    assert states(rollout) == [State.SUCCEEDED, State.QUEUED, State.QUEUED, State.APPROVED]
    rollout = work(work(rollout))
    assert rollout.state is RolloutState.SUCCEEDED
    assert set(states(rollout)) == {State.SUCCEEDED}


def test_it_stops_at_the_first_that_fails_and_says_which(approved, ask, olu):
    rollout = work(work(rollout_start(olu, approved(ask("h1"), ask("h2", "bad"), ask("h3"), ask("h4")))))
    assert rollout.state is RolloutState.STOPPED
    assert "on h2 is failed" in rollout.sentence
    assert states(rollout) == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED, State.APPROVED]


def test_a_stopped_rollout_goes_on_once_the_part_is_mended(approved, ask, olu, tmp_path):
    rollout = work(rollout_start(olu, approved(ask("h1", "bad"), ask("h2"))))
    with pytest.raises(Denied, match="failed cannot be acted on"):
        rollout_start(olu, rollout)
    (tmp_path / "h1" / "journal").write_text("bad\n")
    failed = Change.objects.get(host__name="h1")
    run_resume(olu, failed)
    engine.look(failed.pk)
    rollout = rollout_start(olu, rollout)
    assert work(rollout).state is RolloutState.SUCCEEDED


def test_a_part_is_not_started_out_of_its_turn(approved, ask, olu):
    rollout = approved(ask("h1"), ask("h2"))
    with pytest.raises(Denied, match="part of rollout"):
        run_request(olu, rollouts.parts_of(rollout)[1].change)


def test_halves_of_a_pair_are_in_different_waves(roll, ask):
    rollout = roll(ask("h1"), ask("h2", pair="db"), ask("h3", pair="db"), size=3)
    assert [part.wave for part in rollouts.parts_of(rollout)] == [1, 2, 3]


def test_a_plan_that_moved_is_not_approved_with_the_lot(roll, ask, rosa, amir):
    rollout = rollout_submit(rosa, roll(ask("h1"), ask("h2")))
    Change.objects.filter(host__name="h2").update(digest="0" * 64)
    with pytest.raises(Moved, match="has changed since you read it"):
        rollout_approve(amir, rollout, rollout.digest, "read")


def test_whoever_asked_does_not_approve_the_lot(roll, ask, rosa):
    rollout = rollout_submit(rosa, roll(ask("h1"), ask("h2")))
    with pytest.raises(Denied):
        rollout_approve(rosa, rollout, rollout.digest, "mine")
    assert states(rollout) == [State.IN_REVIEW, State.IN_REVIEW]


def test_whoever_approved_does_not_start_it(approved, ask, amir):
    rollout = approved(ask("h1"), ask("h2"))
    role_grant(amir, Role.OPERATOR)
    rollout = rollout_start(amir, rollout)
    assert rollout.state is RolloutState.STOPPED
    assert "No approval counts if you start it" in rollout.sentence


def test_a_lot_with_a_refused_plan_is_not_submitted(roll, ask, rosa, tmp_path):
    red = ask("h2")
    (tmp_path / "h2" / "colour").write_text("red\n")
    Change.objects.filter(pk=red.pk).update(planning=True, status=State.DRAFT)
    engine.plan(red.pk)
    rollout = roll(ask("h1"), Change.objects.get(pk=red.pk), ask("h3"))
    with pytest.raises(Denied, match="on h2 is refused"):
        rollout_submit(rosa, rollout)
    rollout_drop(rosa, rollout, red.pk)
    assert rollout_submit(rosa, rollout).state is RolloutState.IN_REVIEW


def test_the_sweep_carries_it_on(approved, ask, olu):
    rollout = rollout_start(olu, approved(ask("h1"), ask("h2")))
    engine.look(rollouts.parts_of(rollout)[0].change_id)
    janitor.sweep()
    assert states(rollout) == [State.SUCCEEDED, State.QUEUED]


def test_a_stopped_rollout_is_closed_with_a_reason_and_frees_the_rest(approved, ask, olu):
    rollout = work(rollout_start(olu, approved(ask("h1", "bad"), ask("h2"))))
    with pytest.raises(Denied, match="needs a reason"):
        rollout_close(olu, rollout, " ")
    rollout_close(olu, rollout, "h2 goes by itself")
    run_request(olu, Change.objects.get(host__name="h2"))


def test_a_change_is_in_one_rollout_only(roll, ask, rosa, amir):
    first = ask("h1")
    roll(first, ask("h2"))
    with pytest.raises(Denied, match="part of a rollout already"):
        roll(Change.objects.get(pk=first.pk), ask("h3"))


def test_a_part_that_was_approved_by_itself_needs_no_second_yes(roll, ask, rosa, amir):
    rollout = rollout_submit(rosa, roll(ask("h1"), ask("h2")))
    part = rollouts.parts_of(rollout)[0].change
    change_approve(amir, part, part.digest, "this one")
    assert rollout_approve(amir, rollout, rollout.digest, "and the lot").state is RolloutState.APPROVED


def test_a_lot_is_rejected_or_withdrawn_whole(roll, ask, rosa, amir):
    rollout = rollout_submit(rosa, roll(ask("h1"), ask("h2")))
    with pytest.raises(Denied, match="needs a comment"):
        rollout_reject(amir, rollout, "")
    assert rollout_reject(amir, rollout, "not today").state is RolloutState.REJECTED
    assert states(rollout) == [State.REJECTED, State.REJECTED]
    other = rollout_withdraw(rosa, roll(ask("h3"), ask("h4")))
    assert set(states(other)) == {State.WITHDRAWN}


def test_nobody_withdraws_what_another_asked_for(roll, ask, mallory):
    rollout = roll(ask("h1"), ask("h2"))
    with pytest.raises(Denied):
        rollout_withdraw(mallory, rollout)
    with pytest.raises(Denied, match="Only whoever asked"):
        rollout_drop(mallory, rollout, rollouts.parts_of(rollout)[0].change_id)


@pytest.fixture
def settled(roll, ask, rosa, amir) -> Rollout:
    """In review, while each of its parts was approved by itself."""
    rollout = rollout_submit(rosa, roll(ask("one"), ask("two")))
    for part in rollouts.parts_of(rollout):
        change_approve(amir, part.change, part.change.digest, "read it")
    return rollout


def test_who_has_no_say_in_any_part_decides_no_lot_whose_parts_are_decided(settled, vera, mallory, rosa, amir):
    """No part was left that would have asked who they are."""
    for who in (vera, mallory, rosa):
        with pytest.raises(Denied):
            rollout_reject(who, settled, "because I can")
        with pytest.raises(Denied):
            rollout_approve(who, settled, settled.digest, "because I can")
    with pytest.raises(Denied, match="needs a comment"):
        rollout_reject(amir, settled, " ")
    assert rollout_approve(amir, settled, settled.digest, "read all").state is RolloutState.APPROVED


def test_nobody_withdraws_anothers_lot_whose_parts_are_withdrawn_already(settled, vera, rosa):
    for part in rollouts.parts_of(settled):
        change_withdraw(rosa, part.change)
    with pytest.raises(Denied, match="Only the requester"):
        rollout_withdraw(vera, settled)
    assert rollout_withdraw(rosa, settled).state is RolloutState.WITHDRAWN


def test_only_an_operator_goes_on_with_a_stopped_lot_of_which_nothing_is_left(approved, ask, olu, vera, tmp_path):
    rollout = work(rollout_start(olu, approved(ask("one", "bad"), ask("two"))))
    Change.objects.filter(part__rollout=rollout).update(status=State.SUCCEEDED)
    with pytest.raises(Denied, match="Only an operator"):
        rollout_start(vera, rollout)
    assert Rollout.objects.get(pk=rollout.pk).state is RolloutState.STOPPED
    assert rollout_start(olu, rollout).state is RolloutState.SUCCEEDED
