"""How a bond comes into files that others wrote, and what of them stays."""

import pytest

from networking.backends.netplan import Netplan
from networking.backends.protocol import Unrenderable
from networking.backends.writing import after
from networking.bonding.model import Bond
from tests.networking.bonds import ASYMMETRIC

PATH = "/etc/netplan/50-cloud-init.yaml"
OWN = "/etc/netplan/60-bond0.yaml"
FILE = """\
# This file is generated from information provided by the datasource.
network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:            # the slow one
      dhcp4: true
      dhcp4-overrides:
        use-dns: false
      optional: true
    eth7: {dhcp4: yes}   # not ours
"""
FILES = after({PATH: FILE}, Netplan().render(ASYMMETRIC, {PATH: FILE}))


def test_a_new_bond_gets_a_file_of_its_own() -> None:
    assert (
        FILES[OWN]
        == """\
network:
  version: 2
  ethernets:
    eth1:
      match:
        macaddress: 52:54:00:a0:01:01
      set-name: eth1
  bonds:
    bond0:
      interfaces:
        - eth0
        - eth1
      macaddress: 52:54:00:a0:01:00
      addresses:
        - 10.0.2.15/24
      routes:
        - to: default
          via: 10.0.2.2
      nameservers:
        addresses:
          - 10.0.2.3
      parameters:
        mode: active-backup
        mii-monitor-interval: 100
        primary: eth0
        primary-reselect-policy: better
      dhcp4-overrides:
        use-dns: false
"""
    )


def test_the_ports_stanza_loses_its_addresses_only() -> None:
    assert FILES[PATH] == FILE.replace(
        """\
      dhcp4: true
      dhcp4-overrides:
        use-dns: false
      optional: true
""",
        """\
      optional: true
      match:
        macaddress: 52:54:00:a0:01:00
      set-name: eth0
""",
    )


def test_every_file_is_for_root_alone_and_cloud_inits_is_warned_of() -> None:
    written = Netplan().render(ASYMMETRIC, {PATH: FILE})

    assert {item.mode for item in written} == {"0600"}
    assert [item.path for item in written if "cloud-init" in item.note] == [PATH]


def test_a_change_of_the_bond_touches_the_changed_words_only() -> None:
    files = {**FILES, OWN: FILES[OWN].replace("primary: eth0\n", "primary: eth0  # fast\n        lacp-rate: slow\n")}
    wanted = ASYMMETRIC.with_options(primary="eth1", primary_reselect="failure", updelay=200)

    changed = after(files, Netplan().render(wanted, files))

    assert changed == {
        **files,
        OWN: files[OWN]
        .replace("primary: eth0  # fast", "primary: eth1  # fast")
        .replace("policy: better\n", "policy: failure\n        up-delay: 200\n"),
    }


def test_a_removed_bond_gives_its_addresses_back_to_the_stanza() -> None:
    changed = after(FILES, Netplan().remove(ASYMMETRIC, FILES))

    assert OWN not in changed
    assert "eth7: {dhcp4: yes}   # not ours\n" in changed[PATH]
    assert Netplan().read(changed).plain["eth0"] == ASYMMETRIC.addressing


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({PATH: "network: [\n"}, r"50-cloud-init.yaml, line 2: This is no YAML.* Mend that first"),
        ({"/run/netplan/eth0.yaml": "network: {ethernets: {eth0: {dhcp4: yes}}}\n"}, "move that file to /etc/netplan"),
        (
            {PATH: "network: {bonds: {bond0: {mtu: 1500}}}\n", OWN: "network: {bonds: {bond0: {dhcp4: yes}}}\n"},
            "bond0 is defined in .* and",
        ),
        ({"/lib/netplan/b.yaml": "network: {bonds: {bond0: {dhcp4: yes}}}\n"}, "not for editing"),
    ],
)
def test_files_that_cannot_be_changed_are_refused_in_a_sentence(files: dict[str, str], words: str) -> None:
    with pytest.raises(Unrenderable, match=words):
        Netplan().render(ASYMMETRIC, files)


@pytest.mark.parametrize(
    "bond",
    [
        ASYMMETRIC.with_options(peer_notif_delay=100),
        ASYMMETRIC.with_options(arp_validate="filter"),
        ASYMMETRIC.with_options(num_grat_arp=0),
    ],
)
def test_an_option_that_netplan_has_no_word_for_is_refused(bond: Bond) -> None:
    with pytest.raises(Unrenderable, match="netplan"):
        Netplan().render(bond, {})
