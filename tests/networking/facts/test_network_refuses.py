"""What a plan relies on is read strictly: an answer that is not as expected is refused with the line in it."""

from __future__ import annotations

import pytest

from networking.facts.nics import AskBonds, AskNetwork
from ssh.facts import FactError
from ssh.session import Result
from tests.networking.facts.answers import answer, bonds, network

VALUES = (
    "/sys/class/net/eth0/ifindex:2\n/sys/class/net/eth0/flags:0x1003\n/sys/class/net/eth0/mtu:1500\n"
    "/sys/class/net/eth0/address:52:54:00:a0:01:00"
)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"values": "garbage"}, "'garbage' does not begin with the path"),
        ({"values": VALUES.replace("0x1003", "much")}, "/sys/class/net/eth0/flags says 'much' where a number stands"),
        ({"values": VALUES.replace("/mtu:1500", "/type:1")}, "/sys/class/net/eth0/mtu says 'nothing'"),
        ({"values": f"{VALUES}\n/sys/class/net/bonding_masters:bond7"}, "a bond bond7 without /proc/net/bonding/bond7"),
        ({"values": f"{VALUES}\n/proc/net/bonding/bond0:Speed: 1"}, "Line 1 ('Speed: 1') is not how"),
        ({"addresses": "[{"}, "no JSON"),
        (
            {"addresses": '[{"ifname": "eth0", "addr_info": [{"scope": "global"}]}]'},
            "what ip says of eth0 is not as expected",
        ),
        ({"addresses": '[{"ifname": "eth0", "addr_info": null}]'}, "what ip says of eth0 is not as expected"),
        ({"routes": '[{"dst": "default", "nexthops": [3]}]'}, "is not as expected"),
        ({"addresses": "what is this"}, "'what is this' is not as expected"),
        ({"routes": '[{"gateway": "192.0.2.1"}]'}, '{"gateway": "192.0.2.1"} is not as expected'),
        ({"routes": "unreachable"}, "'unreachable' is not as expected"),
        ({"routes": "default via 192.0.2.1 metric lots"}, "the metric of ip's route"),
        ({"managers": "active active"}, "the states of 4 units in the line 'active active'"),
        ({"files": "#644 1 /etc/netplan/a.yaml\n=/etc/netplan/b.yaml"}, "'=/etc/netplan/b.yaml' stands in no"),
        ({"files": "|lost"}, "'|lost' stands in no configuration file"),
        ({"host": "hostname=app01\nkernel=6.1\nboot_id="}, "does not say its boot_id"),
        ({"tools": "ethtool\nss"}, "no ip on this host"),
    ],
)
def test_an_odd_answer_is_refused_with_a_sentence(parts, said):
    with pytest.raises(FactError) as refusal:
        network("bond", **parts)
    assert said in str(refusal.value)


def test_a_command_that_failed_is_refused_with_the_hosts_words():
    with pytest.raises(FactError, match="exit code 127 and said: sh: not found"):
        AskNetwork().parse(Result(127, b"", b"sh: not found"))


def test_a_part_that_failed_is_named():
    broken = answer("bond.network").stdout.replace(b"@@end routes 0", b"@@end routes 1")
    with pytest.raises(FactError, match="the part routes of the host's answer ended with exit code 1"):
        AskNetwork().parse(Result(0, broken, b""))


def test_the_fleets_pages_do_without_addresses_and_machine_id():
    seen = bonds("bond", addresses="", host="machine_id=\nboot_id=b\nhostname=old\nkernel=2.6.18")
    assert seen.nic("bond0").addresses == ()
    assert (seen.machine_id, seen.hostname) == ("", "old")


def test_the_fleets_pages_show_a_host_whose_ip_fails():
    broken = answer("bond.bonds", addresses="").stdout.replace(b"@@end addresses 0", b"@@end addresses 127")
    assert AskBonds().parse(Result(0, broken, b"")).bond("bond0")
