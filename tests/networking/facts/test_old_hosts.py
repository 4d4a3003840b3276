"""Hosts of old: ip without JSON, sysfs without links, ethtool that knows the modes."""

from __future__ import annotations

from networking.facts.addresses import parse_addresses, parse_routes
from networking.facts.values import KernelRoute
from tests.networking.facts.answers import network

RHEL5 = """\
/proc/net/bonding/bond0:Ethernet Channel Bonding Driver: v3.4.0 (October 7, 2008)
/proc/net/bonding/bond0:
/proc/net/bonding/bond0:Bonding Mode: fault-tolerance (active-backup)
/proc/net/bonding/bond0:Primary Slave: eth0
/proc/net/bonding/bond0:Currently Active Slave: eth0
/proc/net/bonding/bond0:MII Status: up
/proc/net/bonding/bond0:MII Polling Interval (ms): 100
/proc/net/bonding/bond0:
/proc/net/bonding/bond0:Slave Interface: eth0
/proc/net/bonding/bond0:MII Status: up
/proc/net/bonding/bond0:Link Failure Count: 0
/proc/net/bonding/bond0:Permanent HW addr: 52:54:00:B1:00:01
/proc/net/vlan/config:VLAN Dev name	 | VLAN ID
/proc/net/vlan/config:Name-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD
/proc/net/vlan/config:bond0.7        | 7  | bond0
/sys/class/net/bonding_masters:bond0
/sys/class/net/bond0/bonding/mode:active-backup 1
/sys/class/net/lo/ifindex:1
/sys/class/net/lo/flags:0x9
/sys/class/net/lo/mtu:16436
/sys/class/net/lo/address:00:00:00:00:00:00
/sys/class/net/lo/type:772
/sys/class/net/eth0/ifindex:2
/sys/class/net/eth0/flags:0x1803
/sys/class/net/eth0/mtu:1500
/sys/class/net/eth0/address:52:54:00:b1:00:09
/sys/class/net/eth0/carrier:1
/sys/class/net/eth1/ifindex:3
/sys/class/net/eth1/flags:0x1002
/sys/class/net/eth1/mtu:1500
/sys/class/net/eth1/address:52:54:00:b1:00:02
/sys/class/net/bond0/ifindex:4
/sys/class/net/bond0/flags:0x1403
/sys/class/net/bond0/mtu:1500
/sys/class/net/bond0/address:52:54:00:b1:00:09
/sys/class/net/bond0.7/ifindex:5
/sys/class/net/bond0.7/flags:0x1003
/sys/class/net/bond0.7/mtu:1500
/sys/class/net/bond0.7/address:52:54:00:b1:00:09
/sys/class/net/br0/ifindex:6
/sys/class/net/br0/flags:0x1003
/sys/class/net/br0/mtu:1500
/sys/class/net/br0/address:52:54:00:b1:00:09
/sys/class/net/tun0/ifindex:7
/sys/class/net/tun0/flags:0x1003
/sys/class/net/tun0/mtu:1500
/sys/class/net/tun0/address:"""
LINKS = """\
lrwxrwxrwx 1 root root 0 Nov 25 16:12 /sys/class/net/eth0/device -> ../../../devices/pci0000:00/0000:00:03.0
lrwxrwxrwx 1 root root 0 Nov 25 16:12 /sys/class/net/eth0/device/driver -> ../../../bus/pci/drivers/e1000
lrwxrwxrwx 1 root root 0 Nov 25 16:12 /sys/class/net/eth1/device -> ../../../devices/pci0000:00/0000:00:04.0
lrwxrwxrwx 1 root root 0 Nov 25 16:12 /sys/class/net/br0/brif/bond0 -> ../../bond0/brport"""
ETHTOOL = """\
nic=eth0
Settings for eth0:
\tSupported ports: [ TP ]
\tSupported link modes:   10baseT/Half 10baseT/Full
\t                        1000baseT/Full
\t                        10000baseT/Full
\tSupports auto-negotiation: Yes
\tSpeed: 1000Mb/s
nic=eth1
Settings for eth1:
\tSupported link modes:
\tSupports auto-negotiation: Yes
Permanent address: 52:54:00:B1:00:02
nic=eth2
Permanent address: 00:00:00:00:00:00"""
ADDR = r"""
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 16436 qdisc noqueue \    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
1: lo    inet 127.0.0.1/8 scope host lo
4: bond0    inet 192.0.2.11/24 brd 192.0.2.255 scope global bond0
4: bond0    inet6 fe80::5054:ff:feb1:1/64 scope link \       valid_lft forever preferred_lft forever
5: bond0.7@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue \    link/ether 52:54:00:b1:00:09
7: tun0    inet 198.51.100.1 peer 198.51.100.2/32 scope global tun0""".lstrip("\n")


