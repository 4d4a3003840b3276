"""A fetch is asked for on the page and over the API, and what it leaves in Regroup; over rows, without a hypervisor."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from changes.models import Change
from changes.policies import owners_of
from changes.services import Denied, change_create, plan_store
from changes.states import State
from execution import services
from execution.models import DO, Run, StepRun
from inventory.models import ExpectedKey, Host, HostFacts, HostKey, Owner, Vm
from inventory.states import HostTrust
from people.selectors import actor_of
from recovery.fetching import after
from recovery.fetching.forms import machines_among, problems, receivers
from recovery.fetching.views import asked
from recovery.fetching.wish import Wish
from ssh.hostkeys import parse_public_key
from tests.recovery.hypervisor_rows import hypervisor, vm_row
from tests.recovery.test_fetch_plan import TO_CLONE, planned

WHY = "It does not boot."
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGY7VsVAooFPsf9Du4dIyIFPSPke3MDIlR5YuyTWviOG"


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def hv01(db) -> Host:
    return hypervisor()


def test_the_page_offers_hypervisors_then_what_may_be_chosen_there(client: Client, rosa, hv01):
    client.force_login(rosa)
    page = client.get("/changes/fetch/new").content.decode()
    assert "?host=hv01" in page and "?host=app01" not in page
    page = client.get("/changes/fetch/new?host=hv01&vm=vm42").content.decode()
    assert "a new clone of template" in page and "app01, which runs" in page
    for absent in ("a new clone of vm77", "stranger, which runs", 'value="stranger"', 'value="app10"'):
        assert absent not in page
    assert 'value="app09"' in page


def test_a_hypervisor_that_is_down_says_why_and_what_it_said_last(client: Client, vera, rosa, hv01):
    HostFacts.objects.filter(host=hv01).update(error="hv01 does not answer on port 22.", tried_at=timezone.now())
    client.force_login(rosa)
    page = client.get("/changes/fetch/new?host=hv01").content.decode()
    assert "hv01 does not answer on port 22." in page and "a new clone of template" in page


def test_one_that_has_none_of_our_vms_says_what_is_wanted(client: Client, rosa, hv01):
    Vm.objects.all().delete()
    client.force_login(rosa)
    assert "None of its VMs is known here" in client.get("/changes/fetch/new?host=hv01").content.decode()
    HostFacts.objects.all().delete()
    assert "No hypervisor is known" in client.get("/changes/fetch/new").content.decode()


def test_what_is_asked_for_becomes_a_change_of_the_lost_vm(client: Client, rosa, hv01):
    client.force_login(rosa)
    form = {"vm": "vm42", "way": "overlay", "to": "clone:template", "name": "vm42-new", "like": "app09", "reason": WHY}
    answer = client.post("/changes/fetch/new?host=hv01", {**form, "port": "22", "discard": "on"})
    assert answer.status_code == 302
    change = Change.objects.get()
    wish = Wish.from_json(change.params)
    assert (change.kind, change.host, change.vm) == ("fetch", hv01, Vm.objects.get(name="vm42"))
    assert (wish.template, wish.name, wish.like, wish.discard) == ("template", "vm42-new", "app09", True)
    page = client.get(f"/changes/{change.pk}/fetch").content.decode()
    assert 'value="vm42-new"' in page
    client.post(f"/changes/{change.pk}/fetch", {**form, "name": "vm42-b", "port": "22"})
    change.refresh_from_db()
    assert Wish.from_json(change.params) == Wish(
        "hv01", "vm42", wish.token, template="template", name="vm42-b", like="app09", discard=False
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"vm": "vm99"}, "Select a valid choice"),
        ({"to": "clone:vm77"}, "Select a valid choice"),
        ({"name": ""}, "Give the clone a name"),
        ({"name": "app01"}, "The inventory has a machine called app01 already"),
        ({"like": "app10"}, "Select a valid choice"),
        ({"seed": "/etc/shadow"}, "is no absolute path of an .iso"),
    ],
)
def test_the_page_says_what_is_wrong_and_asks_for_nothing(client: Client, rosa, hv01, fields, sentence):
    client.force_login(rosa)
    form = {"vm": "vm42", "way": "overlay", "to": "clone:template", "name": "new", "reason": WHY, "port": "22"}
    answer = client.post("/changes/fetch/new?host=hv01", {**form, **fields})
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert not Change.objects.exists()


@pytest.mark.parametrize("model", [Vm, Host])
def test_a_vm_that_is_off_is_a_machine_of_ours_with_its_domain_or_without(rosa, hv01, model):
    for number, name in enumerate(("Payroll.corp.example", "ledger", "crm.a.example")):
        model.objects.create(name=name, **({"address": f"192.0.2.{20 + number}"} if model is Host else {}))
    names = ["payroll", "ledger.corp.example", "crm.a.example", "crm.b.example", "pay", "ledger-old"]
    assert machines_among(names) == {"payroll", "ledger.corp.example", "crm.a.example"}
    offered = [value for value, _ in receivers(actor_of(rosa), [vm_row(name, "off") for name in names])]
    assert offered == ["clone:crm.b.example", "clone:pay", "clone:ledger-old"]
    wish = replace(TO_CLONE, template="payroll", name="ledger.new", like="")
    assert [field for field, _ in problems(wish, actor_of(rosa))] == ["template"]


@pytest.fixture
def fetched(rosa, olu, hv01) -> Change:
    """A fetch that has succeeded, as a worker's rows leave it."""
    wish = TO_CLONE
    change = change_create(rosa, asked(wish, WHY, ""))
    plan_store(change, planned(wish), {})
    Change.objects.filter(pk=change.pk).update(status=State.SUCCEEDED)
    run = Run.objects.create(change=change, digest=change.digest, started_by=olu)
    for number, step in enumerate(planned(wish).steps, 1):
        found = {"addresses": ["10.0.2.15"], "host_keys": [KEY]} if step.key == "answer" else {}
        StepRun.objects.create(run=run, phase=DO, key=step.key, position=number, found=found, state="ok", attempt=1)
    change.refresh_from_db()
    return change


