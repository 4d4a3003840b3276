"""When a change may start: its slot, the windows of its hosts, and freezes, which win. On values alone."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changes.timing import Frozen, Lift, Place, Scope, Times, choices, held, nearest, openings, unfit, weigh_times
from changes.windows import Slot, Window

NOW = datetime(2026, 11, 29, 2, 30, tzinfo=UTC)  # a Sunday
SUNDAY = Window("Sunday night", "FREQ=WEEKLY;BYDAY=SU", date(2024, 1, 1), time(2), 120)
MONDAY = Window("Monday night", "FREQ=WEEKLY;BYDAY=MO", date(2024, 1, 1), time(2), 120)
TONIGHT = Slot(datetime(2026, 11, 29, 2, tzinfo=UTC), datetime(2026, 11, 29, 4, tzinfo=UTC))
WEEK = timedelta(days=7)


def times(*windows: Window, slot: Slot | None = None, freezes: tuple[Frozen, ...] = (), **more) -> Times:
    return Times((Place("app02", windows, freezes),), slot, **more)


def freeze(start: datetime = NOW - WEEK, end: datetime = NOW + WEEK) -> Frozen:
    return Frozen("Year’s end", Slot(start, end), "The books are closed.")


def sentence(found: Times, now: datetime = NOW, *lifted: Lift) -> str:
    return held(weigh_times(found, now, lifted))


def test_where_no_window_covers_a_host_nothing_is_restricted():
    assert sentence(times()) == "" and "at any time" in weigh_times(times(), NOW)[1].reason


def test_where_a_window_does_a_slot_has_to_be_picked_even_while_it_is_open():
    assert sentence(times(SUNDAY)) == (
        "Window “Sunday night” of app02 says when, and no slot is picked."
        " Pick one. Next: Sun 29 Nov 2026 02:00–04:00 UTC."
    )
    assert sentence(times(SUNDAY, slot=TONIGHT)) == ""


def test_outside_it_says_which_window_and_when_it_is_next():
    said = sentence(times(SUNDAY), NOW + timedelta(days=1))
    assert said.startswith("Window “Sunday night” of app02 is not open now. Pick a slot. Next: Sun 6 Dec 2026")


def test_before_its_slot_it_does_not_start():
    later = Slot(TONIGHT.start + WEEK, TONIGHT.end + WEEK)
    line = weigh_times(times(SUNDAY, slot=later), NOW)[1]
    assert line.ok is None and "It may start then, and not before." in sentence(times(SUNDAY, slot=later))


@pytest.mark.parametrize("windows", [(), (SUNDAY,)])
def test_a_slot_that_is_over_is_missed_even_where_a_window_is_open_again(windows):
    past = Slot(TONIGHT.start - WEEK, TONIGHT.end - WEEK)
    said = sentence(times(*windows, slot=past))
    assert "is over, and what was missed never runs late. Pick another one." in said


def test_the_end_of_a_slot_is_outside_of_it():
    assert sentence(times(SUNDAY, slot=TONIGHT), TONIGHT.end - timedelta(seconds=1)) == ""
    assert "never runs late" in sentence(times(SUNDAY, slot=TONIGHT), TONIGHT.end)


def test_a_window_that_was_moved_since_stops_it_within_its_slot():
    assert "“Monday night” of app02 is not open now. Pick another slot." in sentence(times(MONDAY, slot=TONIGHT))


def test_a_freeze_wins_over_window_and_slot_and_gives_its_reason():
    found = times(SUNDAY, slot=TONIGHT, freezes=(freeze(),))
    assert sentence(found) == "Freeze “Year’s end” holds until Sun 6 Dec 2026 02:30 UTC: The books are closed."


def test_a_freeze_to_come_stops_nothing_yet():
    found = times(freezes=(freeze(NOW + WEEK, NOW + 2 * WEEK),))
    assert sentence(found) == "" and "until Sun 6 Dec" in weigh_times(found, NOW)[0].reason


def test_all_hosts_of_a_change_have_to_be_open_at_once():
    two = Times((Place("app02", (SUNDAY,)), Place("app03", (MONDAY,))), TONIGHT)
    assert "“Monday night” of app03 is not open now" in sentence(two) and choices(two, NOW, 3) == []
    assert "None comes within 400 days" in sentence(Times(two.places))
    beside = Times((Place("app02", (SUNDAY,)), Place("free")), TONIGHT)
    assert sentence(beside) == ""


def test_several_windows_as_near_add_up():
    assert sentence(times(MONDAY, SUNDAY, slot=TONIGHT)) == ""
    assert [slot.start.day for slot in choices(times(MONDAY, SUNDAY), NOW, 3)] == [29, 30, 6]


def test_the_nearest_windows_count_alone():
    everywhere, here = (Scope.EVERYTHING, SUNDAY), (Scope.HOSTS, MONDAY)
    assert nearest([everywhere, here]) == (MONDAY,) and nearest([everywhere]) == (SUNDAY,) and nearest([]) == ()


def test_a_part_of_a_rollout_needs_an_open_window_and_no_slot():
    assert sentence(times(SUNDAY, in_turn=True)) == ""
    assert "Pick" not in sentence(times(MONDAY, in_turn=True)) and "not open now" in sentence(
        times(MONDAY, in_turn=True)
    )


def test_a_broken_glass_lets_pass_what_it_names_and_nothing_else():
    found = times(MONDAY, freezes=(freeze(),))
    assert sentence(found, NOW, Lift.WINDOW, Lift.FREEZE) == ""
    assert "Freeze" in sentence(found, NOW, Lift.WINDOW) and "Monday" in sentence(found, NOW, Lift.FREEZE)
    assert all("The glass is broken" in line.reason for line in weigh_times(found, NOW, [Lift.WINDOW, Lift.FREEZE]))


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (Slot(TONIGHT.end, TONIGHT.start), "ends after it begins"),
        (Slot(TONIGHT.start - WEEK, TONIGHT.end - WEEK), "over already"),
        (Slot(NOW + WEEK, NOW + 3 * WEEK), "at most 7 days long"),
        (Slot(NOW + timedelta(days=500), NOW + timedelta(days=501)), "begins within 400 days"),
        (
            Slot(TONIGHT.start, TONIGHT.end + timedelta(minutes=1)),
            "is not within Window “Sunday night” of app02. Next:",
        ),
        (Slot(TONIGHT.start + WEEK, TONIGHT.end + WEEK), "Freeze “Year’s end” covers it"),
    ],
)
def test_what_is_no_slot_gets_a_sentence(slot, said):
    frozen = freeze(NOW + timedelta(days=1), NOW + 2 * WEEK) if "Freeze" in said else None
    assert said in unfit(times(SUNDAY, freezes=(frozen,) if frozen else ()), slot, NOW)


def test_a_part_of_a_window_is_a_slot_and_so_is_any_time_where_there_is_none():
    half = Slot(TONIGHT.start + timedelta(minutes=30), TONIGHT.end)
    assert unfit(times(SUNDAY), half, NOW) == "" and unfit(times(), half, NOW) == ""
    assert unfit(times(SUNDAY), TONIGHT, NOW) == "", "the one that is open now may be picked still"


@given(
    minutes=st.integers(-3 * 1440, 10 * 1440),
    cold=st.tuples(st.integers(0, 10), st.integers(1, 3)),
    slot=st.tuples(st.integers(0, 200), st.integers(1, 30)) | st.none(),
)
def test_it_starts_exactly_in_its_slot_in_an_open_window_out_of_every_freeze(minutes, cold, slot):
    """The same said in another way, moment by moment."""
    now = NOW + timedelta(minutes=minutes)
    shut = freeze(NOW + timedelta(days=cold[0]), NOW + timedelta(days=sum(cold)))
    picked = Slot(NOW + timedelta(hours=slot[0]), NOW + timedelta(hours=sum(slot))) if slot else None
    found = times(SUNDAY, MONDAY, slot=picked, freezes=(shut,))
    open_now = now.weekday() in (6, 0) and 2 <= now.hour < 4
    frozen = shut.span.start <= now < shut.span.end
    in_slot = picked is not None and picked.start <= now < picked.end
    assert (sentence(found, now) == "") == (open_now and in_slot and not frozen)
    ahead = openings(found, now)
    assert any(span.holds(now) for span in ahead) == (open_now and not frozen)