def rhel5():
    return network("plain", values=RHEL5, links=LINKS, ethtool=ETHTOOL, addresses=ADDR, session="")


def test_kinds_are_told_without_uevents_and_json():
    kinds = {nic.name: nic.kind for nic in rhel5().nics}
    assert kinds == {
        "lo": "loopback", "eth0": "nic", "eth1": "nic", "bond0": "bond", "bond0.7": "vlan", "br0": "bridge",
        "tun0": "other",
    }  # fmt: skip


def test_what_stands_on_what_comes_from_proc_and_the_bridge():
    found = rhel5()
    assert (found.nic("eth0").master, found.nic("bond0").master) == ("bond0", "br0")
    assert found.nic("bond0").uppers == ("bond0.7", "br0")
    assert found.nic("eth1").uppers == ()


def test_driver_and_bus_come_from_links():
    eth0 = rhel5().nic("eth0")
    assert (eth0.driver, eth0.bus) == ("e1000", "0000:00:03.0")


def test_the_nominal_speed_is_the_largest_supported_whatever_the_speed_now():
    found = rhel5()
    assert (found.nic("eth0").nominal_mbps, found.nic("eth0").nominal_by) == (10000, "driver")
    assert (found.nic("eth1").nominal_mbps, found.nic("eth1").nominal_by) == (None, "")


def test_the_permanent_address_comes_from_ethtool_or_the_bond():
    found = rhel5()
    assert found.nic("eth0").permanent_address == "52:54:00:b1:00:01"
    assert found.nic("eth1").permanent_address == "52:54:00:b1:00:02"


def test_a_port_that_is_down_has_an_unknown_carrier():
    assert rhel5().nic("eth1").carrier is None
    assert rhel5().nic("eth1").up is False


def test_addresses_are_read_off_lines():
    assert rhel5().nic("bond0").addresses == ("192.0.2.11/24", "fe80::5054:ff:feb1:1/64")
    assert rhel5().nic("tun0").addresses == ("198.51.100.1/32",)


def test_where_nothing_tells_of_the_session_it_is_empty():
    assert (rhel5().session_device, rhel5().session_peer) == ("", "")


def test_routes_are_read_off_lines():
    text = (
        "default via 192.0.2.1 dev bond0 onlink proto dhcp src 192.0.2.11 metric 100 \n"
        "198.51.100.0/24 dev bond0  proto kernel  scope link  src 198.51.100.1\n"
        "unreachable 203.0.113.0/24\n"
        "203.0.113.9 via inet6 fe80::1 dev eth1\n"
        "10.0.0.0/8 proto static metric 5 \\\tnexthop via 192.0.2.2 dev bond0 weight 1"
        " \\\tnexthop via 192.0.2.3 dev eth1\n"
    )
    assert parse_routes(text, "test") == (
        KernelRoute("default", "192.0.2.1", "bond0", "dhcp", 100, "192.0.2.11"),
        KernelRoute("198.51.100.0/24", "", "bond0", "kernel", 0, "198.51.100.1"),
        KernelRoute("203.0.113.0/24", "", "", "boot", 0),
        KernelRoute("203.0.113.9", "fe80::1", "eth1", "boot", 0),
        KernelRoute("10.0.0.0/8", "192.0.2.2", "bond0", "static", 5),
        KernelRoute("10.0.0.0/8", "192.0.2.3", "eth1", "static", 5),
    )


def test_json_routes_of_several_hops_and_through_the_other_family_are_one_each():
    text = (
        '[{"dst":"default","protocol":"static","metric":5,"nexthops":[{"gateway":"192.0.2.2","dev":"bond0"},'
        '{"gateway":"192.0.2.3","dev":"eth1"}]},'
        '{"dst":"203.0.113.9","via":{"family":"inet6","host":"fe80::1"},"dev":"eth1"}]'
    )
    assert parse_routes(text, "test") == (
        KernelRoute("default", "192.0.2.2", "bond0", "static", 5),
        KernelRoute("default", "192.0.2.3", "eth1", "static", 5),
        KernelRoute("203.0.113.9", "fe80::1", "eth1", "boot", 0),
    )


def test_empty_objects_between_the_interfaces_are_passed_over():
    told = parse_addresses('[{},{"ifname":"eth0","permaddr":"52:54:00:b1:00:01"}]', "test")
    assert told["eth0"].permanent_address == "52:54:00:b1:00:01"
