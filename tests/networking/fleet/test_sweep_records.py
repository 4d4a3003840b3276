"""What the sweep keeps: rows where something changed, and nothing where nothing did."""

from dataclasses import replace
from datetime import timedelta

import pytest

from networking.models import Bond, BondMove, HostNetwork, LinkFailures, Nic
from networking.recording import Heard, record
from notices.models import Happening
from tests.networking.fleet.conftest import answer

pytestmark = pytest.mark.django_db


def test_a_bond_is_kept_as_the_host_told_it(tell, app02, well):
    tell(app02, well)
    bond = Bond.objects.get(host=app02, name="bond0")
    assert (bond.mode, bond.primary, bond.primary_reselect, bond.active) == ("active-backup", "eno1", "better", "eno1")
    assert (bond.active_mbps, bond.active_nominal_mbps, bond.miimon, bond.state) == (10_000, 10_000, 100, "ok")
    assert [(port["name"], port["active"], port["switch"] != "") for port in bond.ports] == [
        ("eno1", True, True),
        ("eno2", False, True),
    ]
    assert bond.addresses


def test_ports_stand_with_switch_and_bond(tell, app02, well):
    tell(app02, well)
    told = {nic.name: nic for nic in Nic.objects.filter(host=app02).select_related("bond")}
    assert told["eno1"].bond.name == "bond0" and told["eno1"].active and told["eno1"].switch == well.port("eno1").switch
    assert told["eno3"].bond is None and told["eno3"].carrier is None


def test_the_same_again_writes_no_history(tell, app02, well):
    tell(app02, well)
    before = Bond.objects.values().get(host=app02)
    assert tell(app02, well) == 0
    assert tell(app02, None) == 0
    assert Bond.objects.values().get(host=app02) == before
    assert BondMove.objects.count() == 1


def test_the_first_sight_is_where_history_begins(tell, app02, well):
    tell(app02, well)
    move = BondMove.objects.get()
    assert (move.state, move.what) == ("ok", {})


def test_a_failed_over_bond_is_a_row_of_history(tell, app02, well, broken):
    tell(app02, well)
    tell(app02, broken("failed-over"))
    move = BondMove.objects.first()
    assert move.state == "failed-over"
    assert move.what["active"] == ["eno1", "eno2"]
    assert move.what["state"] == ["ok", "failed-over"]
    assert move.what["port eno1"] == ["up at 10000 Mb/s", "down"]


def test_since_when_counts_from_the_change_of_state(tell, app02, well, broken):
    tell(app02, well)
    tell(app02, broken("failed-over"))
    at = tell.now
    tell(app02, broken("failed-over").with_bond(reselect="always"))
    bond = Bond.objects.get()
    assert bond.since == at
    assert bond.changed_at == tell.now


def test_a_nic_that_became_slower_keeps_the_speed_it_was_first_seen_at(tell, app02, well):
    virtual = well.with_port("eno1", modes=False)
    tell(app02, virtual)
    tell(app02, virtual.with_port("eno1", speed=1000))
    bond = Bond.objects.get()
    assert (bond.active_mbps, bond.active_nominal_mbps, bond.state) == (1000, 10_000, "degraded-in-place")


def test_a_nic_is_known_by_its_permanent_address_when_its_name_changes(tell, app02, well):
    tell(app02, well)
    number = Nic.objects.get(name="eno3").pk
    tell(app02, well.with_port("eno3", name="enp3s0"))
    assert Nic.objects.get(pk=number).name == "enp3s0"


def test_a_dead_port_stands_where_it_was_last_heard(tell, app02, well, broken):
    tell(app02, well)
    tell(app02, broken("failed-over"))
    assert Nic.objects.get(name="eno1").switch == well.port("eno1").switch
    assert Bond.objects.get().ports[0]["switch"] == well.port("eno1").switch


def test_link_failures_are_kept_as_what_is_new(tell, app02, well):
    tell(app02, well.with_port("eno2", failures=7))
    tell(app02, well.with_port("eno2", failures=9))
    tell(app02, well.with_port("eno2", failures=9))
    assert [(row.port, row.count) for row in LinkFailures.objects.all()] == [("eno2", 2)]
    assert (Bond.objects.get().failures_hour, Bond.objects.get().failures_day) == (2, 2)


