"""How a bond comes into a file that others wrote, and what of it stays."""

import pytest

from networking.backends.ifupdown import Ifupdown
from networking.backends.protocol import Unrenderable
from networking.backends.writing import after
from networking.bonding.model import STATIC, Addressing
from tests.networking.bonds import ASYMMETRIC

MAIN = "/etc/network/interfaces"
FILE = """\
# This file describes the network interfaces, see interfaces(5).
source /etc/network/interfaces.d/*

auto lo eth0
iface lo inet loopback

# the slow one
allow-hotplug eth1
iface eth0 inet static
        address 10.0.2.15/24
        gateway 10.0.2.2
        up ip route add 10.9.0.0/16 via 10.0.2.9
        up ethtool -K eth0 tso off
        accept_ra 0

# not ours
auto eth7
iface eth7 inet dhcp
"""
FILES = after({MAIN: FILE}, Ifupdown().render(ASYMMETRIC, {MAIN: FILE}))


def test_the_bond_stands_where_the_nic_had_its_addresses() -> None:
    assert (
        FILES[MAIN]
        == """\
# This file describes the network interfaces, see interfaces(5).
source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

# the slow one
allow-bond0 eth0
iface eth0 inet manual
    # permanent address 52:54:00:a0:01:00
        up ethtool -K eth0 tso off

auto bond0
iface bond0 inet static
    address 10.0.2.15/24
    gateway 10.0.2.2
    dns-nameservers 10.0.2.3
    hwaddress 52:54:00:a0:01:00
    bond-slaves eth0 eth1
    bond-mode active-backup
    bond-miimon 100
    bond-primary eth0
    bond-primary-reselect better
        accept_ra 0

iface eth1 inet manual
    # permanent address 52:54:00:a0:01:01

# not ours
auto eth7
iface eth7 inet dhcp
"""
    )


def test_a_change_of_the_bond_keeps_what_is_not_ours() -> None:
    files = {MAIN: FILES[MAIN].replace("accept_ra 0", "accept_ra 0\n    bond-lp-interval 7\n    up logger up")}

    changed = after(files, Ifupdown().render(ASYMMETRIC.with_options(updelay=200, min_links=1), files))

    assert changed[MAIN] == files[MAIN].replace(
        "reselect better\n",
        "reselect better\n    bond-updelay 200\n    post-up echo 1 > /sys/class/net/$IFACE/bonding/min_links\n",
    )


def test_membership_by_the_ports_becomes_membership_by_the_bond() -> None:
    text = (
        "auto bond0\niface bond0 inet dhcp\n    bond-slaves none\n\nauto eth0 eth1 eth2\n"
        "iface eth0 inet manual\n    bond-master bond0\n\niface eth1 inet manual\n    bond-master bond0\n\n"
        "iface eth2 inet manual\n    bond-master bond0\n"
    )

    changed = after({MAIN: text}, Ifupdown().render(ASYMMETRIC, {MAIN: text}))

    assert Ifupdown().read(changed).bonds == (ASYMMETRIC,)
    assert "bond-master" not in changed[MAIN]
    assert "auto eth2\n" in changed[MAIN]


def test_a_removed_bond_gives_its_place_to_its_first_port() -> None:
    changed = after(FILES, Ifupdown().remove(ASYMMETRIC, FILES))

    assert Ifupdown().read(changed).plain["eth0"] == ASYMMETRIC.addressing
    assert "auto eth0\niface eth0 inet static\n" in changed[MAIN]
    assert changed[MAIN].endswith("# not ours\nauto eth7\niface eth7 inet dhcp\n")
    assert "bond" not in changed[MAIN]
    assert "up ethtool -K eth0 tso off" in changed[MAIN]


def test_a_bond_in_a_sourced_file_stays_there() -> None:
    path = "/etc/network/interfaces.d/lan"
    files = {MAIN: "source /etc/network/interfaces.d/*\n", path: "auto eth0\niface eth0 inet dhcp\n"}

    changed = Ifupdown().render(ASYMMETRIC, files)

    assert [item.path for item in changed] == [path]


def test_a_gateway_without_an_address_of_its_family_is_refused() -> None:
    bond = ASYMMETRIC
    bond = type(bond)(bond.name, bond.ports, bond.options, Addressing(STATIC, ("fd00::2/64",), ("10.0.2.2",)))

    with pytest.raises(Unrenderable, match="needs an address of its family"):
        Ifupdown().render(bond, {})
