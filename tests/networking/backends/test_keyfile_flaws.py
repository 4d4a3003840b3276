"""What NetworkManager reads otherwise than it looks, and the spellings of its releases, in our words."""

import pytest

from networking.backends.keyfile import Keyfile
from networking.bonding.model import DHCP, STATIC, Addressing, Port, Route

ETC = "/etc/NetworkManager/system-connections"
BOND = f"{ETC}/bond0.nmconnection"
HEAD = "[connection]\nid=bond0\nuuid=0a\ntype=bond\ninterface-name=bond0\n"
PLAIN = "[connection]\ntype=ethernet\ninterface-name=eth0\n"

CASES = {
    "a remark": ({BOND: f"{HEAD}[bond]\nmode=active-backup # fast first\n"}, 7, "the remark with it"),
    "no option": ({BOND: f"{HEAD}[bond]\nmii-monitor=100\n"}, 7, "knows no bond option mii-monitor"),
    "no policy": ({BOND: f"{HEAD}[bond]\nprimary_reselect=none\n"}, 7, "no value that the kernel knows"),
    "no bond": ({f"{ETC}/a": f"{PLAIN}master=bond7\nslave-type=bond\n"}, 4, "No profile makes the bond bond7"),
    "two profiles": ({f"{ETC}/a": PLAIN, f"{ETC}/b": PLAIN}, 3, "a is for eth0 too"),
    "no address": (
        {f"{ETC}/a": f"{PLAIN}[ipv4]\nmethod=manual\naddress1=10.0.2.300/24\n"},
        6,
        "address1=10.0.2.300",
    ),
    "no key": ({f"{ETC}/a": f"{PLAIN}whatever\n"}, 4, "is no section, comment or key=value"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_flaw_is_told_with_its_line(case: str) -> None:
    files, line, words = CASES[case]

    flaws = [flaw for flaw in Keyfile().read(files).flaws if words in flaw.sentence]

    assert [flaw.line for flaw in flaws] == [line]


@pytest.mark.parametrize(
    "place",
    ["master=bond0\nslave-type=bond\n", "controller=bond0\nport-type=bond\n", "controller=0a\nport-type=bond\n"],
)
def test_a_port_is_known_by_either_word_and_by_name_or_uuid(place: str) -> None:
    files = {BOND: HEAD, f"{ETC}/a.nmconnection": f"{PLAIN}{place}"}

    assert Keyfile().read(files).bonds[0].ports == (Port("eth0"),)


@pytest.mark.parametrize(("options", "miimon"), [("", 100), ("arp_interval=500\n", 0), ("miimon=0\n", 0)])
def test_links_are_watched_every_100_ms_where_nothing_is_said_of_a_monitor(options: str, miimon: int) -> None:
    assert Keyfile().read({BOND: f"{HEAD}[bond]\n{options}"}).bonds[0].options.miimon == miimon


def test_older_spellings_of_addresses_and_routes_are_read() -> None:
    old = "addresses1=10.0.2.15;24;10.0.2.2;\nroutes1=10.9.0.0/16;10.0.2.9;5;\n"
    new = "address=10.0.3.15/24,10.0.3.2\ndns=10.0.3.3;\n"
    files = {
        f"{ETC}/old": f"{PLAIN}[ipv4]\nmethod=manual\n{old}",
        f"{ETC}/new": f"{PLAIN.replace('eth0', 'eth1')}[ipv4]\nmethod=manual\n{new}",
    }

    plain = Keyfile().read(files).plain

    assert plain["eth0"] == Addressing(STATIC, ("10.0.2.15/24",), ("10.0.2.2",), (Route("10.9.0.0/16", "10.0.2.9", 5),))
    assert plain["eth1"] == Addressing(STATIC, ("10.0.3.15/24",), ("10.0.3.2",), (), ("10.0.3.3",))


def test_a_profile_that_never_starts_by_itself_counts_for_nothing() -> None:
    assert Keyfile().read({f"{ETC}/a": f"{PLAIN}autoconnect=false\n"}).plain == {}


def test_copies_and_hidden_files_are_not_read() -> None:
    files = {f"{ETC}/a.bak": PLAIN, f"{ETC}/.a": PLAIN, "/run/NetworkManager/system-connections/a": PLAIN}

    assert Keyfile().read(files).plain == {}


def test_a_profile_without_addresses_asks_a_server() -> None:
    assert Keyfile().read({f"{ETC}/a": PLAIN}).plain == {"eth0": Addressing(DHCP)}
