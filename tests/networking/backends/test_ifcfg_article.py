"""The three files of Thomas H. Jones II, “Asymmetrical NIC-bonding” (2012), key by key and in his order."""

from networking.backends.ifcfg import Ifcfg
from networking.backends.protocol import Written
from networking.backends.writing import after
from networking.bonding.model import STATIC, Addressing, Bond, Options, Port
from tests.networking.bonds import ASYMMETRIC

FOLDER = "/etc/sysconfig/network-scripts"
BOND = Bond(
    "bond0",
    (Port("eth0", "aa:bb:cc:dd:ee:ff"), Port("eth1", "ff:ee:dd:cc:bb:aa")),
    Options(primary="eth0"),
    Addressing(STATIC, ("192.0.2.10/24",)),
)


def written(items: tuple[Written, ...]) -> dict[str, str | None]:
    return {item.path.removeprefix(f"{FOLDER}/"): item.text for item in items}


def test_the_files_are_the_articles() -> None:
    assert written(Ifcfg().render(BOND, {})) == {
        "ifcfg-bond0": (
            "DEVICE=bond0\nONBOOT=yes\nBOOTPROTO=static\nNETMASK=255.255.255.0\nIPADDR=192.0.2.10\nMASTER=yes\n"
            'BONDING_OPTS="mode=1 miimon=100 primary=eth0 primary_reselect=1"\n'
        ),
        "ifcfg-eth0": ("DEVICE=eth0\nHWADDR=AA:BB:CC:DD:EE:FF\nONBOOT=yes\nBOOTPROTO=none\nMASTER=bond0\nSLAVE=yes\n"),
        "ifcfg-eth1": ("DEVICE=eth1\nHWADDR=FF:EE:DD:CC:BB:AA\nONBOOT=yes\nBOOTPROTO=none\nMASTER=bond0\nSLAVE=yes\n"),
    }


def test_the_authors_bonding_slaven_lines_are_written_where_they_are_asked_for() -> None:
    text = written(Ifcfg(slaven=True).render(BOND, {}))["ifcfg-bond0"]

    assert text and text.endswith("BONDING_SLAVE0=eth0\nBONDING_SLAVE1=eth1\n")


def test_rhel_5_gets_its_alias_and_options_in_modprobe_conf() -> None:
    files = after({}, Ifcfg(modprobe=True).render(BOND, {"/etc/modprobe.conf": "alias eth0 e1000\n"}))

    assert files["/etc/modprobe.conf"] == (
        "alias eth0 e1000\nalias bond0 bonding\noptions bond0 mode=1 miimon=100 primary=eth0 primary_reselect=1\n"
    )
    assert "BONDING_OPTS" not in files[f"{FOLDER}/ifcfg-bond0"]
    assert Ifcfg().read(files).bonds == (BOND,)


def test_network_manager_is_told_by_its_own_keys() -> None:
    text = written(Ifcfg(manager=True).render(BOND, {}))["ifcfg-bond0"]

    assert text and "TYPE=Bond\nBONDING_MASTER=yes\n" in text
    assert "\nMASTER=" not in text


def test_gateway_and_name_servers_are_written_where_there_are_some() -> None:
    text = written(Ifcfg().render(ASYMMETRIC, {}))["ifcfg-bond0"]

    assert text and "IPADDR=10.0.2.15\nGATEWAY=10.0.2.2\nDNS1=10.0.2.3\nMASTER=yes\n" in text
