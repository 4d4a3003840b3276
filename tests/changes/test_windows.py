"""A window stays at its local time over every change of the clocks, and has one start and one length."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changes.windows import BadRule, Slot, Window, checked, common, merged, said, said_moment, without

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca",
         "Asia/Kolkata", "Europe/Dublin", "Pacific/Apia", "UTC"]  # fmt: skip
"""With changes of an hour and of half an hour, at midnight, backwards in winter, and a day that was left out."""
DAYS = st.dates(date(2009, 1, 1), date(2030, 12, 31))
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45, 59]))
A_DAY = timedelta(days=1)


def berlin(rule: str = "FREQ=WEEKLY;BYDAY=SU", at: time = time(2), minutes: int = 120) -> Window:
    return Window("Sunday night", rule, date(2024, 1, 1), at, minutes, "Europe/Berlin")


def utc(*words: int) -> datetime:
    return datetime(*words, tzinfo=UTC)


def moments(local: datetime, zone: str) -> list[datetime]:
    """Every moment at which the clocks there show it: none, one or two. It looks the offsets up on the days around."""
    there = ZoneInfo(zone)
    near = [local.replace(tzinfo=UTC) + timedelta(hours=6 * number) for number in range(-6, 7)]
    offsets = {moment.astimezone(there).utcoffset() for moment in near}
    found = {(local - offset).replace(tzinfo=UTC) for offset in offsets if offset is not None}
    return sorted(moment for moment in found if moment.astimezone(there).replace(tzinfo=None) == local)


@settings(max_examples=150)
@given(zone=st.sampled_from(ZONES), day=DAYS, at=TIMES, minutes=st.integers(1, 1440))
def test_it_opens_at_its_local_time_for_its_length(zone, day, at, minutes):
    window = Window("w", "FREQ=DAILY", day, at, minutes, zone)
    after = datetime.combine(day, time(), UTC) - 2 * A_DAY
    for number, slot in enumerate(window.next_slots(after, 4)):
        assert slot.end - slot.start == timedelta(minutes=minutes)
        local = datetime.combine(day + number * A_DAY, at)
        if shown := moments(local, zone):
            assert slot.start == shown[0], "of an hour that comes twice it is the first"
        else:
            there = slot.start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            assert timedelta() < there - local <= A_DAY, "where the clocks leave it out it opens by so much later"


@settings(max_examples=100)
@given(zone=st.sampled_from(ZONES), day=DAYS, at=TIMES, minutes=st.integers(1, 600), off=st.integers(0, 4 * 86400))
def test_it_is_open_from_the_start_of_a_slot_up_to_its_end(zone, day, at, minutes, off):
    window = Window("w", "FREQ=DAILY;INTERVAL=2", day, at, minutes, zone)
    moment = datetime.combine(day, time(), UTC) + timedelta(seconds=off)
    slots = window.next_slots(moment - 5 * A_DAY, 8)
    assert window.is_open(moment) == any(slot.start <= moment < slot.end for slot in slots)
    for slot in slots:
        assert window.is_open(slot.start) and window.is_open(slot.end - timedelta(seconds=1))
        assert not window.is_open(slot.end) and not window.is_open(slot.start - timedelta(seconds=1))


@settings(max_examples=60)
@given(zone=st.sampled_from(ZONES), day=DAYS, at=TIMES, names=st.sets(st.integers(0, 6), min_size=1))
def test_a_weekly_one_comes_on_each_of_its_days_and_on_no_other(zone, day, at, names):
    words = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    rule = f"FREQ=WEEKLY;BYDAY={','.join(words[number] for number in sorted(names))}"
    slots = Window("w", rule, day, at, 30, zone).next_slots(datetime.combine(day, time(), UTC) - 2 * A_DAY, 5)
    wanted = [day + number * A_DAY for number in range(40) if (day + number * A_DAY).weekday() in names][:5]
    assert all(one.start < other.start for one, other in pairwise(slots))
    for slot, expected in zip(slots, wanted, strict=True):
        assert slot.start == (moments(datetime.combine(expected, at), zone) or [slot.start])[0]


def test_the_night_in_which_the_hour_does_not_exist_opens_as_much_later():
    before, night, after = berlin().next_slots(utc(2027, 3, 20), 3)
    assert said(before, "Europe/Berlin") == "Sun 21 Mar 2027 02:00–04:00 CET"
    assert (night.start, said(night, "Europe/Berlin")) == (utc(2027, 3, 28, 1), "Sun 28 Mar 2027 03:00–05:00 CEST")
    assert said(after, "Europe/Berlin") == "Sun 4 Apr 2027 02:00–04:00 CEST"


def test_the_night_in_which_the_hour_comes_twice_opens_the_first_time():
    night, after = berlin().next_slots(utc(2026, 10, 24), 2)
    assert (night.start, said(night, "Europe/Berlin")) == (utc(2026, 10, 25), "Sun 25 Oct 2026 02:00 CEST–03:00 CET")
    assert said(after, "Europe/Berlin") == "Sun 1 Nov 2026 02:00–04:00 CET"


def test_a_day_that_was_left_out_has_its_window_a_day_later():
    """Samoa had no 30 December 2011."""
    apia = Window("w", "FREQ=DAILY", date(2011, 12, 30), time(10), 60, "Pacific/Apia")
    assert apia.next_slots(utc(2011, 12, 28), 1)[0].start == utc(2011, 12, 30, 20)


def test_a_window_may_be_open_over_midnight_and_is_told_with_both_days():
    late = berlin("FREQ=MONTHLY;BYDAY=1SA", time(22), 240).next_slots(utc(2026, 11, 26), 1)[0]
    assert said(late, "Europe/Berlin") == "Sat 5 Dec 2026 22:00 – Sun 6 Dec 02:00 CET"
    assert said_moment(late.start, "UTC") == "Sat 5 Dec 2026 21:00 UTC"


def test_a_window_that_is_open_now_comes_first():
    slot = berlin().next_slots(utc(2026, 11, 29, 2), 1)[0]
    assert slot.holds(utc(2026, 11, 29, 2))


def test_the_day_that_until_names_is_in_it():
    window = berlin("FREQ=DAILY;UNTIL=20240103")
    assert [slot.start.day for slot in window.slots(utc(2024, 1, 1))] == [1, 2, 3]


def test_a_window_that_is_over_has_no_slots_and_a_rare_one_none_beyond_the_horizon():
    assert not berlin("FREQ=DAILY;COUNT=2").next_slots(utc(2026, 1, 1), 1)
    assert not berlin("FREQ=YEARLY;INTERVAL=50").next_slots(utc(2026, 1, 1), 1)


FIRST = datetime(2026, 11, 26, 2)


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("RRULE:FREQ=WEEKLY;BYDAY=SU", "FREQ=WEEKLY;BYDAY=SU"),
        (" freq=monthly;byday=1sa,-1su ", "FREQ=MONTHLY;BYDAY=1SA,-1SU"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1;", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=2", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=2"),
    ],
)
def test_a_rule_is_kept_in_one_form(rule, kept):
    assert checked(rule, FIRST) == kept


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("", "how often, once"),
        ("INTERVAL=2", "how often, once"),
        ("FREQ=DAILY;FREQ=WEEKLY", "how often, once"),
        ("FREQ=SECONDLY", "'SECONDLY' is no FREQ"),
        ("FREQ=DAILY;BYHOUR=3", "'BYHOUR' cannot stand in this rule"),
        ("FREQ=WEEKLY;BYDAY=1SU", "'1SU' is no BYDAY"),
        ("FREQ=WEEKLY;BYDAY=SU\nEXDATE=1", "is no BYDAY"),
        ("FREQ=DAILY;INTERVAL=0", "'0' is no INTERVAL"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among days"),
        ("FREQ=DAILY;UNTIL=20269999", "cannot be read"),
        ("FREQ=DAILY;UNTIL=20200101", "never comes round"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes round"),
        ("every Sunday", "cannot stand in this rule"),
    ],
)
def test_what_is_no_rule_gets_a_sentence(rule, sentence):
    with pytest.raises(BadRule, match=sentence):
        checked(rule, FIRST)


SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(
        lambda at: Slot(utc(2026, 1, 1) + timedelta(minutes=at[0]), utc(2026, 1, 1) + timedelta(minutes=sum(at)))
    ),
    max_size=6,
)


@given(one=SPANS, other=SPANS)
def test_spans_are_put_together_held_against_each_other_and_taken_away_moment_by_moment(one, other):
    whole, rest = merged(one), without(merged(one), other)
    both = common(whole, merged(other))
    for minute in range(-1, 90):
        moment = utc(2026, 1, 1) + timedelta(minutes=minute)
        here, there = (any(span.holds(moment) for span in spans) for spans in (one, other))
        assert [any(span.holds(moment) for span in spans) for spans in (whole, both, rest)] == [
            here,
            here and there,
            here and not there,
        ]
    assert all(first.end < second.start for first, second in pairwise(whole))
