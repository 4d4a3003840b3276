"""Sizes, spans, times and long names are put into words the same everywhere."""

from datetime import UTC, datetime, timedelta

import pytest

from pages.wording import (
    exact_time,
    human_bytes,
    human_duration,
    relative_time,
    shorten_middle,
    show_unseen,
)

NOW = datetime(2026, 11, 22, 21, 25, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1023 * 1024, "1.0 MiB"),
        (13207024435, "12.3 GiB"),
        (500 * 1024**3, "500 GiB"),
        (5 * 1024**6, "5120 PiB"),
    ],
)
def test_a_size_is_said_in_the_largest_unit_that_keeps_three_figures(count: int, words: str) -> None:
    assert human_bytes(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.41, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 m 00 s"),
        (63, "1 m 03 s"),
        (3700, "1 h 01 m"),
        (90000, "1 d 1 h"),
        (-63, "−1 m 03 s"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert human_duration(seconds) == words
    assert human_duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=46), "1 minute ago"),
        (timedelta(minutes=4), "4 minutes ago"),
        (timedelta(minutes=59, seconds=40), "1 hour ago"),
        (timedelta(hours=-2), "in 2 hours"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=90), "3 months ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_a_time_is_said_relative_to_now(ago: timedelta, words: str) -> None:
    assert relative_time(NOW - ago, NOW) == words


def test_an_exact_time_names_its_zone() -> None:
    assert exact_time(NOW) == "Sun 22 Nov 2026, 21:25:03 UTC"


def test_a_long_name_keeps_both_its_ends() -> None:
    short = shorten_middle("y7XcTq-1nVb-8d2K-Zq0p-R4mW-u6Le-Jk93Fq")
    assert short == "y7XcTq-1nV…Le-Jk93Fq"
    assert len(short) == 20


def test_a_name_that_fits_is_not_touched() -> None:
    assert shorten_middle("x" * 20) == "x" * 20


def test_characters_that_hide_or_turn_text_around_are_written_out() -> None:
    assert show_unseen("a\u202eb\rc\x1b[0m\u200b") == "a‹U+202E›b‹U+000D›c‹U+001B›[0m‹U+200B›"


def test_tabs_line_ends_and_letters_of_any_script_stay_as_they_are() -> None:
    assert show_unseen("a\tb\nÄ 中 é") == "a\tb\nÄ 中 é"
