"""How the plain NIC's file gives way, and what of it stays."""

from dataclasses import replace

import pytest

from networking.backends.networkd import Networkd
from networking.backends.protocol import Unrenderable
from networking.backends.writing import after
from networking.bonding.model import DHCP, Addressing
from tests.networking.bonds import ASYMMETRIC

ETC = "/etc/systemd/network"
BY_NAME = "[Match]\nName=eth0\n\n[Link]\nRequiredForOnline=yes\n\n[Network]\nDHCP=yes\nIPv6AcceptRA=no\n"
BY_ADDRESS = "[Match]\nMACAddress=52:54:00:a0:01:01\n\n[Network]\nDHCP=ipv4\n"
PLAIN = {f"{ETC}/20-lan.network": BY_NAME, f"{ETC}/21-fast.network": BY_ADDRESS}
WANTED = replace(ASYMMETRIC, addressing=Addressing(DHCP))


def test_the_files_are_these() -> None:
    files = after(PLAIN, Networkd().render(ASYMMETRIC.with_options(updelay=200), PLAIN))

    assert files == {
        f"{ETC}/10-bond0.netdev": (
            "[NetDev]\nName=bond0\nKind=bond\nMACAddress=52:54:00:a0:01:00\n\n[Bond]\nMode=active-backup\n"
            "MIIMonitorSec=100ms\nPrimaryReselectPolicy=better\nUpDelaySec=200ms\n"
        ),
        f"{ETC}/10-bond0.network": (
            "[Match]\nName=bond0\n\n[Link]\nRequiredForOnline=yes\n\n[Network]\nAddress=10.0.2.15/24\n"
            "Gateway=10.0.2.2\nDNS=10.0.2.3\nIPv6AcceptRA=no\n"
        ),
        f"{ETC}/10-bond0-eth0.network": (
            "[Match]\nPermanentMACAddress=52:54:00:a0:01:00\n\n[Network]\nBond=bond0\nPrimarySlave=true\n\n"
            "[Link]\nRequiredForOnline=yes\n"
        ),
        f"{ETC}/10-bond0-eth1.network": "[Match]\nPermanentMACAddress=52:54:00:a0:01:01\n\n[Network]\nBond=bond0\n",
    }


def test_dhcp_stays_as_it_was_asked_for() -> None:
    files = after(PLAIN, Networkd().render(WANTED, PLAIN))

    assert "DHCP=yes\n" in files[f"{ETC}/10-bond0.network"]


def test_our_files_come_before_a_pattern_that_would_match_a_port_first() -> None:
    files = after(PLAIN, Networkd().render(WANTED, {**PLAIN, f"{ETC}/09-all.network": "[Match]\nName=e*\n"}))

    assert f"{ETC}/05-bond0-eth0.network" in files


def test_a_pattern_that_nothing_can_come_before_is_refused_in_a_sentence() -> None:
    with pytest.raises(Unrenderable, match=r"00-all.network comes before every name"):
        Networkd().render(WANTED, {f"{ETC}/00-all.network": "[Match]\nType=ether\n[Network]\nDHCP=yes\n"})


def test_a_pattern_for_others_does_not_matter() -> None:
    files = after({}, Networkd().render(WANTED, {f"{ETC}/05-wan.network": "[Match]\nName=wan*\n"}))

    assert f"{ETC}/10-bond0-eth0.network" in files


def test_keys_and_routes_that_are_not_ours_survive_a_change_of_the_bond() -> None:
    files = after(PLAIN, Networkd().render(ASYMMETRIC, PLAIN))
    files[f"{ETC}/10-bond0.network"] += "\n[Route]\nTable=7\nDestination=10.9.0.0/16\nGateway=10.0.2.9\n"
    files[f"{ETC}/10-bond0.netdev"] += "LearnPacketIntervalSec=7\n"

    changed = after(files, Networkd().render(ASYMMETRIC.with_options(miimon=200), files))

    assert "MIIMonitorSec=200ms\n" in changed[f"{ETC}/10-bond0.netdev"]
    assert changed[f"{ETC}/10-bond0.netdev"].endswith("LearnPacketIntervalSec=7\n")
    assert changed[f"{ETC}/10-bond0.network"] == files[f"{ETC}/10-bond0.network"]
    assert Networkd().read(changed).bonds[0].addressing.routes == ()


@pytest.mark.parametrize("options", [{"peer_notif_delay": 100}, {"arp_validate": "filter"}])
def test_an_option_that_networkd_has_no_key_for_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(Unrenderable, match="systemd-networkd"):
        Networkd().render(ASYMMETRIC.with_options(**options), {})
