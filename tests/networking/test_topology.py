"""Rows of ports become switches with their hosts, and tell what a dying switch does."""

from __future__ import annotations

from networking.topology import PortRow, impact, natural, topology


def port(host, nic, switch="", where="", **more):
    return PortRow(**{"host": host, "nic": nic, "switch": switch, "switch_port": where, "bond": "bond0", **more})


APP01 = (
    port("app01", "eth0", "leaf1", "swp10", active=True, speed_mbps=10000, site="north", rack="r1"),
    port("app01", "eth1", "leaf2", "swp2", speed_mbps=1000, site="north", rack="r1"),
)
APP02 = (
    port("app02", "eth0", "leaf1", "swp2", active=True, site="north", rack="r2"),
    port("app02", "eth1", "leaf1", "swp1", site="north", rack="r2"),
)
APP03 = (port("app03", "eth0", "leaf1", "swp3"), port("app03", "eth1", active=True))
APP04 = (port("app04", "eth0", "leaf1", "swp4", active=True), port("app04", "eth1"))
PLAIN = (port("db01", "eth0", "leaf1", "swp5", bond="", used=True), port("db01", "eth1", "leaf1", "swp6", bond=""))
ALL = topology((*APP01, *APP02, *APP03, *APP04, *PLAIN))


def test_switches_have_their_ports_in_the_order_people_count_in():
    assert [switch.name for switch in ALL.switches] == ["leaf1", "leaf2"]
    assert [row.switch_port for row in ALL.switch("leaf1").ports] == [f"swp{n}" for n in (1, 2, 3, 4, 5, 6, 10)]


def test_a_switch_knows_its_hosts_and_their_racks():
    assert ALL.switch("leaf2").hosts == ("app01",)
    assert ALL.switch("leaf1").racks == (("", ""), ("north", "r1"), ("north", "r2"))


def test_bonds_with_all_ports_on_one_switch_are_listed():
    assert ALL.one_switch == (("app02", "bond0", "leaf1"),)


def test_ports_in_use_that_hear_nobody_are_listed_apart():
    assert [(row.host, row.nic) for row in ALL.silent] == [("app03", "eth1"), ("app04", "eth1")]
    assert topology([port("app01", "eth0", up=False), port("app01", "eth1", bond="")]).silent == ()


def test_a_dying_switch_moves_bonds_whose_active_port_is_on_it():
    [certain, perhaps] = impact(ALL, "leaf1").fails_over
    assert certain.sentence == "bond0 of app01 fails over from eth0 to eth1, at 1 Gb/s."
    assert certain.certain
    assert "LLDP does not tell whether eth1 is on this switch too" in perhaps.sentence
    assert not perhaps.certain


def test_it_cuts_off_bonds_that_have_no_other_port_and_ports_in_no_bond():
    dark = impact(ALL, "leaf1").goes_dark
    assert [(effect.host, effect.bond) for effect in dark] == [("app02", "bond0"), ("db01", "")]
    assert dark[0].sentence == "bond0 of app02 has no other port that is up: it is cut off."
    assert dark[1].sentence == "eth0 of db01 is in no bond and loses its link."


def test_bonds_whose_standby_port_is_on_it_lose_their_redundancy():
    [effect] = impact(ALL, "leaf2").loses_standby
    assert effect.sentence == "bond0 of app01 stays on eth0 and loses eth1, which stands by."
    [silent] = impact(ALL, "leaf1").loses_standby
    assert (silent.host, silent.certain) == ("app03", False)


def test_a_port_without_a_link_neither_loses_nor_saves_anything():
    dead = topology((port("app01", "eth0", "leaf1", up=False), port("app01", "eth1", "leaf2", active=True)))
    assert impact(dead, "leaf1") == impact(dead, "nowhere")
    assert [effect.host for effect in impact(dead, "leaf2").goes_dark] == ["app01"]


def test_names_sort_as_people_count():
    names = ["Te1/0/10", "Te1/0/9", "10", "swp10", "swp2", ""]
    assert sorted(names, key=natural) == ["", "10", "Te1/0/9", "Te1/0/10", "swp2", "swp10"]
