"""The risk of a host: a product that grows with each thing that makes it bad, and with nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.states import Criticality
from readiness.lights import Light
from readiness.risk import MOST, Owned, Proven, Told, Up, Verdict, at_least, reasons, risk_of

LIGHTS_BY_BADNESS = [Light.GREEN, Light.UNKNOWN, Light.AMBER, Light.RED]
WORST = Told(400, Light.RED, False, False, False, Criticality.CRITICAL, failed=True)
BEST = Told(2, Light.GREEN, False, True, True, Criticality.LOW, proven=7)

days = st.one_of(st.none(), st.floats(0, 5000))
told = st.builds(
    Told,
    days,
    st.sampled_from(Light),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(Criticality),
    st.booleans(),
    days,
)


def score(one: Told) -> int:
    return risk_of(one).score


@given(told)
def test_it_is_never_nothing_nor_worse_than_the_worst(one):
    assert 1 == score(BEST) <= score(one) <= score(WORST) == MOST
    assert risk_of(one).rank == MOST - score(one) >= 0


@given(told, st.floats(0, 5000), st.floats(0, 5000))
def test_who_is_up_longer_is_at_no_lower_risk(one, some, more):
    assert score(replace(one, days=some)) <= score(replace(one, days=some + more))


@given(told)
def test_a_boot_that_nobody_knows_of_counts_like_a_quarter_of_a_year(one):
    assert score(replace(one, days=None)) == score(replace(one, days=90)) > score(replace(one, days=0))


@given(told, st.sampled_from(range(3)))
def test_a_worse_verdict_is_a_higher_risk(one, at):
    better, worse = (replace(one, light=LIGHTS_BY_BADNESS[n]) for n in (at, at + 1))
    assert score(better) <= score(worse)
    if not one.stale:
        assert score(better) < score(worse)


@given(told)
def test_what_was_looked_at_long_ago_is_at_no_lower_risk_for_that(one):
    assert score(replace(one, stale=True)) >= score(replace(one, stale=False))


@given(told)
def test_an_owner_and_their_word_lower_it(one):
    nobodys = score(replace(one, owner=False))
    unconfirmed = score(replace(one, owner=True, confirmed=False))
    assert nobodys > unconfirmed > score(replace(one, owner=True, confirmed=True))


@given(told)
def test_it_grows_with_criticality(one):
    scores = [score(replace(one, criticality=level)) for level in Criticality]
    assert scores == sorted(set(scores))


@given(told)
def test_a_proof_lowers_it_for_a_while_and_one_that_failed_is_worse_than_none(one):
    failed, never = score(replace(one, failed=True)), score(replace(one, failed=False, proven=None))
    old, recent = (score(replace(one, failed=False, proven=days)) for days in (91, 90))
    assert failed > never == old > recent


@given(told)
def test_what_is_bad_has_words_and_what_is_well_has_none(one):
    risk, said = risk_of(one), reasons(risk_of(one), one.days)
    bad = [
        risk.up is not Up.DAYS,
        risk.verdict is not Verdict.GREEN,
        risk.proven is not Proven.RECENTLY,
        risk.owned is not Owned.CONFIRMED,
        risk.criticality in (Criticality.HIGH, Criticality.CRITICAL),
    ]
    assert len(said) == sum(bad)


def test_the_articles_machine_is_the_worst_but_for_its_days_and_says_why():
    """Not rebooted in nearly six months, 32-bit programs under a 64-bit kernel, no owner to be found, critical."""
    found = risk_of(replace(WORST, days=181.4))
    assert found.score == 10240
    assert reasons(found, 181.4) == [
        "not rebooted for 181 days",
        "it would not boot, as far as can be told",
        "its clone did not come up",
        "nobody answers for it",
        "its criticality is critical",
    ]


@pytest.mark.parametrize(
    ("up", "all_of"),
    [
        (Up.YEAR, {"year"}),
        (Up.QUARTER, {"year", "half-year", "quarter"}),
        (Up.UNKNOWN, {"unknown"}),
        (Up.DAYS, {"days"}),
    ],
)
def test_so_long_or_longer(up, all_of):
    assert set(at_least(up)) == all_of
