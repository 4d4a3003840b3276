"""What is odd about the engine, from values alone: each is named with what it means and what to do."""

from dataclasses import replace

import pytest

from changes.states import HOLDS_HOST, State
from pages.oddities import (
    MANY_HINTS,
    ClaimNow,
    FleetNow,
    LockNow,
    Pace,
    Pile,
    RunNow,
    Sight,
    oddities,
)

PACE = Pace()
WELL = Sight(
    pace=PACE,
    workers={"runs": 1.0, "sweeps": 4.0, "fleet": 9.0},
    runs=(RunNow(42, "Recover vm42", "app02", State.RUNNING, step="restore", left=28, quiet=600),),
    runs_in_all=1,
    locks=(LockNow("app02", 42, "Recover vm42", State.RUNNING, 3, 600),),
    claims=(ClaimNow("facts", 7, "app01", 40),),
    queues={"runs": 2, "sweeps": 0, "fleet": 1},
    planning=Pile(1, 3.0),
    facts=Pile(1, 3.0),
    unsealed=Pile(4, 9.0),
    fleet=FleetNow(hosts=200, asking=8, due=20, oldest_due=4.0, silent=3),
)
PARKED = {"state": State.WAITING, "parked": True, "left": None}


def titles(sight: Sight) -> list[str]:
    return [oddity.title for oddity in oddities(sight)]


def with_run(**changes) -> Sight:
    return replace(WELL, runs=(replace(WELL.runs[0], **changes),))


def test_nothing_is_odd_while_all_goes_on():
    assert oddities(WELL) == []


@pytest.mark.parametrize("name", ["runs", "sweeps", "fleet"])
@pytest.mark.parametrize("age", [None, PACE.patience + 1])
def test_a_worker_that_was_not_seen_is_named(name, age):
    quiet = replace(WELL, runs=(), workers={**WELL.workers, name: age})
    (oddity,) = oddities(quiet)
    assert oddity.tone == "bad" and f"“{name}”" in oddity.title and f"{name}.log" in oddity.sentence


def test_a_living_lease_speaks_for_workers_that_are_in_the_middle_of_a_step():
    busy = replace(WELL, workers={**WELL.workers, "runs": 500.0})
    assert oddities(busy) == []


@pytest.mark.parametrize(
    ("changes", "title", "tone"),
    [
        ({"left": -36.0}, "#42 on app02: its worker is gone", "bad"),
        ({"left": 14.0}, "#42 on app02: its worker has not been heard of", "warn"),
        ({"left": None, "quiet": 36.0}, "#42 on app02: nobody works on it", "warn"),
        ({**PARKED, "late": 36.0}, "#42 on app02: its host is not asked", "warn"),
        ({**PARKED, "ends_in": -36.0}, "#42 on app02: its wait is over", "warn"),
    ],
)
def test_a_run_that_does_not_go_on_is_named_with_its_change(changes, title, tone):
    (oddity,) = oddities(with_run(**changes))
    assert (oddity.title, oddity.tone, oddity.change) == (title, tone, 42)


@pytest.mark.parametrize(
    "changes",
    [
        {"left": -5.0},
        {"left": 16.0},
        {"left": None, "quiet": 20.0},
        {**PARKED, "quiet": 90_000.0, "ends_in": 3600.0},
        {**PARKED, "late": 5.0, "ends_in": 60.0},
    ],
)
def test_what_the_next_round_of_the_janitor_sets_right_is_not_odd(changes):
    assert oddities(with_run(**changes)) == []


def test_an_unknown_change_is_bad_and_says_since_when():
    (oddity,) = oddities(replace(WELL, unknown=Pile(1, 7200.0), oldest_unknown=(7, "app01")))
    assert (oddity.tone, oddity.title, oddity.change) == ("bad", "#7 on app01 is unknown", 7)
    assert "2 h 00 m" in oddity.sentence and "ask the host again" in oddity.sentence


def test_of_many_unknown_changes_the_oldest_is_named():
    (oddity,) = oddities(replace(WELL, unknown=Pile(3, 7200.0), oldest_unknown=(7, "app01")))
    assert oddity.title == "3 changes are unknown" and "The oldest, #7 on app01" in oddity.sentence


@pytest.mark.parametrize("state", [state for state in State if state not in (*HOLDS_HOST, State.SUCCEEDED)])
def test_a_lock_of_a_change_that_is_over_is_a_fault_of_ours(state):
    (oddity,) = oddities(replace(WELL, locks=(LockNow("app02", 9, "Old", state, 3, 60),)))
    assert oddity.tone == "bad" and oddity.change == 9 and "fault of Regroup" in oddity.sentence


@pytest.mark.parametrize("state", [*sorted(HOLDS_HOST), State.SUCCEEDED])
def test_a_lock_that_may_be_held_is_not_odd(state):
    assert oddities(replace(WELL, locks=(LockNow("app02", 9, "Old", state, 3, 60),))) == []


def test_a_host_that_a_failed_change_keeps_for_a_day_is_told():
    (oddity,) = oddities(replace(WELL, locks=(LockNow("app02", 9, "Old", State.FAILED, 3, 90_000),)))
    assert oddity.title == "app02 has been held for 1 d 1 h" and "Resume it, undo it, or close it" in oddity.sentence


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"broker": "OperationalError"}, "The queue does not answer"),
        ({"queues": {"runs": MANY_HINTS + 1}}, "101 hints wait in “runs”"),
        ({"ahead": 90.0}, "A clock is wrong"),
        ({"claims": (ClaimNow("facts", 7, "app01", -40),)}, "A worker that asked app01 is gone"),
        ({"unsealed": Pile(4, 60.0)}, "4 audit entries wait for their seal"),
        ({"planning": Pile(1, 130.0)}, "1 plan is not made"),
        ({"planning": Pile(2, 130.0)}, "2 plans are not made"),
        ({"facts": Pile(2, 130.0)}, "2 hosts not asked for facts"),
        ({"fleet": FleetNow(hosts=9, due=9, oldest_due=500.0)}, "9 hosts are overdue"),
        ({"fleet": FleetNow(hosts=9, due=1, oldest_due=500.0)}, "1 host is overdue"),
    ],
)
def test_what_piles_up_is_named(changes, title):
    assert titles(replace(WELL, **changes)) == [title]


def test_the_worst_comes_first():
    sight = replace(
        WELL, claims=(ClaimNow("plan", 7, "app01", -40),), unsealed=Pile(4, 60.0), broker="OperationalError"
    )
    assert [oddity.tone for oddity in oddities(sight)] == ["bad", "warn", "info"]
