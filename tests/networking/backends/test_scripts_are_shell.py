"""Every script is POSIX sh; what it does to a host is proved on one, in the lab."""

import subprocess

import pytest

from networking.backends.protocol import Backend
from networking.backends.registry import BACKENDS
from networking.backends.scripts import CHECKS, PRELUDE
from networking.bonding.model import DHCP, Addressing, Bond
from tests.networking.backends.hosts import host_with, network, nic
from tests.networking.bonds import ASYMMETRIC

PLAIN = network(nic("eth0", "10.0.2.15/24"), nic("eth1"))
BY_ARP = ASYMMETRIC.with_options(miimon=0, arp_interval=500, arp_ip_targets=("10.0.2.2",))


def passes(text: str) -> str:
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
    return done.stderr


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=lambda backend: backend.key)
@pytest.mark.parametrize(
    "bond",
    [ASYMMETRIC, BY_ARP, Bond("bond0", ASYMMETRIC.ports, addressing=Addressing(DHCP))],
    ids=["static", "arp", "dhcp"],
)
def test_apply_is_a_shells_text(backend: Backend, bond: Bond) -> None:
    assert passes(backend.apply(bond, PLAIN)) == ""
    assert passes(backend.apply(bond, host_with(ASYMMETRIC))) == ""


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=lambda backend: backend.key)
def test_reload_is_a_shells_text(backend: Backend) -> None:
    assert passes(backend.reload()) == ""


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=lambda backend: backend.key)
def test_a_change_of_options_alone_takes_nothing_down(backend: Backend) -> None:
    wanted = ASYMMETRIC.with_options(primary_reselect="failure")

    script = backend.apply(wanted, host_with(ASYMMETRIC)).partition(CHECKS)[2]

    assert "option primary_reselect failure\noption primary eth0\n" in script
    assert not any(word in script for word in ("ifdown", "ifup", "con up", "netplan apply", "restart", "flush"))


@pytest.mark.parametrize(("said", "theirs"), [("", "yes"), ("concerned='eth0 eth1 bond0'\n", "no")])
def test_the_way_back_leaves_alone_what_the_change_did_not_touch(said: str, theirs: str) -> None:
    text = f"{said}{PRELUDE}for name in eth0 bond0 eth10; do ours $name && echo yes || echo no; done\n"
    done = subprocess.run(["sh"], input=text, text=True, capture_output=True, check=True)
    assert done.stdout.split() == ["yes", "yes", theirs]
