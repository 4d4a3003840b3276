"""How a NIC's profile gives way, and what of it stays."""

import pytest

from networking.backends.keyfile import Keyfile
from networking.backends.protocol import Unrenderable
from networking.backends.writing import after
from networking.bonding.model import Bond
from tests.networking.backends.hosts import network, nic
from tests.networking.bonds import ASYMMETRIC

ETC = "/etc/NetworkManager/system-connections"
LAN = f"{ETC}/Office LAN.nmconnection"
PLAIN = {
    LAN: "[connection]\nid=Office LAN\nuuid=1a\ntype=ethernet\ninterface-name=eth0\nzone=internal\n\n[ethernet]\n"
    "wake-on-lan=0\nmtu=1400\n\n[ethtool]\nfeature-tso=false\n\n[ipv4]\nmethod=manual\naddress1=10.0.2.15/24,10.0.2.2\n"
    "may-fail=false\n\n[ipv6]\nmethod=ignore\n",
    f"{ETC}/wifi": "[connection]\nid=wifi\ntype=wifi\n",
}
WORDS = ("connection down", "connection load", 'started "$uuid" ||', 'start "$port"', "connection reload")
FILES = after(PLAIN, Keyfile("0f").render(ASYMMETRIC, PLAIN))


def test_the_bonds_profile_is_this() -> None:
    text = FILES[f"{ETC}/bond0.nmconnection"]

    assert text.replace(text.split("uuid=")[1].split("\n")[0], "UUID") == (
        "[connection]\nid=bond0\nuuid=UUID\ntype=bond\ninterface-name=bond0\nautoconnect-slaves=1\nzone=internal\n\n"
        "[ethernet]\ncloned-mac-address=52:54:00:a0:01:00\n\n"
        "[bond]\nmode=active-backup\nmiimon=100\nprimary=eth0\nprimary_reselect=better\n\n"
        "[ipv4]\nmethod=manual\naddress1=10.0.2.15/24\ngateway=10.0.2.2\ndns=10.0.2.3;\nmay-fail=false\n\n"
        "[ipv6]\nmethod=ignore\n"
    )


def test_the_ports_profile_takes_the_place_of_the_nics_and_keeps_what_is_about_the_link() -> None:
    text = FILES[f"{ETC}/bond0-eth0.nmconnection"]

    assert LAN not in FILES
    assert "\nmaster=bond0\nslave-type=bond\n\n[ethernet]\nmac-address=52:54:00:A0:01:00\nwake-on-lan=0\n\n" in text
    assert text.endswith("[ethtool]\nfeature-tso=false\n")


def test_every_profile_is_for_root_alone() -> None:
    assert {item.mode for item in Keyfile().render(ASYMMETRIC, PLAIN)} == {"0600"}


def test_uuids_come_from_host_and_name() -> None:
    again = after(PLAIN, Keyfile("0f").render(ASYMMETRIC, PLAIN))
    other = after(PLAIN, Keyfile("1f").render(ASYMMETRIC, PLAIN))

    assert again == FILES
    assert other[f"{ETC}/bond0.nmconnection"] != FILES[f"{ETC}/bond0.nmconnection"]


def test_a_ports_profile_keeps_the_uuid_that_it_has() -> None:
    path = f"{ETC}/bond0-eth0.nmconnection"
    files = {**FILES, path: FILES[path].replace(FILES[path].split("uuid=")[1].split("\n")[0], "by-hand")}

    assert after(files, Keyfile("0f").render(ASYMMETRIC, files)) == files


def test_keys_that_are_not_ours_survive_a_change_of_the_bond() -> None:
    files = dict(FILES)
    path = f"{ETC}/bond0.nmconnection"
    files[path] = (
        files[path]
        .replace("primary_reselect=better", "primary_reselect=better\nlp_interval=7")
        .replace("may-fail", "route1=10.9.0.0/16,10.0.2.9\nroute1_options=table=7\nmay-fail")
        .replace("[ethernet]", "llmnr=1\n\n[ethernet]")
    )

    changed = Keyfile("0f").render(ASYMMETRIC.with_options(primary_reselect="failure"), files)

    assert [item.path for item in changed] == [path]
    text = changed[0].text or ""
    assert "primary_reselect=failure\nlp_interval=7\n" in text
    assert "route1=10.9.0.0/16,10.0.2.9\nroute1_options=table=7\n" in text
    assert "llmnr=1\n" in text


def test_a_profile_for_every_nic_gets_none_of_the_ports() -> None:
    files = {**PLAIN, f"{ETC}/any": "[connection]\nid=any\ntype=ethernet\nautoconnect-priority=3\n"}

    changed = after(files, Keyfile().render(ASYMMETRIC, files))

    assert "autoconnect-priority=4\n" in changed[f"{ETC}/bond0-eth0.nmconnection"]
    assert changed[f"{ETC}/any"] == files[f"{ETC}/any"]


@pytest.mark.parametrize(
    ("bond", "files", "words"),
    [
        (ASYMMETRIC, {"/usr/lib/NetworkManager/system-connections/a.nmconnection": PLAIN[LAN]}, "not for editing"),
        (ASYMMETRIC, {"/run/NetworkManager/system-connections/a.nmconnection": PLAIN[LAN]}, "not for editing"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(bond: Bond, files: dict[str, str], words: str) -> None:
    with pytest.raises(Unrenderable, match=words):
        Keyfile().render(bond, files)


def test_the_script_lets_the_bond_start_by_itself_first_and_forgets_the_old_profile_last() -> None:
    now = network(nic("eth0", "10.0.2.15/24"), nic("eth1"), files=PLAIN)

    script = Keyfile("0f").apply(ASYMMETRIC, now)

    order = [script.index(words) for words in WORDS]
    assert order == sorted(order)