def test_the_clone_becomes_a_host_with_the_keys_that_its_agent_told(client: Client, vera, olu, fetched):
    for _ in range(2):
        after.ended(fetched.pk)
    host = Host.objects.get(name="vm42-new")
    assert (host.address, host.port, host.user, host.credential.name) == ("192.0.2.7", 22, "ops", "key")
    assert host.owner == Owner.objects.get(name="Payments") and host.trust is HostTrust.TRUSTED
    (key,) = host.keys.all()
    assert (key.source, key.confirmed_by) == (HostKey.Source.HYPERVISOR, olu)
    client.force_login(vera)
    page = client.get(f"/changes/{fetched.pk}/").content.decode()
    assert "vm42-new has the disks" in page and "vm42-sda" in page and "is a host here" in page


def test_without_an_address_it_is_the_one_that_the_agent_told(fetched):
    Change.objects.filter(pk=fetched.pk).update(params={**fetched.params, "address": ""})
    after.ended(fetched.pk)
    assert Host.objects.get(name="vm42-new").address == "10.0.2.15"


def test_an_address_that_is_taken_leaves_it_to_a_person_with_the_fingerprint(client: Client, vera, fetched):
    Host.objects.create(name="other", address="192.0.2.7")
    after.ended(fetched.pk)
    assert not Host.objects.filter(name="vm42-new").exists()
    client.force_login(vera)
    page = client.get(f"/changes/{fetched.pk}/").content.decode()
    assert "vm42-new is no host here yet" in page and "ssh-ed25519 SHA256:" in page


def tells(change: Change, **told: list[str]) -> None:
    row = StepRun.objects.get(run__change=change, key="answer")
    StepRun.objects.filter(pk=row.pk).update(found={**row.found, **told})
    Change.objects.filter(pk=change.pk).update(params={**change.params, "address": ""})


