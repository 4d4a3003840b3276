"""Every option of the form is explained; those that do not apply to active-backup are not there."""

from __future__ import annotations

from dataclasses import fields

import pytest

from networking.bonding.model import Options
from networking.bonding.options import BY_NAME, EXPLAINED
from tests.networking.facts.answers import network

NOT_FOR_THE_FORM = {"mode", "min_links"}
OTHER_MODES = {"lacp_rate", "ad_select", "xmit_hash_policy", "tlb_dynamic_lb", "packets_per_slave", "lp_interval"}


def test_every_option_of_the_model_that_applies_is_explained_once():
    assert len(BY_NAME) == len(EXPLAINED)
    assert set(BY_NAME) == {field.name for field in fields(Options)} - NOT_FOR_THE_FORM


def test_options_of_other_modes_are_not():
    assert not OTHER_MODES & set(BY_NAME)


@pytest.mark.parametrize("explained", EXPLAINED, ids=lambda explained: explained.name)
def test_an_explanation_is_one_line_with_advice(explained):
    assert explained.meaning.endswith(".")
    assert "\n" not in explained.meaning
    assert len(explained.meaning) < 130
    assert explained.leave.endswith(".")
    assert explained.title
    assert explained.values
    assert explained.live


def test_every_explained_option_is_one_that_a_kernel_has():
    running = {name.replace("arp_ip_targets", "arp_ip_target") for name in BY_NAME}
    assert running - {"arp_ip_target"} <= set(network("bond").bond("bond0").options)
