import pytest

from changes.policy import RULES, STATES, Action, Case, Vote, may, may_request, valid_votes
from changes.states import State
from people.actor import Actor
from people.roles import Role

ROSA = Actor(1, "rosa", "Rosa", frozenset({Role.REQUESTER}))
AMIR = Actor(2, "amir", "Amir", frozenset({Role.APPROVER}))
OLU = Actor(3, "olu", "Olu", frozenset({Role.OPERATOR}))
VERA = Actor(4, "vera", "Vera", frozenset({Role.VIEWER}))
MALLORY = Actor(5, "mallory", "Mallory")
EVERYTHING = frozenset(Role)


def case(state, requester=1, editor=1, digest="d"):
    return Case(state, requester, editor, digest)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("actor", [VERA, MALLORY], ids=lambda a: a.username)
def test_whoever_has_no_right_may_do_nothing(action, state, actor):
    assert not may(action, actor, case(state)).allowed


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", State)
def test_every_pair_is_allowed_or_refused_with_a_sentence(action, state):
    decision = may(action, Actor(9, "all", "All", EVERYTHING), case(state))
    assert decision.allowed == (state in STATES[action])
    assert decision.allowed or decision.reason.endswith(".")


@pytest.mark.parametrize("action", Action)
def test_every_action_has_states_and_a_rule(action):
    assert STATES[action] and RULES[action]


@pytest.mark.parametrize("action", [Action.APPROVE, Action.REJECT])
def test_the_requester_may_not_decide_whatever_the_roles(action):
    assert not may(action, Actor(1, "rosa", "Rosa", EVERYTHING), case(State.IN_REVIEW)).allowed


@pytest.mark.parametrize("action", [Action.APPROVE, Action.REJECT])
def test_the_last_editor_may_not_decide(action):
    assert not may(action, Actor(2, "amir", "Amir", EVERYTHING), case(State.IN_REVIEW, editor=2)).allowed


def test_another_approver_may_approve():
    assert may(Action.APPROVE, AMIR, case(State.IN_REVIEW)).allowed


def test_an_account_that_is_off_may_nothing():
    off = Actor(2, "amir", "Amir", EVERYTHING, active=False)
    assert not may(Action.APPROVE, off, case(State.IN_REVIEW)).allowed
    assert not may_request(off).allowed


def test_only_a_requester_asks():
    assert [may_request(actor).allowed for actor in (ROSA, AMIR, OLU, VERA, MALLORY)] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_requester_cannot_withdraw_what_somebody_else_asked_for():
    assert not may(Action.WITHDRAW, ROSA, case(State.PLANNED, requester=7)).allowed


@pytest.mark.parametrize(
    ("vote", "trigger"),
    [
        (Vote(AMIR, "other"), 3),
        (Vote(Actor(2, "amir", "Amir", frozenset({Role.APPROVER}), active=False), "d"), 3),
        (Vote(Actor(2, "amir", "Amir", frozenset({Role.OPERATOR})), "d"), 3),
        (Vote(Actor(1, "rosa", "Rosa", EVERYTHING), "d"), 3),
        (Vote(AMIR, "d"), 2),
    ],
    ids=["another digest", "switched off", "no approver any more", "the requester", "who started it"],
)
def test_a_vote_does_not_count_by(vote, trigger):
    assert valid_votes([vote], case(State.APPROVED), trigger) == []


def test_a_vote_counts_for_this_digest_by_somebody_not_involved():
    assert valid_votes([Vote(AMIR, "d")], case(State.APPROVED), trigger=3) == [Vote(AMIR, "d")]
