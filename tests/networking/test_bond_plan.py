"""What a bond's plan says and holds; its refusals have a file of their own."""

from __future__ import annotations

from dataclasses import replace

from changes.plan import Plan
from networking.facts.values import Managers, Neighbour, NetFile
from tests.networking.hosts import nic
from tests.networking.plans import NETWORKD, bonded, host, planned

PROFILE = (
    "[connection]\nid=eth0\nuuid=1a\ntype=ethernet\ninterface-name=eth0\n\n"
    "[ipv4]\nmethod=manual\naddress1=10.0.2.15/24,10.0.2.2\n"
)


def warned(plan: Plan) -> str:
    return " ".join(plan.warnings)


def test_the_same_request_and_host_give_the_same_digest():
    assert planned().digest() == planned().digest()


def test_what_changes_by_itself_is_not_in_the_plan():
    later = host(boot_id="another", kernel="6.1.1")
    assert planned(later).digest() == planned().digest()


def test_uuids_of_profiles_are_the_same_twice_and_others_on_another_host():
    file = NetFile("/etc/NetworkManager/system-connections/eth0.nmconnection", PROFILE, "0600")
    managers = Managers({"keyfile": "NetworkManager is active"}, NETWORKD.tools)
    one, again, other = (
        {
            text
            for text in planned(host(machine_id=number * 32, files=(file,), managers=managers))
            .settings["files_after"]
            .values()
            if text
        }
        for number in "aab"
    )
    assert one == again
    assert not one & other


def test_a_plan_comes_back_whole_from_its_text():
    assert Plan.from_json(planned().to_json()) == planned()


def test_the_steps_guard_before_they_change():
    keys = [step.key for step in planned().steps]
    assert keys == ["baseline", "snapshot", "boot-guard", "arm", "apply", "confirm", "tidy"]


def test_every_changing_file_is_shown_whole_before_and_after():
    plan = planned()
    shown = {file.path: (file.before, file.after) for file in plan.step("apply").files}
    assert plan.settings["files_before"] == {path: before for path, (before, _) in shown.items()}
    assert any("10.0.2.15/24" in (after or "") and "eth0" not in path for path, (_, after) in shown.items())


def test_what_is_sent_is_what_is_shown():
    plan = planned()
    call = plan.step("apply").command
    assert call is not None
    for file in plan.step("apply").files:
        assert file.after is None or file.after in call.stdin


def test_the_way_back_knows_every_file_it_gives_back():
    plan = planned()
    words = plan.step("snapshot").command.argv
    assert set(plan.settings["files_before"]) == set(words[1::2])


def test_the_way_back_takes_hold_of_this_bond_and_its_ports_alone():
    snapshot, undo = planned().step("snapshot").command, planned().step("apply").undo
    assert snapshot and undo and undo.command
    for text in (snapshot.stdin, undo.command.stdin):
        assert "concerned='eth1 eth0 bond0'\n" in text


def test_the_target_is_named_by_what_does_not_change():
    assert planned().target["machine_id"] == host().machine_id
    assert planned().target["ports"]["eth1"] == host().nic("eth1").permanent_address


def test_the_primary_gives_the_bond_its_address():
    assert list(planned().target["ports"]) == ["eth1", "eth0"]


def test_address_and_gateway_move_from_the_port():
    plan = planned()
    assert (plan.settings["addresses"], plan.settings["gateways"]) == (["10.0.2.15/24"], ["10.0.2.2"])
    assert plan.settings["addresses_before"] == {"eth0": ["10.0.2.15/24"]}


def test_what_is_reachable_now_is_looked_for_afterwards():
    assert planned().settings["probes"] == {"10.0.2.2": "gateway", "10.0.2.3": "name server"}


def test_the_steps_that_lose_the_host_say_for_how_long():
    plan = planned(seconds=20)
    assert {step.key: step.outage for step in plan.steps if step.outage} == {"apply": 110, "confirm": 110}
    assert {step.key for step in plan.steps if step.cancel == "never"} == {"apply", "confirm"}
    assert plan.step("arm").command.argv[1] == "20"


def test_it_warns_of_the_outage_and_of_our_own_session():
    said = warned(planned())
    assert "is interrupted" in said
    assert "session to web01 runs over eth0" in said
    assert "180 s after the revert was armed" in said


def test_it_warns_of_silent_neighbours():
    assert "LLDP is silent on eth1, eth0" in warned(planned())


def test_it_warns_of_both_ports_on_one_switch():
    nics = tuple(replace(each, neighbour=Neighbour("sw1", f"Gi1/0/{each.index}")) for each in host().nics)
    assert "All ports are on switch sw1" in warned(planned(host(nics=nics)))


def test_it_warns_of_different_mtus():
    nics = (host().nics[0], replace(host().nics[1], mtu=9000))
    assert "The MTU differs: eth1 9000, eth0 1500" in warned(planned(host(nics=nics)))


def test_it_warns_that_the_mac_address_moves():
    assert "port security" in warned(planned())


def test_equal_speeds_are_warned_of_and_not_refused():
    nics = (host().nics[0], replace(host().nics[1], speed_mbps=1000, nominal_mbps=1000))
    assert "equal is not better" in warned(planned(host(nics=nics)))


def test_a_primary_that_is_the_slower_one_is_warned_of():
    assert "eth1 (10000 Mb/s) is faster than the primary eth0" in warned(planned(options={"primary": "eth0"}))


def test_a_port_that_tells_no_speed_while_it_is_down_is_warned_of():
    nics = (host().nics[0], replace(host().nics[1], up=False, carrier=None, speed_mbps=None, nominal_mbps=None))
    assert "eth1 does not tell its speed now" in warned(planned(host(nics=nics)))


def test_a_host_without_a_boot_guard_is_a_danger_that_is_said():
    managers = replace(host().managers, tools=("ip", "setsid"))
    plan = planned(host(managers=managers))
    assert "DANGER: web01 has no systemd" in warned(plan)
    assert "boot-guard" not in [step.key for step in plan.steps]


def test_red_hats_scripts_were_tried_only_against_a_stand_in_and_that_is_said():
    text = "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=static\nIPADDR=10.0.2.15\nNETMASK=255.255.255.0\nGATEWAY=10.0.2.2\n"
    file = NetFile("/etc/sysconfig/network-scripts/ifcfg-eth0", text)
    managers = Managers({"ifcfg": "the network service of initscripts is active"}, NETWORKD.tools)
    assert "only against a stand-in" in warned(planned(host(files=(file,), managers=managers)))


def test_options_alone_change_a_bond_without_an_outage():
    plan = planned(bonded(), existing=True, options={"primary_reselect": "always"})
    assert "is interrupted" not in warned(plan)
    assert plan.settings["live"]
    assert "primary_reselect always" in plan.step("apply").command.stdin


def test_options_alone_go_back_by_writing_the_old_ones():
    plan = planned(bonded(), existing=True, options={"primary_reselect": "always"})
    assert "primary_reselect better" in plan.step("snapshot").command.stdin


def test_another_member_rebuilds_the_bond_and_that_is_an_outage():
    on = bonded()
    on = replace(on, nics=(*on.nics, nic("eth2")))
    plan = planned(on, existing=True, ports=["eth1", "eth2"])
    assert not plan.settings["live"]
    assert "The ports of bond0 change" in warned(plan)


def test_the_undo_goes_the_same_guarded_way():
    undo = [(step.key, step.undo.title) for step in reversed(planned().steps) if step.undo]
    assert [key for key, _ in undo] == ["confirm", "apply", "arm", "snapshot"]
    assert "arm a revert" in undo[0][1]
    assert planned().step("apply").undo.outage
