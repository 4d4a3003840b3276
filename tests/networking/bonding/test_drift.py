"""What files and kernel disagree about, each in a sentence."""

from dataclasses import replace

import pytest

from networking.bonding.drift import differences
from networking.bonding.model import DHCP, Addressing, Bond, Port
from networking.bonding.status import BondStatus, PortStatus
from networking.facts.values import BondNow
from tests.networking.backends.hosts import host_with, nic, running
from tests.networking.bonds import ASYMMETRIC

HOST = host_with(ASYMMETRIC)


def test_what_was_written_and_runs_does_not_differ() -> None:
    assert differences(ASYMMETRIC, running(ASYMMETRIC), HOST.nics) == ()


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        (ASYMMETRIC.with_options(miimon=200), "miimon is 200 in the files, and 100 in the kernel."),
        (ASYMMETRIC.with_options(primary="eth1"), "primary is eth1 in the files, and eth0 in the kernel."),
        (ASYMMETRIC.with_options(primary=""), "primary is not set in the files, and eth0 in the kernel."),
        (
            ASYMMETRIC.with_options(primary_reselect="failure"),
            "primary_reselect is failure in the files, and better in the kernel.",
        ),
        (ASYMMETRIC.with_options(updelay=200), "updelay is 200 in the files, and 0 in the kernel."),
        (
            replace(ASYMMETRIC, ports=(*ASYMMETRIC.ports, Port("eth2"))),
            "eth2 is a port of bond0 in the files, and not in the kernel.",
        ),
        (
            replace(ASYMMETRIC, ports=(ASYMMETRIC.ports[0],)),
            "eth1 is a port of bond0 in the kernel, and not in the files.",
        ),
        (
            replace(ASYMMETRIC, ports=(Port("eth0", "52:54:00:00:00:09"), ASYMMETRIC.ports[1])),
            "eth0 has the permanent address 52:54:00:a0:01:00, and 52:54:00:00:00:09 in the files.",
        ),
        (replace(ASYMMETRIC, mtu=9000), "The MTU of bond0 is 9000 in the files, and 1500 in the kernel."),
    ],
)
def test_a_difference_is_a_sentence(configured: Bond, said: str) -> None:
    assert differences(configured, running(ASYMMETRIC), HOST.nics) == (said,)


def test_addresses_differ_in_both_directions() -> None:
    wanted = replace(ASYMMETRIC, addressing=replace(ASYMMETRIC.addressing, addresses=("10.0.2.16/24",)))

    assert differences(wanted, running(ASYMMETRIC), HOST.nics) == (
        "bond0 has 10.0.2.16/24 in the files, and not in the kernel.",
        "bond0 has 10.0.2.15/24 in the kernel, and not in the files.",
    )


def test_addresses_that_come_by_themselves_are_no_difference() -> None:
    bond0 = nic("bond0", "10.0.2.15/24", "fe80::5054:ff:fea0:100/64", "fd00::5054:ff:fea0:100/64", kind="bond")

    assert differences(ASYMMETRIC, running(ASYMMETRIC), [bond0]) == ()


@pytest.mark.parametrize("address", ["10.0.2.100/32", "2001:db8::1/128"])
def test_an_address_that_moves_between_hosts_is_no_difference(address: str) -> None:
    bond0 = nic("bond0", "10.0.2.15/24", address, kind="bond")

    assert differences(ASYMMETRIC, running(ASYMMETRIC), [bond0]) == ()


def test_an_address_that_was_leased_is_no_difference() -> None:
    leased = "2001:db8::8d4a:93ff:1c:77/64"
    bond0 = nic("bond0", "10.0.2.15/24", leased, kind="bond", passing=(leased,))

    assert differences(ASYMMETRIC, running(ASYMMETRIC), [bond0]) == ()


def test_a_bond_without_an_answer_from_its_server_differs() -> None:
    wanted = replace(ASYMMETRIC, addressing=Addressing(DHCP))

    assert differences(wanted, running(ASYMMETRIC), [nic("bond0", kind="bond")]) == (
        "bond0 gets its address from a server, and has none.",
    )


def test_a_renamed_port_is_known_by_its_permanent_address() -> None:
    wanted = replace(ASYMMETRIC, ports=(ASYMMETRIC.ports[0], replace(ASYMMETRIC.ports[1], name="fast")))

    assert differences(wanted, running(ASYMMETRIC), HOST.nics) == ()


def test_watching_by_arp_is_compared_with_its_targets() -> None:
    wanted = ASYMMETRIC.with_options(miimon=0, arp_interval=500, arp_ip_targets=("10.0.2.2",))
    now = running(wanted)
    now = replace(now, options={**now.options, "arp_interval": "500", "arp_ip_target": "10.0.2.9"})

    assert differences(wanted, now, HOST.nics) == (
        "arp_ip_target is 10.0.2.2 in the files, and 10.0.2.9 in the kernel.",
    )


def test_an_old_kernel_is_compared_by_what_proc_tells() -> None:
    status = BondStatus("v3.4.0", "active-backup", miimon=0, ports=(PortStatus("eth0"), PortStatus("eth1")))

    assert differences(ASYMMETRIC, BondNow("bond0", status, {}, ""), ()) == (
        "miimon is 100 in the files, and 0 in the kernel.",
    )
