"""Waves: one host first, then small batches, never both halves of a pair at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changes.waves import Member, waves


def names(found):
    return [[member.name for member in wave] for wave in found]


def test_the_first_wave_is_one_host():
    assert names(waves([Member(name) for name in "abcde"], 2)) == [["a"], ["b", "c"], ["d", "e"]]


def test_both_halves_of_a_pair_are_never_in_one_wave():
    members = [Member("a"), Member("b1", "b"), Member("b2", "b"), Member("c")]
    assert names(waves(members, 3)) == [["a"], ["b1", "c"], ["b2"]]


def test_hosts_without_a_pair_are_no_pair():
    assert names(waves([Member("a"), Member("b", ""), Member("c", "")], 2)) == [["a"], ["b", "c"]]


def test_a_host_named_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        waves([Member("a"), Member("a")], 2)


def test_a_wave_of_none_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        waves([Member("a")], 0)


@given(st.lists(st.sampled_from(["", "p", "q", "r"]), max_size=40), st.integers(1, 8))
def test_every_host_is_in_one_wave_and_no_wave_breaks_a_rule(pairs, size):
    members = [Member(str(number), pair) for number, pair in enumerate(pairs)]
    found = waves(members, size)
    assert sorted(member.name for wave in found for member in wave) == sorted(member.name for member in members)
    assert not found or len(found[0]) == 1
    for wave in found:
        told = [member.pair for member in wave if member.pair]
        assert 1 <= len(wave) <= size or wave == found[0]
        assert len(told) == len(set(told))
