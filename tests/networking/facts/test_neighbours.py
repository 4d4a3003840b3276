"""LLDP in lldpd's three shapes and networkd's two: always the same neighbours."""

from __future__ import annotations

import json

import pytest

from networking.facts.lldp import parse_lldp
from networking.facts.values import Neighbour
from tests.networking.facts.answers import network

LEAF = Neighbour("leaf01", "swp1", "44:38:39:00:00:01", 42)
CAPABLE = [{"type": "Bridge", "enabled": True}, {"type": "Router", "enabled": False}]


def described(port="swp1", vlan=True):
    """As `lldpctl -f json` tells of one neighbour."""
    said = {
        "via": "LLDP",
        "chassis": {"leaf01": {"id": {"type": "mac", "value": "44:38:39:00:00:01"}, "capability": CAPABLE}},
        "port": {"id": {"type": "ifname", "value": port}, "descr": "to app01"},
    }
    return {**said, "vlan": {"vlan-id": "42", "pvid": True, "value": "servers"}} if vlan else said


def listed(port="swp1"):
    """As `lldpctl -f json0` tells of it."""
    chassis = {
        "id": [{"type": "mac", "value": "44:38:39:00:00:01"}],
        "name": [{"value": "leaf01"}],
        "capability": CAPABLE,
    }
    where = {"id": [{"type": "ifname", "value": port}], "descr": [{"value": "to app01"}]}
    vlan = [{"vlan-id": "7", "pvid": False}, {"vlan-id": "42", "pvid": True}]
    return {"name": "eth0", "chassis": [chassis], "port": [where], "vlan": vlan}


NETWORKD = {
    "Neighbors": [
        {
            "InterfaceIndex": 2,
            "InterfaceName": "eth0",
            "Neighbors": [
                {
                    "ChassisID": "44:38:39:00:00:01",
                    "PortID": "swp1",
                    "SystemName": "leaf01",
                    "EnabledCapabilities": 20,
                    "VlanID": 42,
                }
            ],
        }
    ]
}


@pytest.mark.parametrize(
    "said",
    [
        ("lldpctl", {"lldp": {"interface": {"eth0": described()}}}),
        ("lldpctl", {"lldp": {"interface": [{"eth0": described()}, {"eth1": described("swp2")}]}}),
        ("lldpctl", {"lldp": [{"interface": [listed()]}]}),
        ("networkctl", NETWORKD),
    ],
    ids=["json of one neighbour", "json of several", "json0", "networkd"],
)
def test_every_shape_tells_the_same_neighbour(said):
    by, data = said
    found, heard = parse_lldp(f"by={by}\n{json.dumps(data)}")
    assert (found["eth0"], heard) == (LEAF, by)


def test_two_neighbours_on_one_port_show_the_switch_and_not_the_telephone():
    telephone = {**listed("lan"), "chassis": [{"id": [{"type": "ip", "value": "192.0.2.9"}], "capability": []}]}
    found, _ = parse_lldp(f"by=lldpctl\n{json.dumps({'lldp': [{'interface': [telephone, listed()]}]})}")
    assert found["eth0"].switch == "leaf01"


def test_a_switch_without_a_name_goes_by_its_id_and_a_port_known_by_mac_by_its_description():
    nameless = {
        "name": "eth0",
        "chassis": [{"id": [{"type": "mac", "value": "44:38:39:00:00:01"}]}],
        "port": [{"id": [{"type": "mac", "value": "44:38:39:00:00:09"}], "descr": [{"value": "port 9"}]}],
    }
    found, _ = parse_lldp(f"by=lldpctl\n{json.dumps({'lldp': [{'interface': [nameless]}]})}")
    assert found["eth0"] == Neighbour("44:38:39:00:00:01", "port 9", "44:38:39:00:00:01")


def test_networkds_table_is_read_by_its_columns():
    table = (
        "LINK CHASSIS-ID        SYSTEM-NAME CAPS        PORT-ID           PORT-DESCRIPTION\n"
        "eth0 44:38:39:00:00:01 leaf01      ..b.r...... swp1              n/a\n"
        "eth1 44:38:39:00:00:01 -           ........... 44:38:39:00:00:09 port 9\n"
        "\n"
        "Capability Flags:\n"
    )
    found, heard = parse_lldp(f"by=networkctl\n{table}")
    assert found["eth0"] == Neighbour("leaf01", "swp1", "44:38:39:00:00:01")
    assert found["eth1"] == Neighbour("44:38:39:00:00:01", "port 9", "44:38:39:00:00:01")
    assert heard == "networkctl"


def test_a_host_with_no_neighbours_has_none():
    assert parse_lldp('by=lldpctl\n{"lldp": [{}]}') == ({}, "lldpctl")
    assert network("bond").nic("eth0").neighbour is None


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("", "Neither lldpctl nor networkctl is there"),
        ("silent=lldpctl is there but does not answer; is lldpd running?", "lldpctl is there but does not answer"),
        ("by=lldpctl\n{", "What lldpctl answers about neighbours is not as expected"),
        ('by=lldpctl\n{"lldp": [3]}', "What lldpctl answers about neighbours is not as expected"),
        ("by=networkctl\nno such verb", "What networkctl answers about neighbours is not as expected"),
    ],
)
def test_silence_and_nonsense_are_told_in_a_sentence(said, sentence):
    found, heard = parse_lldp(said)
    assert found == {}
    assert heard.startswith(sentence)
