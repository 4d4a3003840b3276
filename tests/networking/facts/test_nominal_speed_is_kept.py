"""The nominal speed that is kept of a port: its driver's word, else the largest speed that was ever seen."""

from __future__ import annotations

from dataclasses import replace

from networking.facts.nics import keep_nominal
from tests.networking.facts.answers import bonds

TEN = bonds("bond").nic("eth0")
SLOWED = bonds("held").nic("eth0")


def test_a_port_seen_slower_later_keeps_its_nominal_speed():
    kept = keep_nominal(None, TEN)
    assert (kept, SLOWED.speed_mbps) == (10000, 100)
    assert keep_nominal(kept, SLOWED) == 10000


def test_a_port_seen_faster_later_takes_the_larger():
    assert keep_nominal(100, TEN) == 10000


def test_the_drivers_word_replaces_what_was_seen():
    assert keep_nominal(10000, replace(TEN, nominal_mbps=1000, nominal_by="driver")) == 1000


def test_nothing_known_stays_nothing():
    assert keep_nominal(None, replace(TEN, nominal_mbps=None, nominal_by="")) is None
