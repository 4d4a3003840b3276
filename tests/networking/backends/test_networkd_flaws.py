"""What networkd reads otherwise than it looks; the shapes are those of files found on real hosts, in our words."""

import pytest

from networking.backends.networkd import Networkd
from networking.bonding.model import DHCP, Addressing, Port

ETC = "/etc/systemd/network"
NETDEV = f"{ETC}/10-bond0.netdev"
HEAD = "[NetDev]\nName=bond0\nKind=bond\n"
PORT = "[Match]\nName=eth0\n[Network]\nBond=bond0\n"

CASES = {
    "seconds": ({NETDEV: f"{HEAD}[Bond]\nMIIMonitorSec=100\n"}, 5, "is 100 seconds"),
    "no time": ({NETDEV: f"{HEAD}[Bond]\nUpDelaySec=soon\n"}, 5, "is no time"),
    "no policy": ({NETDEV: f"{HEAD}[Bond]\nPrimaryReselectPolicy=none\n"}, 5, "no value that the kernel knows"),
    "primary in netdev": ({NETDEV: f"{HEAD}[Bond]\nPrimarySlave=eth0\n"}, 5, "in the .network file of the port"),
    "primary without bond": (
        {f"{ETC}/bond.network": "[Match]\nName=bond0\n[Network]\nPrimarySlave=eth0\n"},
        4,
        "stands here for nothing",
    ),
    "primary by name": (
        {NETDEV: HEAD, f"{ETC}/a.network": f"{PORT}PrimarySlave=eth0\n"},
        5,
        "is yes or no",
    ),
    "two primaries": (
        {
            NETDEV: HEAD,
            f"{ETC}/a.network": f"{PORT}PrimarySlave=yes\n",
            f"{ETC}/b.network": f"{PORT}PrimarySlave=yes\n".replace("eth0", "eth1"),
        },
        2,
        "two primaries (eth0, eth1)",
    ),
    "shadowed by a pattern": (
        {NETDEV: HEAD, f"{ETC}/05-all.network": "[Match]\nName=eth*\n", f"{ETC}/10-eth0.network": PORT},
        2,
        "05-all.network comes before this file",
    ),
    "no netdev": ({f"{ETC}/10-eth0.network": PORT}, 4, "bond0 has no .netdev file"),
    "options in the wrong file": (
        {f"{ETC}/a.network": "[Match]\nName=b\n[Bond]\nMode=active-backup\n"},
        3,
        "belongs",
    ),
    "no match": ({f"{ETC}/a.network": "[Network]\nDHCP=yes\n"}, 1, "for every interface"),
    "no key": ({f"{ETC}/a.network": "[Match]\nName=eth0\nwhatever\n"}, 3, "read as nothing"),
    "no address": (
        {f"{ETC}/a.network": "[Match]\nName=eth0\n[Network]\nAddress=x.x\n"},
        4,
        "Address=x.x: ",
    ),
    "no route": (
        {f"{ETC}/a.network": "[Match]\nName=eth0\n[Route]\nDestination=near\nGateway=10.0.2.2\n"},
        3,
        "Destination=near: ",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_flaw_is_told_with_its_line(case: str) -> None:
    files, line, words = CASES[case]

    flaws = [flaw for flaw in Networkd().read(files).flaws if words in flaw.sentence]

    assert [flaw.line for flaw in flaws] == [line]


def test_times_carry_units_of_every_kind() -> None:
    text = f"{HEAD}[Bond]\nMode=active-backup\nMIIMonitorSec=0.1s\nUpDelaySec=1s 500ms\nDownDelaySec=15m\n"

    options = Networkd().read({NETDEV: text}).bonds[0].options

    assert (options.miimon, options.updelay, options.downdelay) == (100, 1500, 900_000)


def test_a_drop_in_adds_to_its_file_and_an_empty_value_takes_back() -> None:
    files = {
        f"{ETC}/lan.network": "[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\nDNS=10.0.2.3\n",
        f"{ETC}/lan.network.d/more.conf": "[Network]\nAddress=10.0.2.16/24\nDNS=\nDNS=10.0.2.4\n",
    }

    addressing = Networkd().read(files).plain["eth0"]

    assert addressing.addresses == ("10.0.2.15/24", "10.0.2.16/24")
    assert addressing.dns == ("10.0.2.4",)


def test_a_file_in_etc_wins_over_one_of_its_name_and_an_empty_one_masks_it() -> None:
    files = {
        "/usr/lib/systemd/network/80-a.network": "[Match]\nName=eth0\n[Network]\nDHCP=yes\n",
        "/usr/lib/systemd/network/80-b.network": "[Match]\nName=eth1\n[Network]\nDHCP=yes\n",
        f"{ETC}/80-a.network": "",
    }

    assert Networkd().read(files).plain == {"eth1": Addressing(DHCP)}


def test_netplans_generated_files_are_read_as_any_others() -> None:
    run = "/run/systemd/network/10-netplan"
    files = {
        f"{run}-bn0.netdev": "[NetDev]\nName=bn0\nKind=bond\n\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n",
        f"{run}-bn0.network": "[Match]\nName=bn0\n\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=ipv6\n",
        f"{run}-eno1.network": "[Match]\nName=eno1\n\n[Network]\nLinkLocalAddressing=no\nBond=bn0\nPrimarySlave=true\n",
        f"{run}-eno2.network": "[Match]\nName=eno2\n\n[Network]\nLinkLocalAddressing=no\nBond=bn0\n",
    }

    read = Networkd().read(files)

    assert read.bonds[0].ports == (Port("eno1"), Port("eno2"))
    assert read.bonds[0].options.primary == "eno1"
    assert read.bonds[0].addressing.method == DHCP
    assert read.flaws == ()
