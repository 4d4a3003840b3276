"""The machine of the real tables is worth something: services and a gate that break one rule are caught by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from changes import glass, glasses, policies, slots
from changes.approval_rules import Vote
from changes.models import Change
from execution import gate
from tests.stateful.playing import play_the_same
from tests.stateful.timed_rows import TimedRows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage"), pytest.mark.chaos]
Patch = pytest.MonkeyPatch
true_lifted, true_second = glass.lifted, glass.may_stand_in


def the_gate_skips_windows_and_freezes(patch: Patch) -> None:
    patch.setattr(gate, "too_soon", lambda change, *triggers: "")


def a_glass_lasts_a_day(patch: Patch) -> None:
    patch.setattr(glasses, "HOLDS", timedelta(days=1))


def a_glass_is_for_any_plan(patch: Patch) -> None:
    def of_any(change: Change) -> Any:
        return change.glasses.filter(granted=True, reviewed_at=None).first()

    patch.setattr(glasses, "glass_of", of_any)
    patch.setattr(
        glasses, "lifted", lambda broken, case, *more: true_lifted(replace(broken, digest=case.digest), case, *more)
    )


def whoever_asked_may_grant_it(patch: Patch) -> None:
    for module in (glass, glasses):
        patch.setattr(module, "may_stand_in", lambda actor, case, asked_by, root: true_second(actor, case, 0, root))


def a_second_person_who_left_still_counts(patch: Patch) -> None:
    patch.setattr(glasses, "lifted", lambda broken, case, now, triggers=(): broken.lifts)


def a_policy_is_read_anew(patch: Patch) -> None:
    patch.setattr(Change, "needs", property(policies.policy_for))


def everybody_counts(patch: Patch) -> None:
    def any_digest(votes: list[Vote], case: Any, trigger: int | None = None) -> list[Vote]:
        return [vote for vote in votes if vote.approver.active and case.needs.takes(vote.approver)]

    patch.setattr(policies, "valid_votes", any_digest)


def a_slot_leaves_no_word(patch: Patch) -> None:
    patch.setattr(slots, "note", lambda *_: None)


FAULTS: list[Callable[[Patch], None]] = [
    the_gate_skips_windows_and_freezes,
    a_glass_lasts_a_day,
    a_glass_is_for_any_plan,
    whoever_asked_may_grant_it,
    a_second_person_who_left_still_counts,
    a_policy_is_read_anew,
    everybody_counts,
    a_slot_leaves_no_word,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_it_is_caught(fault, monkeypatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        play_the_same(TimedRows, 40)
