"""Who may break the glass, for what and how long, and who reviews it; on values alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from changes.glass import HOLDS, Broken, lifted, may_review, may_stand_in, useful, words
from changes.policy import Case
from changes.states import State
from changes.timing import Lift
from people.actor import Actor
from people.roles import Role

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ROSA, ED, OLU, AMIR, OTTO = 1, 2, 3, 4, 5
CASE = Case(State.APPROVED, ROSA, ED, "d")


def somebody(number: int, *roles: Role, active: bool = True) -> Actor:
    return Actor(number, f"nr{number}", f"Nr {number}", frozenset(roles), active)


ASKER = somebody(OLU, Role.OPERATOR)
SECOND = somebody(AMIR, Role.APPROVER)
BROKEN = Broken(frozenset({Lift.WINDOW, Lift.FREEZE}), "d", ASKER, SECOND, NOW + HOLDS)


@pytest.mark.parametrize(
    ("actor", "superuser", "sentence"),
    [
        (somebody(AMIR, Role.OPERATOR, Role.ADMINISTRATOR), False, "Only an approver"),
        (somebody(AMIR, Role.APPROVER, active=False), False, "Only an approver"),
        (somebody(AMIR, *Role), True, "A superuser’s account"),
        (somebody(OLU, *Role), False, "You asked for it"),
        (somebody(ROSA, *Role), False, "You asked for this change"),
        (somebody(ED, *Role), False, "or edited it last"),
    ],
)
def test_who_had_a_part_in_it_is_no_second_person(actor, superuser, sentence):
    decision = may_stand_in(actor, CASE, OLU, superuser)
    assert not decision.allowed and sentence in decision.reason


def test_an_approver_without_a_part_is_one():
    assert may_stand_in(SECOND, CASE, OLU, False).allowed


def test_it_lets_pass_what_it_names_for_its_hours():
    assert lifted(BROKEN, CASE, NOW) == {Lift.WINDOW, Lift.FREEZE}
    assert lifted(BROKEN, CASE, NOW + HOLDS - timedelta(seconds=1), [OLU, OTTO])
    assert not lifted(BROKEN, CASE, NOW + HOLDS)


@pytest.mark.parametrize(
    "broken",
    [
        replace(BROKEN, digest="another plan"),
        replace(BROKEN, second=somebody(AMIR, Role.OPERATOR)),
        replace(BROKEN, second=replace(SECOND, active=False)),
        replace(BROKEN, asker=somebody(OLU, Role.APPROVER)),
        replace(BROKEN, asker=replace(ASKER, active=False)),
        replace(BROKEN, superuser=True),
        replace(BROKEN, asker=somebody(AMIR, Role.OPERATOR)),
        replace(BROKEN, reviewed=True),
    ],
)
def test_it_lets_nothing_pass_once_something_about_it_does_not_hold(broken):
    assert lifted(broken, CASE, NOW) == frozenset()


def test_the_second_person_does_not_start_it():
    assert lifted(BROKEN, CASE, NOW, [AMIR]) == frozenset() == lifted(BROKEN, CASE, NOW, [OLU, AMIR])


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.UNDO_FAILED])
def test_after_the_start_only_a_freeze_can_be_asked_for(state):
    assert useful([Lift.FREEZE], state).allowed
    for lifts in ([Lift.WINDOW], [Lift.APPROVAL], [Lift.FREEZE, Lift.WINDOW]):
        assert "only a freeze" in useful(lifts, state).reason


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_where_a_resume_may_be_a_start_the_window_can_be_asked_for_as_well(state):
    assert useful([Lift.FREEZE, Lift.WINDOW], state).allowed
    assert "only a freeze, or its window, can stand" in useful([Lift.APPROVAL], state).reason


def test_something_has_to_be_asked_for():
    assert not useful([], State.APPROVED).allowed and useful(list(Lift), State.IN_REVIEW).allowed
    assert words(set(Lift) - {Lift.READINESS}) == (
        "outside its window and in a freeze and with fewer approvals than its policy asks for"
    )


def test_the_review_is_somebody_elses():
    parties = {OLU, AMIR, OTTO}
    for number in parties:
        assert "You had a part in it" in may_review(somebody(number, *Role), parties).reason
    assert may_review(somebody(9, Role.OPERATOR), parties).allowed
    assert "takes the role" in may_review(somebody(9, Role.VIEWER, Role.REQUESTER), parties).reason
    assert not may_review(somebody(9, Role.APPROVER, active=False), parties).allowed