def test_failures_leave_the_hour_and_then_the_day(tell, app02, well):
    tell(app02, well)
    tell(app02, well.with_port("eno2", failures=2))
    tell(app02, well.with_port("eno2", failures=2), timedelta(hours=2))
    assert (Bond.objects.get().failures_hour, Bond.objects.get().failures_day) == (0, 2)
    assert HostNetwork.objects.get().unsettled
    tell(app02, well.with_port("eno2", failures=2), timedelta(hours=23))
    assert (Bond.objects.get().failures_hour, Bond.objects.get().failures_day) == (0, 0)
    assert not HostNetwork.objects.get().unsettled


def test_a_port_that_was_enslaved_again_counts_from_zero(tell, app02, well):
    tell(app02, well.with_port("eno2", failures=9))
    tell(app02, well.with_port("eno2", failures=1))
    assert LinkFailures.objects.get().count == 1


def test_a_reboot_begins_all_counts_anew(tell, app02, well):
    tell(app02, well.with_port("eno2", failures=1))
    tell(app02, replace(well.with_port("eno2", failures=3), boot="f" * 64))
    assert LinkFailures.objects.get().count == 3


def test_three_failures_within_the_hour_are_flapping(tell, app02, well):
    tell(app02, well)
    tell(app02, well.with_port("eno2", failures=4))
    assert Bond.objects.get().state == "flapping"


def test_a_bond_that_is_gone_keeps_its_history(tell, app02, well):
    tell(app02, well)
    tell(app02, replace(well, bonds=()))
    bond = Bond.objects.get()
    assert not bond.present
    assert bond.moves.first().what["bond"] == ["there", "gone"]
    tell(app02, well)
    assert Bond.objects.get().present


def test_a_host_that_is_silent_for_long_makes_its_bonds_stale(tell, app02, well, settings):
    settings.FLEET_STALE_SECONDS = 900
    tell(app02, well)
    tell(app02, "app02 did not answer.")
    assert Bond.objects.get().state == "ok"
    tell(app02, "app02 did not answer.", timedelta(hours=1))
    bond = Bond.objects.get()
    assert bond.state == "stale" and "app02 did not answer." in bond.sentence
    tell(app02, well)
    assert Bond.objects.get().state == "ok"


def test_a_worse_state_is_not_hidden_by_silence(tell, app02, broken):
    tell(app02, broken("held"))
    tell(app02, "app02 did not answer.", timedelta(days=1))
    assert Bond.objects.get().state == "held"


def test_each_failure_doubles_the_time_to_the_next_attempt(tell, app02, settings):
    settings.FLEET_SECONDS = 100
    waits = []
    for _ in range(7):
        tell(app02, "app02 did not answer.")
        waits.append((HostNetwork.objects.get().next_at - tell.now).total_seconds())
    assert waits == [200, 400, 800, 1600, 3200, 3200, 3200]


def test_what_another_sweep_leased_is_not_written(tell, app02, well):
    tell(app02, well)
    HostNetwork.objects.update(lease_owner="another")
    assert record([Heard(app02.pk, answer(well.with_bond(reselect="failure")), "x")], "mine", tell.now) == 0
    assert Bond.objects.get().primary_reselect == "better"


def test_odd_text_of_a_host_can_be_kept(tell, app02, well):
    tell(app02, well.with_port("eno1", switch="sw\udcff\0", switch_port="Te\0"))
    assert Bond.objects.get().ports[0]["switch"] == "sw\ufffd\ufffd"


def test_a_bond_that_fails_over_and_comes_back_is_to_be_told(tell, app02, well, broken):
    tell(app02, well)
    tell(app02, broken("failed-over"))
    tell(app02, well)
    found = Happening.objects.order_by("pk").values_list("what", flat=True)
    assert list(found) == ["bond0 of app02 is failed over.", "bond0 of app02 is well again."]
