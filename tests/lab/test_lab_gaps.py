"""A gap is read from what ping printed."""

from __future__ import annotations

import pytest

from lab.gaps import Gaps, read_ping


def printed(answered: list[int], sent: int) -> str:
    lines = [f"[{1000 + number / 50:.6f}] 64 bytes from 10.0.2.15: icmp_seq={number} ttl=64" for number in answered]
    return "\n".join([*lines, "", f"{sent} packets transmitted, {len(answered)} received, 4% packet loss, time 99ms"])


def test_each_run_of_lost_packets_counts() -> None:
    assert read_ping(printed([1, 2, 5, 6, 8], 8))[:2] == (8, [2, 1])


def test_one_unanswered_packet_at_the_end_was_still_under_way() -> None:
    assert read_ping(printed([1, 2], 3))[:2] == (3, [])


def test_a_host_that_stays_away_is_a_gap_to_the_end() -> None:
    assert read_ping(printed([1], 9))[:2] == (9, [8])


def test_the_silence_is_the_longest_time_between_two_answers_by_the_clock() -> None:
    assert read_ping(printed([1, 2, 5, 6, 8], 8))[2] == 60


def test_the_gap_is_the_longest_run_times_the_interval() -> None:
    assert (Gaps(20, 99, [2, 30, 1]).longest_ms, Gaps(20, 99, [2, 30, 1]).lost) == (600, 33)


def test_output_that_was_cut_off_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="did not end"):
        read_ping("64 bytes from 10.0.2.15: icmp_seq=1 ttl=64 time=0.6 ms\n")
