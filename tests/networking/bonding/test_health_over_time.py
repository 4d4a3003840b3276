"""What only time tells: DRIFT, FLAPPING, STALE; and which of several findings comes first."""

from __future__ import annotations

from networking.bonding.states import HealthState
from tests.networking.bonding.cases import WELL, bond, finding, health, states


def test_files_that_say_otherwise_are_drift():
    found = health(WELL, drift=("primary_reselect runs as better, /etc/x says always.", "miimon differs"))
    assert states(found) == [HealthState.DRIFT]
    assert "primary_reselect runs as better, /etc/x says always, and 1 more. The next boot" in found.sentence
    assert len(found.evidence) == 2


def test_a_single_difference_is_told_alone():
    assert "miimon differs. The next boot" in health(WELL, drift=("miimon differs",)).sentence


def test_three_failures_within_the_window_are_flapping_and_two_are_work_at_a_cable():
    found = health(WELL, failures_window={"eth0": 3, "eth1": 2})
    assert states(found) == [HealthState.FLAPPING]
    assert "eth0 (3 times)" in found.sentence
    assert "eth1" not in found.sentence
    assert states(health(WELL, failures_window={"eth0": 2})) == [HealthState.OK]


def test_what_was_not_seen_for_long_is_stale():
    found = health(WELL, seen_age=3 * 3600)
    assert states(found) == [HealthState.STALE]
    assert "how it was 3 h ago" in found.sentence
    assert states(health(WELL, seen_age=60)) == [HealthState.OK]
    assert health(WELL, seen_age=60, stale_after=30).state == HealthState.STALE
    assert "2 days ago" in health(WELL, seen_age=200_000).sentence


def test_the_worst_comes_first_and_the_others_stay():
    found = health(
        bond({"mii_status": "down"}, active="eth1", miimon=0),
        drift=("x",),
        failures_window={"eth0": 9},
        seen_age=10_000,
        switches={"eth0": "sw", "eth1": "sw"},
    )
    assert states(found) == [
        HealthState.NO_MONITOR,
        HealthState.FAILED_OVER,
        HealthState.NO_REDUNDANCY,
        HealthState.MISCONFIGURED,
        HealthState.DRIFT,
        HealthState.FLAPPING,
        HealthState.STALE,
    ]
    assert finding(found, HealthState.STALE).sentence.startswith("This is how it was 2 h ago")
