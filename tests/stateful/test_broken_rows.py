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
from changes.policy import YES
from execution import gate, going_on
from tests.stateful.playing import play_the_same
from tests.stateful.timed_rows import beginning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage"), pytest.mark.chaos]
Patch = pytest.MonkeyPatch
true_weight, true_lifted, true_second = slots.weigh_times, glass.lifted, glass.may_stand_in


def the_gate_skips_windows_and_freezes(patch: Patch) -> None:
    patch.setattr(gate, "too_soon", lambda change, *triggers: "")


def a_missed_slot_runs_late(patch: Patch) -> None:
    def late(times: Any, now: Any, lifted: Any = ()) -> Any:
        if times.slot and times.slot.end <= now:
            times = replace(times, slot=replace(times.slot, end=now + timedelta(days=1)))
        return true_weight(times, now, lifted)

    patch.setattr(slots, "weigh_times", late)


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
        patch.setattr(module, "may_stand_in", lambda actor, case, asked_by, *more: true_second(actor, case, 0, *more))


def a_second_person_who_left_still_counts(patch: Patch) -> None:
    patch.setattr(glasses, "lifted", lambda broken, case, now, triggers=(): broken.lifts)


def a_glass_that_was_used_owes_nothing(patch: Patch) -> None:
    patch.setattr(gate, "glass_use", lambda *_: None)


def a_freeze_since_the_resume_owes_nothing(patch: Patch) -> None:
    patch.setattr(going_on, "taken_up", lambda *_, **__: None)


def anybody_reviews(patch: Patch) -> None:
    patch.setattr(glasses, "may_review", lambda actor, parties: YES)


def a_policy_is_read_anew(patch: Patch) -> None:
    patch.setattr(Change, "needs", property(policies.policy_for))


def whoever_gave_the_machine_speaks_for_its_owner(patch: Patch) -> None:
    patch.setattr(policies, "givers_of", lambda change: set())


def everybody_counts(patch: Patch) -> None:
    def any_digest(votes: list[Vote], case: Any, trigger: int | None = None) -> list[Vote]:
        return [vote for vote in votes if vote.approver.active and case.needs.takes(vote.approver)]

    patch.setattr(policies, "valid_votes", any_digest)


def who_was_switched_off_starts_it(patch: Patch) -> None:
    patch.setattr(gate, "starter_gone", lambda run: "")


def a_slot_leaves_no_word(patch: Patch) -> None:
    patch.setattr(slots, "note", lambda *_: None)


FAULTS: dict[Callable[[Patch], None], str] = {
    the_gate_skips_windows_and_freezes: "in_its_slot",
    a_missed_slot_runs_late: "in_its_slot",
    a_glass_lasts_a_day: "in_a_freeze",
    a_glass_is_for_any_plan: "in_a_freeze",
    whoever_asked_may_grant_it: "in_a_freeze",
    a_second_person_who_left_still_counts: "in_a_freeze",
    a_glass_that_was_used_owes_nothing: "in_a_freeze",
    a_freeze_since_the_resume_owes_nothing: "back_in_a_freeze",
    anybody_reviews: "back_in_a_freeze",
    a_policy_is_read_anew: "with_its_owner",
    whoever_gave_the_machine_speaks_for_its_owner: "with_its_owner",
    everybody_counts: "in_its_slot",
    who_was_switched_off_starts_it: "in_its_slot",
    a_slot_leaves_no_word: "in_its_slot",
}
"""Each with how the games begin in which it would show."""

GAMES = 200
"""At most: a game in which the fault shows is the last one."""


@pytest.mark.parametrize(("fault", "begun"), FAULTS.items(), ids=lambda one: getattr(one, "__name__", one))
def test_it_is_caught(fault, begun, monkeypatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        play_the_same(beginning(begun), GAMES, 8)