@pytest.mark.parametrize("state", ["trusted", "pending"])
def test_an_agent_that_tells_the_key_of_another_host_makes_it_no_host(fetched, caplog, state):
    key = parse_public_key(KEY)
    HostKey.objects.create(
        host=Host.objects.get(name="app10"), algorithm=key.algorithm, key_base64=key.key_base64,
        fingerprint=key.fingerprint(), state=state,
    )  # fmt: skip
    after.ended(fetched.pk)
    assert not Host.objects.filter(name="vm42-new").exists() and "which is app10's" in caplog.text
    HostKey.objects.update(state="revoked")
    after.ended(fetched.pk)
    assert Host.objects.filter(name="vm42-new").exists()


def test_an_agent_that_tells_a_key_that_an_import_gave_makes_it_no_host(olu, fetched, caplog):
    host, fingerprint = Host.objects.get(name="app10"), parse_public_key(KEY).fingerprint()
    ExpectedKey.objects.create(host=host, fingerprint=fingerprint, given_by=olu)
    after.ended(fetched.pk)
    assert not Host.objects.filter(name="vm42-new").exists() and "which is app10's" in caplog.text


@pytest.mark.parametrize("address", ["192.0.2.10", "::ffff:192.0.2.10", "2001:db8:0::10"])
def test_an_agent_that_tells_the_address_of_another_host_makes_it_no_host(fetched, caplog, address):
    Host.objects.create(name="six", address="2001:db8::10")
    tells(fetched, addresses=[address])
    after.ended(fetched.pk)
    assert not Host.objects.filter(name="vm42-new").exists() and "already" in caplog.text


@pytest.mark.parametrize("address", ["app10.corp.example", "localhost", "::ffff:127.0.0.1", "0.0.0.0", ""])  # noqa: S104
def test_an_agent_gives_no_name_and_nothing_that_is_the_worker_itself(fetched, address):
    tells(fetched, addresses=[address])
    after.ended(fetched.pk)
    assert not Host.objects.filter(name="vm42-new").exists()
    tells(fetched, addresses=[address, "::ffff:10.0.2.15"])
    after.ended(fetched.pk)
    assert Host.objects.get(name="vm42-new").address == "10.0.2.15"


def test_a_sign_in_that_became_a_password_or_none_is_not_the_clones(fetched, caplog):
    word = Host.objects.get(name="app10").credential
    for credential in (word, None):
        Host.objects.filter(name="app09").update(credential=credential)
        after.ended(fetched.pk)
        assert not Host.objects.filter(name="vm42-new").exists()
        assert "app09 is not signed in to with a key any more" in caplog.text
        caplog.clear()


def test_the_lost_vms_owner_is_asked_and_not_the_hypervisors(hv01, fetched):
    Host.objects.filter(pk=hv01.pk).update(owner=Owner.objects.create(name="Platform"))
    assert owners_of(Change.objects.get(pk=fetched.pk)) == [Owner.objects.get(name="Payments").pk]


@pytest.mark.parametrize("state", [State.UNDONE, State.FAILED])
def test_one_that_did_not_succeed_adds_nothing(fetched, state):
    Change.objects.filter(pk=fetched.pk).update(status=state)
    after.ended(fetched.pk)
    assert not Host.objects.filter(name="vm42-new").exists()


def test_it_is_not_undone_while_a_recovery_of_the_disks_stands(rosa, olu, fetched):
    after.ended(fetched.pk)
    host = Host.objects.get(name="vm42-new")
    recovery = Change.objects.create(
        kind="recovery",
        title="r",
        params={},
        host=host,
        vm=fetched.vm,
        requester=rosa,
        editor=rosa,
        status=State.SUCCEEDED,
    )
    with pytest.raises(Denied, match=f"Recovery #{recovery.pk} stands on vm42-new with these disks. Hand it back"):
        services.run_undo(olu, fetched)
    Change.objects.create(
        kind="handback",
        title="h",
        params={"recovery": recovery.pk},
        host=host,
        requester=rosa,
        editor=rosa,
        status=State.SUCCEEDED,
    )
    services.run_undo(olu, fetched)
    fetched.refresh_from_db()
    assert fetched.state is State.UNDOING
