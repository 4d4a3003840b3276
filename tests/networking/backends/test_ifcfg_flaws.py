"""What a shell or initscripts would choke on; the shapes are those of files found on real hosts, in our words."""

import pytest

from networking.backends.ifcfg import Ifcfg
from networking.bonding.model import Options

FOLDER = "/etc/sysconfig/network-scripts"
BOND = f"{FOLDER}/ifcfg-bond0"
PORT = f"{FOLDER}/ifcfg-eth0"

CASES = {
    "unbalanced quote": ({BOND: 'DEVICE=bond0\nBONDING_OPTS="mode=1 miimon=100\nONBOOT=yes\n'}, 2, "never closed"),
    "quote closed too late": ({BOND: 'DEVICE=bond0\nBONDING_OPTS="mode=1\nNAME="x"\n'}, 2, "closed only in line 3"),
    "typographic quotes": ({BOND: "DEVICE=bond0\nBONDING_OPTS=“mode=1 miimon=100”\n"}, 2, "typographic quote"),
    "blank in a bare value": ({BOND: 'BONDING_OPTS="mode=1"\nNAME=The bond\n'}, 2, "NAME is not set"),
    "blank before the sign": ({BOND: 'BONDING_OPTS="mode=1"\nONBOOT =yes\n'}, 2, "blank before “=”"),
    "a program's answer": ({BOND: 'BONDING_OPTS="mode=1"\nIPADDR=$(cat /etc/ip)\n'}, 2, "is a command"),
    "wrong case": ({BOND: 'BONDING_OPTS="mode=1"\nType=Bond\n'}, 2, "keys are in capitals, TYPE"),
    "twice": ({BOND: 'BONDING_OPTS="mode=1"\nTYPE=Bond\nTYPE=Ethernet\n'}, 3, "the last one wins"),
    "blank in the options": ({BOND: 'DEVICE=bond0\nBONDING_OPTS="mode=1 downdelay =0"\n'}, 2, "'downdelay' and '=0'"),
    "no such mode": ({BOND: 'DEVICE=bond0\nBONDING_OPTS="mode=failover"\n'}, 2, "no value that the kernel knows"),
    "no number": ({BOND: 'DEVICE=bond0\nBONDING_OPTS="miimon=fast"\n'}, 2, "is no number"),
    "no slave": ({PORT: "DEVICE=eth0\nMASTER=bond0\n", BOND: "TYPE=Bond\n"}, 2, "without SLAVE=yes"),
    "not grepped": ({PORT: "MASTER='bond0'\nSLAVE=yes\n", BOND: "TYPE=Bond\n"}, 1, "do not find eth0"),
    "no bond": ({PORT: "DEVICE=eth0\nMASTER=bond0\nSLAVE=yes\n"}, 2, "nothing to join"),
    "only by slaven": (
        {BOND: 'BONDING_OPTS="mode=1"\nBONDING_SLAVE0=eth3\n'},
        2,
        "eth3 is a port by BONDING_SLAVE0 only",
    ),
    "a copy": ({f"{PORT}.bak": "DEVICE=eth0\nMASTER=bond0\nSLAVE=yes\n"}, 2, "Move it out of the folder"),
    "two files": ({PORT: "DEVICE=eth0\n", f"{PORT}.old": "DEVICE=eth0\n"}, 1, "is configured in"),
    "SUSE's": ({BOND: "BONDING_MODULE_OPTS='mode=1'\n"}, 1, "SUSE's key"),
    "no address": ({BOND: 'BONDING_OPTS="mode=1"\nIPADDR=10.0.2.300\n'}, 2, "cannot be an address"),
    "no route": ({PORT: "DEVICE=eth0\n", f"{FOLDER}/route-eth0": "\nsomewhere via 10.0.2.2\n"}, 2, "is no route"),
    "module options": ({"/etc/modprobe.d/b.conf": "alias bond0 bonding\noptions bond0 mode=1\n"}, 2, "not read there"),
    "everybody's options": ({"/etc/modprobe.d/b.conf": "options bonding mode=1\n"}, 1, "for every bond"),
    "both": (
        {"/etc/modprobe.conf": "alias bond0 bonding\noptions bond0 mode=0\n", BOND: 'BONDING_OPTS="mode=1"\n'},
        2,
        "take this line out",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_flaw_is_told_with_its_line(case: str) -> None:
    files, line, words = CASES[case]

    flaws = [flaw for flaw in Ifcfg().read(files).flaws if words in flaw.sentence]

    assert [flaw.line for flaw in flaws] == [line] * len(flaws)
    assert flaws


def test_a_good_file_has_no_flaw() -> None:
    text = "# the bond\nexport DEVICE='bond0'\nBONDING_OPTS=\"mode=active-backup \\\n miimon=100\" ; ONBOOT=yes\n"

    read = Ifcfg().read({BOND: text})

    assert read.flaws == ()
    assert read.bonds[0].options == Options(miimon=100, primary_reselect="always")


def test_words_and_variables_are_read_as_a_shell_reads_them() -> None:
    text = 'NIC=eth3\nBONDING_OPTS="mode=1 primary=${NIC} arp_interval=1000 arp_ip_target=+10.1.1.1,10.1.1.2"\n'

    options = Ifcfg().read({BOND: text}).bonds[0].options

    assert options.primary == "eth3"
    assert options.arp_ip_targets == ("10.1.1.1", "10.1.1.2")


def test_options_of_the_module_count_where_the_file_has_none() -> None:
    files = {
        BOND: "DEVICE=bond0\nBOOTPROTO=dhcp\n",
        "/etc/modprobe.conf": "alias bond0 bonding\noptions bond0 miimon=100 mode=1 primary=eth0\n",
    }

    bond = Ifcfg().read(files).bonds[0]

    assert (bond.options.mode, bond.options.miimon, bond.options.primary) == ("active-backup", 100, "eth0")


def test_older_spellings_of_addresses_and_routes_are_read() -> None:
    files = {
        PORT: "DEVICE=eth0\nIPADDR0=10.0.2.15\nNETMASK0=255.255.255.0\nIPV6ADDR=2001:db8::5\n",
        f"{FOLDER}/route-eth0": "ADDRESS0=192.168.7.0\nNETMASK0=255.255.255.0\nGATEWAY0=10.0.2.9\n",
        "/etc/sysconfig/network": "GATEWAY=10.0.2.2\n",
    }

    addressing = Ifcfg().read(files).plain["eth0"]

    assert addressing.addresses == ("10.0.2.15/24", "2001:db8::5/64")
    assert addressing.gateways == ("10.0.2.2",)
    assert [(route.to, route.via) for route in addressing.routes] == [("192.168.7.0/24", "10.0.2.9")]
