"""A proof and a fetch from the command line: what is sent, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from changes.models import Change
from changes.services import plan_store
from inventory.models import Host, HostFacts
from readiness.proof.kind import KIND
from recovery.fetching.kind import KIND as FETCH
from tests.readiness.proofs import UUID, said, wish
from tests.recovery.hypervisor_rows import hypervisor
from tests.regroup import conftest


@pytest.fixture
def answers(scene, monkeypatch) -> None:
    """The hypervisor that told of app01 says what it said to the planner's own tests."""

    def plan(number: int) -> None:
        change = Change.objects.get(pk=number)
        plan_store(change, KIND.plan(change.params, said()), said())

    monkeypatch.setitem(conftest.WORK, "plan", plan)
    for name in ("app01", "hv01"):
        Host.objects.get_or_create(name=name, defaults={"address": f"{name}.example"})
    vms = [{"uuid": UUID, "name": "app01", "power": "off"}]
    HostFacts.objects.create(host=Host.objects.get(name="hv01"), facts={"fetch": {"vms": vms}}, at=timezone.now())


PROOF = ("--machine", "app01", "--hypervisor", "hv01", "--seconds", "2m", "--reason", "Up for 200 days.")


def test_a_proof_is_planned_and_submitted(shell, answers, rosa):
    told = shell(rosa, "request", *PROOF, room="proof")
    assert told.code == 0, told.err
    change = Change.objects.get(kind=KIND.key)
    assert change.params == wish(seconds=120).to_json()
    assert "Throw the clone away" in told.out and f"proof approve {change.pk} --digest" in told.out


def test_what_is_wrong_with_a_proof_is_said_and_makes_nothing(shell, answers, rosa):
    told = shell(rosa, "plan", *PROOF, "--image", "/backup/app01.raw", room="proof")
    assert told.code == 3 and "Say what the backup is" in told.err
    assert shell(rosa, "plan", *PROOF, "--format", "vmdk", room="proof").code == 2
    assert not Change.objects.filter(kind=KIND.key).exists()


@pytest.fixture
def unplanned(transactional_db, monkeypatch) -> None:
    """No worker plans it: what was asked for is enough."""
    hypervisor()
    monkeypatch.setitem(conftest.WORK, "plan", lambda number: None)
    for patience in ("regroup.cli.PLAN_PATIENCE", "api.changes.PLAN_PATIENCE"):
        monkeypatch.setattr(patience, 0.0)


FETCHED = ("--vm", "vm42", "--hypervisor", "hv01", "--reason", "It does not boot.")


@pytest.mark.parametrize(
    ("words", "params"),
    [
        (("--template", "template", "--name", "new"), {"template": "template", "name": "new", "discard": True}),
        (("--template", "template", "--name", "new", "--keep", "--gib", "9"), {"gib": 9, "discard": False}),
        (("--target", "app01", "--disk", "/a", "--disk", "/b"), {"target": "app01", "disks": ["/a", "/b"]}),
    ],
)  # fmt: skip
def test_a_fetch_is_asked_for_as_it_was_said(shell, unplanned, rosa, words, params: dict[str, Any]):
    assert shell(rosa, "plan", *FETCHED, *words, room="fetch").code == 6
    kept = Change.objects.get(kind=FETCH.key).params
    assert {name: kept[name] for name in params} == params and kept["vm"] == "vm42"


def test_what_is_wrong_with_a_fetch_is_said_and_makes_nothing(shell, unplanned, rosa):
    told = shell(rosa, "plan", *FETCHED, room="fetch")
    assert told.code == 3 and "Name either a VM that runs" in told.err
    told = shell(rosa, "plan", *FETCHED, "--gib", "9", room="fetch")
    assert told.code == 3 and "Name either a VM that runs" in told.err
    assert not Change.objects.filter(kind=FETCH.key).exists()
