"""The lab's switches send frames where switches would. Sockets and VMs are not needed for that."""

from __future__ import annotations

import struct

from lab.forwarding import Port, Switches
from lab.lldp import announcement

EVERYBODY = b"\xff" * 6
WEB, PEER, ROUTER = (bytes.fromhex(f"02000000000{n}") for n in (1, 2, 3))


def frame(to: bytes, sender: bytes) -> bytes:
    return to + sender + b"\x08\x00" + b"-" * 46


def at(switches: Switches, name: str) -> Port:
    return switches.ports[name]


def sent(switches: Switches, source: str, to: bytes, sender: bytes) -> set[str]:
    return {port.name for port in switches.forward(frame(to, sender), at(switches, source))}


def test_what_is_for_everybody_goes_to_every_port_but_other_hosts_routers() -> None:
    switches = Switches()
    got = sent(switches, "web01-eth0", EVERYBODY, WEB)
    assert {"web01-eth1", "web01-router", "ping01-eth0", "web05-eth2"} < got
    assert not {"web01-eth0", "ping01-router"} & got


def test_a_learned_address_gets_its_frames_alone_and_moves_when_it_speaks_elsewhere() -> None:
    switches = Switches()
    sent(switches, "web01-eth0", EVERYBODY, WEB)
    assert sent(switches, "ping01-eth0", WEB, PEER) == {"web01-eth0"}
    sent(switches, "web01-eth1", EVERYBODY, WEB)
    assert sent(switches, "ping01-eth0", WEB, PEER) == {"web01-eth1"}


def test_each_host_reaches_the_router_of_its_own_although_all_have_one_address() -> None:
    switches = Switches()
    for host in ("web01", "ping01"):
        sent(switches, f"{host}-router", EVERYBODY, ROUTER)
    assert sent(switches, "web01-eth0", ROUTER, WEB) == {"web01-router"}
    assert sent(switches, "ping01-eth0", ROUTER, PEER) == {"ping01-router"}
    assert sent(switches, "web01-router", PEER, ROUTER) == set()


def test_a_port_in_another_vlan_reaches_only_its_own_kind() -> None:
    switches = Switches()
    for name in ("web01-eth0", "ping01-eth0"):
        switches.change(at(switches, name), {"vlan": 20})
    assert sent(switches, "web01-eth0", EVERYBODY, WEB) == {"ping01-eth0"}
    assert "web01-eth0" not in sent(switches, "web02-eth0", EVERYBODY, PEER)


def test_nothing_passes_a_dead_port_in_either_direction() -> None:
    switches = Switches()
    switches.change(at(switches, "web01-eth0"), {"dead": True})
    assert sent(switches, "web01-eth0", EVERYBODY, WEB) == set()
    assert "web01-eth0" not in sent(switches, "ping01-eth0", EVERYBODY, PEER)


def test_what_was_learned_on_a_dead_port_is_lost_there_and_on_a_pulled_one_sent_everywhere() -> None:
    switches = Switches()
    sent(switches, "web01-eth0", EVERYBODY, WEB)
    switches.change(at(switches, "web01-eth0"), {"dead": True})
    assert sent(switches, "ping01-eth0", WEB, PEER) == set()
    switches.change(at(switches, "web01-eth0"), {"link": False})
    assert "web01-eth1" in sent(switches, "ping01-eth0", WEB, PEER)


def test_two_switches_are_one_segment_until_their_trunk_is_cut() -> None:
    switches = Switches()
    assert "web02-eth1" in sent(switches, "web01-eth0", EVERYBODY, WEB)
    switches.trunk = False
    assert "web02-eth1" not in sent(switches, "web01-eth0", EVERYBODY, WEB)
    assert "web02-eth1" in sent(switches, "web01-eth1", EVERYBODY, WEB)


def test_what_hosts_announce_by_lldp_is_not_passed_on() -> None:
    switches = Switches()
    assert switches.forward(announcement("web01", "eth0", 1, 120), at(switches, "web01-eth0")) == []


def test_a_reset_plugs_everything_in_as_at_first() -> None:
    switches = Switches()
    switches.change(at(switches, "web01-eth0"), {"dead": True, "switch": "sw2", "label": "Te1/0/40"})
    switches.trunk = False
    switches.reset("")
    assert switches.ports == Switches().ports
    assert switches.trunk


def test_an_announcement_has_switch_and_port_in_the_pieces_that_lldp_gives_them() -> None:
    text = announcement("sw1", "Te1/0/1", 20, 120)
    assert text[:6].hex(":") == "01:80:c2:00:00:0e"
    pieces, at_byte = dict[int, bytes](), 14
    while at_byte < len(text) - 1:
        (head,) = struct.unpack_from("!H", text, at_byte)
        pieces[head >> 9] = text[at_byte + 2 : at_byte + 2 + (head & 511)]
        at_byte += 2 + (head & 511)
        if head >> 9 == 0:
            break
    assert (pieces[2], pieces[5], pieces[3]) == (b"\x05Te1/0/1", b"sw1", struct.pack("!H", 120))
    assert pieces[127] == b"\x00\x80\xc2\x01\x00\x14"
