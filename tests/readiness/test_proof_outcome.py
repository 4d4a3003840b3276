"""What a proof came to is kept: on the host's pages, in the lists, in its verdict and its risk; and the ways to ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from changes.models import Change
from changes.states import StepState
from execution.models import DO, Run, StepRun
from inventory.models import Host, HostFacts, Vm
from people.services import token_issue
from readiness.models import HostRisk, ProvenBackup, ProvenBoot, Readiness, ReadinessMove
from readiness.proof.after import keep_outcome
from readiness.proof.asking import not_its_own
from readiness.proof.outcome import By, Outcome, Watched, sentence
from readiness.proof.planner import KIND
from readiness.proof.wish import clone_of
from readiness.weighing import risk_weigh
from tests.readiness.proofs import UUID, wish

pytestmark = pytest.mark.django_db

WEB01 = UUID.replace("1f0c", "2f0c")
UP = Watched(By.AGENT, 41, ("app01 login:",))
DOWN = Watched(By.DEATH, 9, ("[ 3.4] Kernel panic - not syncing: no init",))
SILENT = Watched(By.SILENCE, 300, ())


@pytest.fixture(autouse=True)
def no_bell(monkeypatch):
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)


@pytest.fixture
def hv(app):
    """A hypervisor that told of the VM, of another, and of a clone that was left behind."""
    host = Host.objects.create(name="hv01", address="192.0.2.8")
    vms = [
        {"uuid": UUID, "name": "app01", "power": "on"},
        {"uuid": WEB01, "name": "web01", "power": "off"},
        {"uuid": clone_of(UUID), "name": "app01-proof", "power": "off"},
        {"uuid": UUID.replace("1f0c", "4f0c"), "name": "fire-proof", "power": "off"},
    ]
    HostFacts.objects.create(host=host, facts={"fetch": {"vms": vms}}, at=timezone.now())
    return host


@pytest.fixture
def proved(hv, rosa):
    """A proof that ended so; each a minute after the last."""
    began = timezone.now() - timedelta(hours=1)

    def end(seen: Watched, **asked: Any) -> Change:
        nonlocal began
        began += timedelta(minutes=1)
        params = wish(**asked).to_json()
        change = Change.objects.create(kind=KIND, host=hv, requester=rosa, editor=rosa, params=params, title="x")
        run = Run.objects.create(change=change, digest="d", started_by=rosa)
        said = sentence(seen, "app01", str(params["image"]))
        StepRun.objects.create(
            run=run, phase=DO, key="watch", position=3, state=StepState.OK, ended_at=began,
            found={**seen.to_json(), "sentence": said},
        )  # fmt: skip
        keep_outcome(change.pk)
        return change

    return end


def test_a_clone_that_came_up_is_the_last_proven_boot(client, as_user, vera, app, tell, proved):
    tell(app, "well")
    change = proved(UP)
    row = ProvenBoot.objects.get(host=app)
    assert (row.outcome, row.seconds, row.change, row.proven_by, row.proven_at) == ("up", 41, change, change, row.at)
    assert Readiness.objects.get(host=app).light == "green"
    as_user(client, vera)
    for address in ("/readiness/of/app01/", "/hosts/app01/"):
        page = client.get(address).content.decode()
        assert "app01&#x27;s clone came up in 41 s: its guest agent answers." in page and "Boot a clone" not in page
    assert "Last proven boot" in client.get("/readiness/").content.decode()


def test_a_clone_that_did_not_come_up_makes_the_host_red_and_is_told(client, as_user, vera, app, tell, proved):
    tell(app, "well")
    first, second = proved(UP), proved(DOWN)
    row = Readiness.objects.get(host=app)
    assert row.light == "red" and "Kernel panic - not syncing: no init" in row.reasons[0]
    assert ReadinessMove.objects.first().what == {"proof": ["green", "red"]}
    page = as_user(client, vera).get("/readiness/").content.decode()
    assert "did not come up" in page and "would not boot" in page
    kept = ProvenBoot.objects.get(host=app)
    assert (kept.proven_by, kept.change, kept.failed) == (first, second, True)


def test_it_stays_red_when_it_is_asked_anew_and_is_well_once_it_has_booted(app, tell, proved):
    tell(app, "well")
    proved(DOWN)
    assert tell(app, "well").light == "red"
    assert HostRisk.objects.get(host=app).proven == "failed"
    ProvenBoot.objects.update(at=timezone.now() - timedelta(days=300))
    assert tell(app, "well").light == "green"
    assert HostRisk.objects.get(host=app).proven == "never"


def test_a_clone_of_which_nothing_was_seen_says_nothing_against_the_host(app, tell, proved):
    before = tell(app, "well").unknowns
    proved(SILENT)
    row = Readiness.objects.get(host=app)
    assert (row.light, row.unknowns) == ("green", before + 1)


def test_a_backup_that_does_not_boot_is_doubtful_and_no_proof_of_the_host(app, tell, proved):
    tell(app, "well")
    proved(DOWN, image="/backup/app01.raw", format="raw")
    assert not ProvenBoot.objects.exists() and ProvenBackup.objects.get(host=app).image == "/backup/app01.raw"
    row = Readiness.objects.get(host=app)
    assert row.light == "amber" and "it is no way back" in row.reasons[0]


def test_an_undo_long_after_changes_nothing(app, tell, proved):
    old = proved(DOWN)
    new = proved(UP)
    keep_outcome(old.pk)
    keep_outcome(new.pk)
    assert ProvenBoot.objects.get(host=app).outcome == Outcome.UP
    StepRun.objects.all().delete()
    keep_outcome(new.pk)


def test_the_risk_of_a_host_is_halved_by_a_proof_and_doubled_by_one_that_failed(app, tell, proved):
    tell(app, "well")
    risk_weigh()
    ranks = [HostRisk.objects.get(host=app).rank]
    for seen in (UP, SILENT, DOWN):
        proved(seen)
        kept = HostRisk.objects.get(host=app)
        ranks.append(kept.rank)
    assert ranks[1] == ranks[2] > ranks[0] > ranks[3]
    assert kept.proven == "failed" and kept.verdict == "red"
    ProvenBoot.objects.update(outcome="up", proven_at=timezone.now() - timedelta(days=91))
    risk_weigh()
    assert HostRisk.objects.get(host=app).proven == "old"


def test_the_form_begins_with_the_vm_of_the_hosts_name_and_makes_a_change(client, as_user, rosa, hv):
    page = as_user(client, rosa).get("/changes/proof/new?host=app01").content.decode()
    assert f'<option value="hv01/{UUID}" selected>app01 (on)' in page
    assert "app01-proof" not in page and "fire-proof (off)" in page
    asked = {"proves": "app01", "vm": f"hv01/{UUID}", "seconds": 120, "reason": "Up for 200 days."}
    assert client.post("/changes/proof/new", asked).status_code == 302
    change = Change.objects.get()
    assert (change.kind, change.host, change.params) == (KIND, hv, wish(seconds=120).to_json())
    assert change.title == "Boot a clone of app01 on hv01"
    page = client.get(f"/changes/{change.pk}/proof").content.decode()
    assert f'<option value="hv01/{UUID}" selected>' in page and 'value="120"' in page


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        ({"seconds": 5}, "60 to 1800 seconds"),
        ({"vm": "hv01/other"}, "No hypervisor that was asked has this VM"),
        ({"image": "/backup/app01.raw"}, "Say what the backup is"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_makes_nothing(client, as_user, rosa, hv, asked, because):
    fields = {"proves": "app01", "vm": f"hv01/{UUID}", "seconds": 120, "reason": "x", **asked}
    answer = as_user(client, rosa).post("/changes/proof/new", fields)
    assert answer.status_code == 422 and because in answer.content.decode()
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("host", "vm", "proves", "vm_there", "may"),
    [
        ("WEB01", "", "app01", "web01", False),
        ("web01.example", "", "app01", "web01", False),
        ("", "web01", "app01", "Web01.example", False),
        ("payroll", "web01", "payroll", "web01", True),
        ("web02", "", "app01", "web01", True),
        ("web010", "", "app01", "web01", True),
        ("web01.test", "", "web01", "web01", True),
        ("web01", "", "web01.test", "web01", False),
        ("web01.prod", "", "web01.test", "web01", True),
    ],
)
def test_a_vm_that_is_another_machine_is_proven_as_that(app, host, vm, proves, vm_there, may):
    kept = Vm.objects.create(name=vm) if vm else None
    if host:
        Host.objects.create(name=host, address="192.0.2.9", vm=kept)
    asked = Host.objects.get_or_create(name=proves, defaults={"address": "192.0.2.10"})[0]
    assert bool(not_its_own(asked, vm_there)) is not may


def test_whoever_asks_for_another_machines_vm_is_told_so(client, as_user, rosa, hv):
    Host.objects.create(name="web01.example", address="192.0.2.9")
    because = "web01 is a machine of its own in Regroup: prove it as that."
    fields = {"proves": "app01", "vm": f"hv01/{WEB01}", "seconds": 120, "reason": "x"}
    answer = as_user(client, rosa).post("/changes/proof/new", fields)
    assert answer.status_code == 422 and because in answer.content.decode()
    headers = {"Authorization": f"Bearer {token_issue(rosa, 'fleet')[1]}"}
    body = {"host": "hv01", "proves": "app01", "vm": "web01", "reason": "x"}
    answer = client.post("/api/v1/changes/proof", body, content_type="application/json", headers=headers)
    assert answer.status_code == 422 and answer.json()["errors"] == {"vm": [because]}
    assert not Change.objects.exists()


def test_without_a_hypervisor_the_page_says_what_it_needs(client, as_user, rosa, app):
    assert "No hypervisor is known" in as_user(client, rosa).get("/changes/proof/new").content.decode()


@pytest.mark.parametrize("address", ["/hosts/app01/", "/readiness/of/app01/"])
def test_whoever_may_ask_for_it_finds_the_way(client, as_user, rosa, app, address):
    assert "/changes/proof/new?host=app01" in as_user(client, rosa).get(address).content.decode()


def test_the_api_asks_for_a_proof_and_tells_of_the_last(client, rosa, app, tell, proved):
    headers = {"Authorization": f"Bearer {token_issue(rosa, 'fleet')[1]}"}
    body = {"host": "hv01", "proves": "app01", "reason": "Up for 200 days."}

    def ask(**more: Any) -> Any:
        return client.post("/api/v1/changes/proof", body | more, content_type="application/json", headers=headers)

    made = ask(image="/backup/app01.raw", format="raw")
    assert made.status_code == 201 and made.json()["kind"] == "proof"
    assert Change.objects.get().params["uuid"] == UUID
    assert ask(vm="nobody").json()["errors"]["vm"][0].startswith("hv01 had no VM 'nobody' when it was last asked.")
    assert "no VM called as hv01" in ask(proves="hv01").json()["errors"]["vm"][0]
    assert set(ask(seconds=5, reason=" ").json()["errors"]) == {"seconds", "reason"}
    assert "knows no host called 'hv09'" in str(ask(host="hv09").json()["errors"]["host"])
    assert Change.objects.count() == 1

    tell(app, "well")
    change = proved(UP)
    told = client.get("/api/v1/hosts/app01/readiness", headers=headers).json()
    assert (told["proof"]["outcome"], told["proof"]["change"], told["backup_proof"]) == ("up", change.pk, None)
    assert client.get("/api/v1/readiness", headers=headers).json()["items"][0]["proof"]["seconds"] == 41
    risk = client.get("/api/v1/risk?proven=recently", headers=headers).json()["items"]
    assert [row["host"] for row in risk] == ["app01"] and risk[0]["proven_at"]
