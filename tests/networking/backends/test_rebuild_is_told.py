"""Which changes the kernel takes while traffic flows, and which need an outage."""

from dataclasses import replace

import pytest

from networking.backends.scripts import rebuild_reason
from networking.bonding.model import STATIC, Addressing, Bond, Port
from tests.networking.backends.hosts import host_with, network, nic
from tests.networking.bonds import ASYMMETRIC


@pytest.mark.parametrize(
    "wanted",
    [
        ASYMMETRIC,
        ASYMMETRIC.with_options(primary="eth1", primary_reselect="failure"),
        ASYMMETRIC.with_options(miimon=200, updelay=400, num_grat_arp=5),
        ASYMMETRIC.with_options(miimon=0, arp_interval=500, arp_ip_targets=("10.0.2.2",)),
    ],
)
def test_options_alone_need_no_outage(wanted: Bond) -> None:
    assert rebuild_reason(wanted, host_with(ASYMMETRIC)) == ""


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (ASYMMETRIC.with_options(mode="802.3ad"), "mode changes from active-backup to 802.3ad"),
        (ASYMMETRIC.with_options(fail_over_mac="follow"), "fail_over_mac changes from none to follow"),
        (replace(ASYMMETRIC, ports=(*ASYMMETRIC.ports, Port("eth2"))), "from eth0, eth1 to eth0, eth1, eth2"),
        (
            replace(ASYMMETRIC, addressing=Addressing(STATIC, ("10.0.2.16/24",))),
            "from 10.0.2.15/24 to 10.0.2.16/24",
        ),
        (
            replace(ASYMMETRIC, addressing=replace(ASYMMETRIC.addressing, gateways=("10.0.2.9",))),
            "The gateway 10.0.2.9 is new",
        ),
        (replace(ASYMMETRIC, mtu=9000), "The MTU of bond0 changes from 1500 to 9000"),
    ],
)
def test_what_needs_an_outage_is_said_in_a_sentence(wanted: Bond, words: str) -> None:
    assert words in rebuild_reason(wanted, host_with(ASYMMETRIC))


def test_a_bond_that_does_not_run_has_to_be_made() -> None:
    assert "does not run yet" in rebuild_reason(ASYMMETRIC, network(nic("eth0", "10.0.2.15/24"), nic("eth1")))
