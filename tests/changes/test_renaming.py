"""A machine is renamed or merged: its history stays, and an open change keeps its name."""

import pytest
from django.core.exceptions import ValidationError

from audit.models import Entry
from changes.models import Change, Lock
from changes.renaming import OPEN
from changes.states import State
from inventory.models import Host, HostKey, Owner, Vm
from inventory.renaming import machine_merge
from people.selectors import actor_of

WORDS = {"address": "192.0.2.7", "port": 22, "user": "regroup", "sudo": "on"}


@pytest.fixture
def app02(db) -> Host:
    return Host.objects.create(name="app02", address="192.0.2.7")


@pytest.fixture
def app2(db) -> Host:
    """The same machine once more, under another name."""
    return Host.objects.create(name="app2", address="app2.example")


@pytest.fixture
def change(rosa):
    def make(host: Host, status: str = State.SUCCEEDED, vm: Vm | None = None) -> Change:
        params = {"host": host.name, "vm": "vm42"}
        return Change.objects.create(
            kind="recovery", host=host, vm=vm, requester=rosa, editor=rosa, title="x", params=params, status=status
        )

    return make


def trusted(host: Host, fingerprint: str) -> None:
    HostKey.objects.create(host=host, algorithm="ssh-ed25519", fingerprint=fingerprint, state="trusted")


def test_a_renamed_host_keeps_its_changes_and_its_fence(client, as_user, ada, app02, change):
    done = change(app02)
    Lock.objects.create(key="host:app02", fence=7)
    Lock.objects.create(key="host:web01", fence=2)
    assert as_user(client, ada).post("/hosts/app02/edit/", {**WORDS, "name": "web01"}).status_code == 302
    done.refresh_from_db()
    assert done.host.name == "web01"
    assert dict(Lock.objects.values_list("key", "fence")) == {"host:app02": 7, "host:web01": 7}
    assert Entry.objects.get(action="host.edit").detail["name"] == "app02 → web01"


def test_a_drill_keeps_the_name_of_the_host_that_watches_it(client, as_user, ada, app02, app2, rosa):
    asked = {"host": "app2", "bond": "bond0", "witness": "app02"}
    made = {"kind": "drill", "host": app2, "requester": rosa, "editor": rosa, "title": "x", "params": asked}
    drill = Change.objects.create(status=State.APPROVED, **made)
    as_user(client, ada)
    answer = client.post("/hosts/app02/edit/", {**WORDS, "name": "web01"})
    assert answer.status_code == 422 and f"app02 keeps its name while #{drill.pk} is open" in answer.content.decode()
    Change.objects.filter(pk=drill.pk).update(status=State.WITHDRAWN)
    assert client.post("/hosts/app02/edit/", {**WORDS, "name": "web01"}).status_code == 302


@pytest.mark.parametrize("status", OPEN)
def test_an_open_change_keeps_the_name(client, as_user, ada, app02, change, status):
    row = change(app02, status)
    answer = as_user(client, ada).post("/hosts/app02/edit/", {**WORDS, "name": "web01"})
    assert answer.status_code == 422 and f"app02 keeps its name while #{row.pk} is open" in answer.content.decode()
    assert Host.objects.get().name == "app02"
    assert client.post("/hosts/app02/edit/", {**WORDS, "name": "app02", "note": "x"}).status_code == 302


def test_a_vm_that_somebody_recovers_keeps_its_name(client, as_user, ada, app02, change):
    change(app02, State.APPROVED, Vm.objects.create(name="vm42"))
    answer = as_user(client, ada).post("/vms/vm42/edit/", {"name": "vm43", "criticality": "low"})
    assert answer.status_code == 422 and b"vm42 keeps its name" in answer.content


def test_a_merge_moves_the_changes_and_what_stands_behind(ada, app02, app2, change):
    mine, other = change(app02), change(app2)
    behind = Host.objects.create(name="inner", address="10.0.0.1", jump=app2)
    app2.owner = Owner.objects.create(name="Web")
    app2.vm = Vm.objects.create(name="vm42")
    app2.save()
    Lock.objects.create(key="host:app2", fence=9)
    machine_merge(app02, app2, by=actor_of(ada))
    assert set(app02.changes.all()) == {mine, other}
    behind.refresh_from_db()
    app02.refresh_from_db()
    assert (behind.jump, app02.owner.name, app02.vm.name) == (app02, "Web", "vm42")
    assert Lock.objects.get(key="host:app02").fence == 9
    assert not Host.objects.filter(name="app2").exists()
    assert Entry.objects.get(action="host.merged_into").object_label == "app2"


def test_hosts_with_different_trusted_keys_are_two_machines(ada, app02, app2):
    trusted(app02, "SHA256:" + "a" * 43)
    trusted(app2, "SHA256:" + "b" * 43)
    with pytest.raises(ValidationError, match="different trusted host keys"):
        machine_merge(app02, app2, by=actor_of(ada))
    assert Host.objects.count() == 2


@pytest.mark.parametrize("which", ["app02", "app2"])
def test_a_merge_waits_for_an_open_change_on_either(client, as_user, ada, app02, app2, change, which):
    change(Host.objects.get(name=which), State.UNKNOWN)
    answer = as_user(client, ada).post("/hosts/app02/merge/", {"gone": "app2"})
    assert answer.status_code == 422 and f"{which} keeps its name" in answer.content.decode()
    assert Host.objects.count() == 2


def test_two_vms_are_made_one_on_the_page(client, as_user, ada, app02, change):
    kept, gone = Vm.objects.create(name="vm42"), Vm.objects.create(name="vm042")
    done = change(app02, vm=gone)
    Host.objects.filter(pk=app02.pk).update(vm=gone)
    assert as_user(client, ada).post("/vms/vm42/merge/", {"gone": "vm042"}).status_code == 302
    done.refresh_from_db()
    app02.refresh_from_db()
    assert done.vm == app02.vm == kept
    assert list(Vm.objects.all()) == [kept]


@pytest.mark.parametrize("gone", ["app02", "nobody", ""])
def test_a_machine_is_merged_with_another_one_only(client, as_user, ada, app02, gone):
    assert as_user(client, ada).post("/hosts/app02/merge/", {"gone": gone}).status_code == 422
    assert Host.objects.exists()


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
def test_nobody_else_merges(client, as_user, app02, app2, who, request):
    as_user(client, request.getfixturevalue(who))
    assert client.post("/hosts/app02/merge/", {"gone": "app2"}).status_code == 403
    assert Host.objects.count() == 2
