"""What ifup reads otherwise than it looks, and the ways in which people write bonds, in our words."""

import pytest

from networking.backends.ifupdown import Ifupdown
from networking.bonding.model import DHCP, STATIC, Addressing, Port, Route

MAIN = "/etc/network/interfaces"
BOND = "iface bond0 inet manual\n  bond-slaves eth0 eth1\n"

CASES = {
    "no stanza": ("address 10.0.2.15\n", 1, "belongs under an iface line"),
    "a remark": ("iface eth0 inet static\n  address 10.0.2.15/24 # slow\n", 2, "part of the value"),
    "no address": ("iface eth0 inet static\n  address 10.0.2.300\n  netmask 24\n", 2, "address 10.0.2.300:"),
    "all": ("iface bond0 inet dhcp\n  bond-slaves all\n", 2, "takes every eth*"),
    "primary of nobody": (f"{BOND}  bond-primary eth7\n", 3, "bond-primary eth7 is no port"),
    "no policy": (f"{BOND}  bond-primary-reselect best\n", 3, "no value that the kernel knows"),
    "no bond": ("iface eth0 inet manual\n  bond-master bond7\n", 2, "bond7 has no iface line"),
    "port with addresses": (f"{BOND}iface eth0 inet dhcp\n", 3, "gets addresses of its own"),
    "unread": ("source /srv/net/*\n", 1, "/srv/net/* is read by ifup"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_flaw_is_told_with_its_line(case: str) -> None:
    text, line, words = CASES[case]

    flaws = [flaw for flaw in Ifupdown().read({MAIN: text}).flaws if words in flaw.sentence]

    assert [flaw.line for flaw in flaws] == [line]


def test_an_asymmetric_bond_under_a_bridge_is_read() -> None:
    text = """\
iface enx0a0b inet manual

iface nic0 inet manual
\tpost-up ethtool -K nic0 tso off || true   # a remark of the shell's

auto bond0
iface bond0 inet manual
\tbond_slaves enx0a0b nic0
\tbond-mode 1
\tbond-primary enx0a0b
\tbond-primary-reselect always
\tbond-miimon 100
\tbond-updelay 30000
\tbond-num-grat-arp 5

auto br0
iface br0 inet static
\taddress 172.20.20.7
\tnetmask 255.255.252.0
\tbridge-ports bond0
"""
    read = Ifupdown().read({MAIN: text})

    options = read.bonds[0].options
    assert read.bonds[0].ports == (Port("enx0a0b"), Port("nic0"))
    assert (options.mode, options.primary, options.primary_reselect) == ("active-backup", "enx0a0b", "always")
    assert (options.miimon, options.updelay, options.num_grat_arp) == (100, 30_000, 5)
    assert read.plain == {"br0": Addressing(STATIC, ("172.20.20.7/22",))}
    assert read.flaws == ()


@pytest.mark.parametrize(
    "text",
    [
        "iface bond0 inet dhcp\n  bond-ports eth1 eth0\n",
        "iface bond0 inet dhcp\n  slaves eth1 eth0\n",
        "iface bond0 inet dhcp\n  bond-slaves none\n"
        "iface eth1 inet manual\n  bond-master bond0\niface eth0 inet manual\n  bond-master bond0\n",
    ],
)
def test_membership_is_read_in_every_way_of_writing_it(text: str) -> None:
    read = Ifupdown().read({MAIN: text})

    assert read.bonds[0].ports == (Port("eth1"), Port("eth0"))
    assert read.plain == {}
    assert read.flaws == ()


def test_options_that_are_written_by_echo_are_read() -> None:
    sysfs = "/sys/class/net/$IFACE/bonding"
    text = f"{BOND}  up echo eth1 > {sysfs}/primary\n  post-up echo 2 >{sysfs}/min_links\n"

    options = Ifupdown().read({MAIN: text}).bonds[0].options

    assert (options.primary, options.min_links) == ("eth1", 2)


def test_the_first_primary_that_is_a_port_counts() -> None:
    options = Ifupdown().read({MAIN: f"{BOND}  bond-primary eth9 eth1\n"}).bonds[0].options

    assert options.primary == "eth1"


def test_sourced_files_are_followed() -> None:
    files = {
        MAIN: "source interfaces.d/*.cfg\nsource-directory /etc/network/interfaces.d\n",
        "/etc/network/interfaces.d/a.cfg": "iface eth0 inet dhcp\n",
        "/etc/network/interfaces.d/b": "iface eth1 inet \\\n  dhcp\n",
        "/etc/network/interfaces.d/c.bak": "iface eth2 inet dhcp\n",
    }

    read = Ifupdown().read(files)

    assert read.plain == {"eth0": Addressing(DHCP), "eth1": Addressing(DHCP)}
    assert read.owner["eth1"] == "/etc/network/interfaces.d/b"


def test_routes_that_are_added_by_hand_are_read() -> None:
    text = (
        "iface eth0 inet static\n  address 10.0.2.15/24\n  up ip route add 10.9.0.0/16 via 10.0.2.9 metric 5\n"
        "  up ip route add default via 10.0.2.2\n  up ip route add 10.8.0.0/16 via 10.0.2.9 table 7\n"
    )

    addressing = Ifupdown().read({MAIN: text}).plain["eth0"]

    assert addressing.routes == (Route("10.9.0.0/16", "10.0.2.9", 5),)
    assert addressing.gateways == ("10.0.2.2",)
