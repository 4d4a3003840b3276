"""The machines are worth something: an engine that breaks one rule is caught by them."""

from __future__ import annotations

import pytest

from changes.policy import Vote
from changes.states import TRANSITIONS, IllegalMove, State
from people.roles import Role
from tests.stateful import pure
from tests.stateful.playing import play_the_same
from tests.stateful.pure import Pure, Timed


def any_digest(votes, case, trigger=None) -> list[Vote]:
    return [vote for vote in votes if vote.approver.active and Role.APPROVER in vote.approver.roles]


def whoever_starts_counts(votes, case, trigger=None) -> list[Vote]:
    return [vote for vote in any_digest(votes, case) if vote.digest == case.digest]


def even_when_switched_off(votes, case, trigger=None) -> list[Vote]:
    involved = {case.requester, case.editor, trigger}
    return [vote for vote in votes if vote.digest == case.digest and vote.approver.id not in involved]


@pytest.mark.parametrize("rule", [any_digest, whoever_starts_counts, even_when_switched_off])
def test_a_gate_that_counts_the_wrong_approvals_is_caught(rule, monkeypatch) -> None:
    monkeypatch.setattr(pure, "valid_votes", rule)
    with pytest.raises(AssertionError):
        play_the_same(Pure, 60)


def test_a_table_that_lets_a_stale_change_run_is_caught(monkeypatch) -> None:
    monkeypatch.setitem(TRANSITIONS, State.QUEUED, frozenset({State.RUNNING}))
    with pytest.raises(IllegalMove):
        play_the_same(Pure, 60)


def test_a_gate_that_forgets_freezes_and_windows_is_caught(monkeypatch) -> None:
    monkeypatch.setattr(pure, "weigh_times", lambda times, now, lifted=(): [])
    with pytest.raises(AssertionError):
        play_the_same(Timed, 120)


@pytest.mark.chaos
def test_a_gate_that_takes_any_broken_glass_is_caught(monkeypatch) -> None:
    monkeypatch.setattr(pure, "lifted", lambda broken, case, now, triggers=(): broken.lifts)
    with pytest.raises(AssertionError):
        play_the_same(Timed, 200)
