"""What stood in the files and is not ours to lose."""

from networking.backends.ifcfg import Ifcfg
from networking.backends.writing import after
from networking.bonding.model import Addressing
from tests.networking.bonds import ASYMMETRIC

FOLDER = "/etc/sysconfig/network-scripts"
PLAIN = {
    f"{FOLDER}/ifcfg-eth0": (
        "# Intel card, slot 3\nTYPE=Ethernet\nDEVICE=eth0\nONBOOT=yes\nBOOTPROTO=none\nIPADDR=10.0.2.15\nPREFIX=24\n"
        'GATEWAY=10.0.2.2\nZONE=internal\nETHTOOL_OPTS="-K eth0 tso off"\nNM_CONTROLLED=no\n'
    ),
    f"{FOLDER}/ifcfg-fast": "HWADDR=52:54:00:a0:01:01\nONBOOT=no\nBOOTPROTO=none\n",
    f"{FOLDER}/route-eth0": "192.168.7.0/24 via 10.0.2.9\n",
    "/etc/sysconfig/network": "NETWORKING=yes\nGATEWAYDEV=eth0\n",
    f"{FOLDER}/ifcfg-eth7": "DEVICE=eth7\nONBOOT=yes\nBOOTPROTO=dhcp\n",
}
FILES = after(PLAIN, Ifcfg().render(ASYMMETRIC, PLAIN))


def test_what_a_port_had_beside_its_addresses_stays() -> None:
    text = FILES[f"{FOLDER}/ifcfg-eth0"]

    assert text.endswith('# Intel card, slot 3\nTYPE=Ethernet\nETHTOOL_OPTS="-K eth0 tso off"\nNM_CONTROLLED=no\n')
    assert "IPADDR" not in text


def test_what_belongs_to_the_addresses_goes_with_them() -> None:
    assert "ZONE=internal" in FILES[f"{FOLDER}/ifcfg-bond0"]
    assert "ZONE" not in FILES[f"{FOLDER}/ifcfg-eth0"]


def test_a_file_of_another_name_gives_way_to_the_ports_own() -> None:
    assert f"{FOLDER}/ifcfg-fast" not in FILES
    assert "SLAVE=yes" in FILES[f"{FOLDER}/ifcfg-eth1"]


def test_the_old_ports_routes_go_and_the_gateways_device_is_the_bond() -> None:
    assert f"{FOLDER}/route-eth0" not in FILES
    assert FILES["/etc/sysconfig/network"] == "NETWORKING=yes\nGATEWAYDEV=bond0\n"


def test_other_interfaces_are_not_touched() -> None:
    assert FILES[f"{FOLDER}/ifcfg-eth7"] == PLAIN[f"{FOLDER}/ifcfg-eth7"]


def test_options_and_keys_that_are_not_ours_survive_a_change_of_the_bond() -> None:
    files = dict(FILES)
    files[f"{FOLDER}/ifcfg-bond0"] = files[f"{FOLDER}/ifcfg-bond0"].replace("_reselect=1", "_reselect=1 lp_interval=7")

    changed = Ifcfg().render(ASYMMETRIC.with_options(primary_reselect="failure"), files)

    assert [item.path for item in changed] == [f"{FOLDER}/ifcfg-bond0"]
    assert 'primary_reselect=2 lp_interval=7"' in (changed[0].text or "")
    assert "ZONE=internal" in (changed[0].text or "")


def test_a_removed_bonds_second_port_sleeps_without_addresses() -> None:
    files = after(FILES, Ifcfg().remove(ASYMMETRIC, FILES))

    assert Ifcfg().read(files).plain["eth1"] == Addressing()
    assert "ONBOOT=no" in files[f"{FOLDER}/ifcfg-eth1"]
    assert "ZONE=internal" in files[f"{FOLDER}/ifcfg-eth0"]
