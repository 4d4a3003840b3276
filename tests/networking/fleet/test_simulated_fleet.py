"""`manage.py lab fleet`: hosts that do not exist, put into the inventory, asked, and taken out again."""

import pytest
from django.utils import timezone

from changes.models import Change
from config import fleet
from execution.models import Pulse
from inventory.models import Credential, Host
from lab.fleet.telling import full, lean
from lab.fleet.world import FAULTS, World
from networking.bonding.states import HealthState
from networking.models import Bond, SweepWish
from tests.networking.fleet.conftest import answer

pytestmark = pytest.mark.django_db


def test_the_same_seed_gives_the_same_hosts():
    assert World(60, 3).hosts == World(60, 3).hosts
    assert World(60, 3).hosts != World(60, 4).hosts


def test_every_host_tells_what_regroup_understands():
    for host in World(300).hosts:
        told = answer(host)
        assert [bond.name for bond in told.bonds] == ["bond0"]
        assert not told.bonds[0].status.unknown
        assert full(host).startswith(lean(host))


def test_all_faults_and_states_are_there(tell):
    hosts = [host for host in World(2000).hosts if not host.off and not host.silent]
    chosen = list({host.fault: host for host in hosts}.values())
    rows = Host.objects.bulk_create(Host(name=host.name, address=host.address) for host in chosen)
    tell.all(dict(zip(rows, chosen, strict=True)))
    flapping = next(row for row, host in zip(rows, chosen, strict=True) if host.fault == "flapping")
    host = next(host for host in chosen if host.fault == "flapping")
    for more in (3, 6):
        tell(flapping, host.with_port("eno2", failures=host.port("eno2").failures + more))
    assert {host.fault for host in World(2000).hosts} == {"", *FAULTS}
    assert set(Bond.objects.values_list("state", flat=True)) == {
        state.value for state in HealthState if state not in (HealthState.STALE, HealthState.DRIFT)
    }


def test_a_stirred_world_changes_as_many_hosts_as_it_says():
    world = World(100)
    before = list(world.hosts)
    changed = world.stir(10)
    assert len(changed) == 10
    assert {host.number for host, old in zip(world.hosts, before, strict=True) if host != old} == set(changed)


def test_they_are_put_into_the_inventory_once_and_marked(db):
    client = fleet.credential()
    assert len(fleet.load(5, 1, client)) == 5
    assert fleet.load(5, 1, client) == []
    assert all(host.simulated and host.name.startswith("sim-") for host in Host.objects.all())
    assert fleet.credential() == client


def test_they_are_taken_out_again_and_nobody_else(db, app02):
    fleet.load(3, 1, fleet.credential())
    assert fleet.remove(print) == 0
    assert [host.name for host in Host.objects.all()] == ["app02"]


def test_a_host_with_a_change_stays(scene_of_simulated):
    said = []
    assert fleet.remove(said.append) == 1
    assert "1 stay: a change was made for them" in said[0]


@pytest.fixture
def scene_of_simulated(rosa):
    host = fleet.load(2, 1, fleet.credential())[0]
    Change.objects.create(kind="toy", host=host, requester=rosa, editor=rosa, title="x", params={})


def test_a_living_worker_is_rung_for_and_not_doubled(db, monkeypatch):
    fleet.load(2, 1, fleet.credential())
    Pulse.objects.create(name="fleet", at=timezone.now())
    said = []
    fleet.look(said.append)
    assert SweepWish.objects.get().total == 2
    assert said == ["The fleet's worker asks them; see Bonds."]


def test_the_command_refuses_a_number_that_is_none(capsys):
    with pytest.raises(SystemExit):
        fleet.main(["--hosts", "0"])
    assert "--hosts is a number from 1 to" in capsys.readouterr().err


def test_what_an_interrupted_one_left_is_removed(db):
    fleet.load(2, 1, fleet.credential())
    said = []
    assert fleet.main(["--remove"], said.append) == 0
    assert said == ["2 simulated hosts are taken out of the inventory."]
    assert Credential.objects.filter(name=fleet.CREDENTIAL).exists()
