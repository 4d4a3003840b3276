"""Rules of approval, as values: what counts, for whom, how often and how long."""

from datetime import UTC, datetime, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changes.approval_rules import (
    NOBODY,
    ONE_APPROVER,
    Member,
    Policy,
    Rule,
    Scope,
    Subject,
    Vote,
    frozen,
    weigh,
)
from changes.seats import seated
from people.actor import Actor
from people.roles import Role

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
AMIR = Actor(2, "amir", "Amir", frozenset({Role.APPROVER}))
BEA = Actor(3, "bea", "Bea", frozenset({Role.APPROVER}))
OLU = Actor(4, "olu", "Olu", frozenset({Role.OPERATOR}))
VIC = Actor(5, "vic", "Vic", frozenset({Role.VIEWER}))
DAN = Actor(6, "dan", "Dan", frozenset({Role.VIEWER}))
ROOT = Actor(7, "root", "Root")
ROSA = 1
VICS = Member(VIC.id, 9)
SPEAKING = frozenset({(VIC.id, 9), (DAN.id, 9), (AMIR.id, 9)})
ONE_OF_EACH = Policy((Rule("Owner and approver", 1, owners=1),), SPEAKING)


def met(policy, *actors, members=(VICS,), at=NOW, involved=(ROSA,)):
    votes = [Vote(actor, "d", at) for actor in actors]
    return all(finding.ok for finding in weigh(policy, votes, members, NOW, involved))


def test_where_no_rule_counts_the_answer_is_no_and_says_who_can_help():
    (finding,) = weigh(Policy(), [Vote(AMIR, "d", NOW)], (), NOW)
    assert (finding.ok, finding.reason) == (False, NOBODY)
    assert "administrator" in finding.help


def test_one_approver_is_what_held_before():
    assert met(ONE_APPROVER, AMIR)
    assert not met(ONE_APPROVER, OLU)
    assert not met(ONE_APPROVER)


def test_a_superuser_without_the_role_is_nobody():
    assert not met(ONE_APPROVER, ROOT)


def test_two_of_many_are_two_people_and_not_one_twice():
    two = Policy((Rule("Two", 2),))
    assert met(two, AMIR, BEA)
    assert not met(two, AMIR, AMIR)


def test_only_those_named_count_where_somebody_is():
    named = Policy((Rule("Bea", named=frozenset({BEA.id})),))
    assert met(named, BEA)
    assert not met(named, AMIR)


def test_every_rule_has_to_be_met():
    both = Policy((Rule("One"), Rule("An operator", role="operator")))
    assert not met(both, AMIR)
    assert met(both, AMIR, OLU)


def test_an_owner_and_an_approver_are_two_people():
    assert met(ONE_OF_EACH, AMIR, VIC)
    assert not met(ONE_OF_EACH, AMIR, members=(VICS, Member(AMIR.id, 9)))


def test_whoever_is_both_leaves_the_seat_to_whom_it_suits():
    assert met(ONE_OF_EACH, AMIR, VIC, members=(VICS, Member(AMIR.id, 9)))
    assert met(ONE_OF_EACH, AMIR, BEA, members=(Member(AMIR.id, 9),))


def test_an_owner_does_not_sit_where_an_approver_has_to():
    assert not met(ONE_APPROVER, VIC)
    assert not met(ONE_OF_EACH, VIC, DAN, members=(VICS, Member(DAN.id, 9)))


def test_an_owner_no_more_and_an_owner_since_then_do_not_count():
    assert not met(ONE_OF_EACH, AMIR, VIC, members=())
    assert not met(ONE_OF_EACH, AMIR, BEA, members=(Member(BEA.id, 9),))


def test_a_deputy_and_the_one_they_stand_in_for_count_once():
    two = Policy((Rule("Two owners", 0, owners=2),), SPEAKING)
    vic, dan = Member(VIC.id, 9, single=True), Member(DAN.id, 9, deputy=True, single=True)
    assert met(Policy((Rule("An owner", 0, owners=1),), SPEAKING), DAN, members=(vic, dan))
    assert not met(two, VIC, DAN, members=(vic, dan))
    assert met(two, VIC, DAN, members=(VICS, Member(DAN.id, 9)))


def test_nobody_stands_in_for_whoever_asked():
    vic, dan = Member(VIC.id, 9, single=True), Member(DAN.id, 9, deputy=True, single=True)
    assert not met(Policy((Rule("An owner", 0, owners=1),), SPEAKING), DAN, members=(vic, dan), involved=(VIC.id,))


