"""What netplan refuses or reads otherwise than it looks; the shapes are those of real files, in our words."""

import pytest

from networking.backends.netplan import Netplan
from networking.bonding.model import DHCP, STATIC, Addressing, Port

PATH = "/etc/netplan/01.yaml"
HEAD = "network:\n  version: 2\n  ethernets:\n    eth0: {}\n  bonds:\n    bond0:\n      interfaces: [eth0]\n"
PARAMETERS = f"{HEAD}      parameters:\n"

CASES = {
    "no network": ("bonds:\n  bond0: {}\n", 1, "netplan knows no key 'bonds' here"),
    "a list": ("- network\n", 1, "A mapping with the key network belongs here"),
    "tab": ("network:\n\tversion: 2\n", 2, "This is no YAML"),
    "alias": ("network:\n  a: &x {}\n  b: *x\n", 3, "no aliases"),
    "twice": (f"{HEAD}      interfaces: [eth1]\n", 8, "interfaces stands here twice"),
    "no such interface": (HEAD.replace("[eth0]", "[eth0, eth7]"), 7, "eth7 is no interface"),
    "primary of nobody": (f"{PARAMETERS}        primary: eth1\n", 9, "eth1 is not among the interfaces"),
    "no parameter": (f"{PARAMETERS}        miimon: 100\n", 9, "knows no parameter 'miimon'"),
    "no time": (f"{PARAMETERS}        up-delay: soon\n", 9, "up-delay: soon is no time"),
    "no policy": (f"{PARAMETERS}        primary-reselect-policy: none\n", 9, "no value that the kernel knows"),
    "no address": (f"{HEAD}      addresses: [10.0.2.300/24]\n", 8, "cannot be an address"),
    "no route": (f"{HEAD}      routes:\n      - to: far\n        via: 10.0.2.2\n", 8, "The route to far"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_flaw_is_told_with_its_line(case: str) -> None:
    text, line, words = CASES[case]

    flaws = [flaw for flaw in Netplan().read({PATH: text}).flaws if words in flaw.sentence]

    assert [flaw.line for flaw in flaws] == [line]


def test_later_files_win_and_sequences_are_joined() -> None:
    files = {
        "/etc/netplan/01.yaml": "network: {ethernets: {eth0: {dhcp4: true, addresses: [10.0.2.15/24], mtu: 1500}}}\n",
        "/etc/netplan/02.yaml": "network: {ethernets: {eth0: {dhcp4: no, addresses: [10.0.2.16/24]}}}\n",
        "/run/netplan/02.yaml": "network: {ethernets: {eth0: {dhcp4: yes}}}\n",
    }

    read = Netplan().read(files)

    assert read.plain == {"eth0": Addressing(STATIC, ("10.0.2.15/24", "10.0.2.16/24"))}
    assert read.owner == {"eth0": "/etc/netplan/02.yaml"}


def test_cloud_inits_matches_give_names_and_permanent_addresses() -> None:
    text = """\
network:
  version: 2
  ethernets:
    lan:
      match: {macaddress: "52:54:00:A0:01:00", driver: virtio}
      set-name: eth0
    fast:
      match:
        macaddress: 52:54:00:a0:01:01
    third:
      match: {name: enp*}
  bonds:
    bond0:
      interfaces: [lan, fast]
      parameters: {mode: active-backup, primary: lan, mii-monitor-interval: 100}
      dhcp4: true
"""
    read = Netplan().read({PATH: text})

    assert read.bonds[0].ports == (
        Port("eth0", "52:54:00:a0:01:00"),
        Port("52:54:00:a0:01:01", "52:54:00:a0:01:01"),
    )
    assert read.bonds[0].options.primary == "eth0"
    assert read.bonds[0].addressing == Addressing(DHCP)
    assert list(read.plain) == ["enp*"]


def test_times_have_units_or_are_milliseconds_and_both_spellings_of_gratuitous_are_read() -> None:
    text = f"{PARAMETERS}        mii-monitor-interval: 10\n        down-delay: 30s\n        gratuitious-arp: 5\n"

    options = Netplan().read({PATH: text}).bonds[0].options

    assert (options.miimon, options.downdelay, options.num_grat_arp) == (10, 30_000, 5)


@pytest.mark.parametrize(("renderer", "miimon"), [("networkd", 0), ("NetworkManager", 100)])
def test_network_manager_watches_links_where_the_file_says_nothing(renderer: str, miimon: int) -> None:
    text = f"{HEAD}      parameters: {{mode: active-backup}}\n  renderer: {renderer}\n"

    assert Netplan().read({PATH: text}).bonds[0].options.miimon == miimon


def test_older_keys_for_the_gateway_are_read() -> None:
    eth0 = "{addresses: [10.0.2.15/24, 'fd00::2/64'], gateway4: 10.0.2.2, gateway6: 'fd00::1'}"
    text = f"network: {{ethernets: {{eth0: {eth0}}}}}\n"

    assert Netplan().read({PATH: text}).plain["eth0"].gateways == ("10.0.2.2", "fd00::1")