@pytest.mark.parametrize(("hours_ago", "counts"), [(0, True), (23, True), (24, False), (25, False)])
def test_an_approval_lapses_after_its_hours(hours_ago, counts):
    day = Policy((Rule("For a day", hours=24),))
    at = NOW - timedelta(hours=hours_ago)
    assert met(day, AMIR, at=at) is counts
    assert day.lapsed(at, NOW) is not counts


def test_a_lapsed_approval_is_told_by_name():
    (finding,) = weigh(Policy((Rule("Hour", hours=1),)), [Vote(AMIR, "d", NOW - timedelta(hours=2))], (), NOW)
    assert "Amir approved too long ago." in finding.reason


def test_what_is_missing_names_who_can_help_and_leaves_out_who_cannot():
    off = Actor(8, "cid", "Cid", frozenset({Role.APPROVER}), active=False)
    (finding,) = weigh(ONE_OF_EACH, [], (VICS,), NOW, (ROSA, BEA.id), (AMIR, BEA, VIC, OLU, off))
    assert finding.help == "Amir can approve it as an approver. Vic can approve it as an owner."
    assert finding.reason == "Approvals of this plan: 0 of 1 by an approver, 0 of 1 by an owner."


def test_what_nobody_can_give_says_so():
    (finding,) = weigh(ONE_OF_EACH, [Vote(AMIR, "d", NOW)], (), NOW)
    assert "Nobody is left who could approve it as an owner" in finding.help


SUBJECT = Subject("recovery", frozenset({9}), frozenset({"critical"}), frozenset({"lab"}), frozenset({"db"}))


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (Scope(), True),
        (Scope(kinds=frozenset({"recovery", "bond"})), True),
        (Scope(kinds=frozenset({"bond"})), False),
        (Scope(owners=frozenset({9})), True),
        (Scope(owners=frozenset({8})), False),
        (Scope(criticality=frozenset({"critical"}), tags=frozenset({"web"})), False),
        (Scope(criticality=frozenset({"critical"}), tags=frozenset({"db"})), True),
        (Scope(sites=frozenset({"attic"})), False),
        (Scope(risks=frozenset({"outage"})), False),
    ],
)
def test_a_rule_counts_where_each_of_its_lists_fits(scope, covers):
    assert scope.covers(SUBJECT) is covers
    assert len(frozen([(scope, Rule("R"))], SUBJECT, ()).rules) == covers


rules = st.builds(
    Rule,
    st.text(max_size=5),
    st.integers(0, 3),
    st.sampled_from([role.value for role in Role]),
    st.frozensets(st.integers(1, 5)),
    st.integers(0, 2),
    st.none() | st.integers(1, 99),
    st.booleans(),
)


@given(st.lists(rules, max_size=3), st.frozensets(st.tuples(st.integers(1, 5), st.integers(1, 3))))
def test_a_policy_comes_back_from_json_as_it_was(some, members):
    policy = Policy(tuple(some), members)
    assert Policy.from_json(policy.to_json()) == policy


SEATS = st.frozensets(st.sampled_from(["people", "owners"]), min_size=1)
SPOKEN = st.dictionaries(st.integers(1, 4), st.frozensets(st.integers(1, 4), max_size=3), max_size=4)


@given(SPOKEN, st.fixed_dictionaries(dict.fromkeys(range(1, 5), SEATS)), st.integers(0, 2), st.integers(0, 2))
def test_as_many_seats_are_taken_as_any_seating_could_and_none_twice(voters, classes, people, owners):
    wanted = {"people": people, "owners": owners}
    found = seated(voters, classes, wanted)
    assert len({one.voter for one in found}) == len({one.speaks_for for one in found}) == len(found)
    assert all(one.speaks_for in voters[one.voter] and one.seat in classes[one.speaks_for] for one in found)
    assert all(sum(one.seat == seat for one in found) <= count for seat, count in wanted.items())
    assert len(found) == best(voters, classes, wanted)


def best(voters, classes, wanted):
    """By trying out every way in which some of them choose whom to speak for and where to sit."""
    choices = [[(whom, seat) for whom in speaking for seat in classes[whom]] for speaking in voters.values()]
    for size in range(len(choices), 0, -1):
        for some in combinations(choices, size):
            for picked in product(*some):
                seats = [seat for _, seat in picked]
                if len({whom for whom, _ in picked}) == size and all(
                    seats.count(seat) <= count for seat, count in wanted.items()
                ):
                    return size
    return 0
