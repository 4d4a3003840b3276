"""Clones on the lab's hypervisor: healthy ones come up, sabotaged ones do not, and nothing is left of any.

The real engine in this process, the real hypervisor over SSH, a guest that boots by its own loader.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from changes.kinds import run_ended
from changes.models import Change
from changes.services import Request, change_create
from changes.states import State
from execution import services
from execution.logs import lines_after
from execution.models import StepRun
from inventory.models import Host as Row
from lab.guests import Guest
from lab.hypervisor import LabHypervisor
from lab.template_image import images
from readiness.asking import known_of
from readiness.judges.checks import findings
from readiness.lights import Light
from readiness.models import ProvenBackup, ProvenBoot
from ssh.facts import SessionAsk
from tests.lab.proof_sabotage import ALL, Sabotage
from tests.lab.reaching import logged_in
from tests.lab.striking import begin, killed, known, until_over

pytestmark = [pytest.mark.repeated, pytest.mark.django_db]
"""Not in each run: a boot takes half a minute, and there are nine."""

Prove = Callable[..., Change]
PATIENCE = 1500
"""Seconds for a boot on a machine that has other things to do; a quiet one takes half a minute."""


@pytest.fixture
def prove(acts, rosa, amir, olu, hypervisor: LabHypervisor) -> Prove:
    """Rosa asks, Amir approves, Olu starts it; workers look until it is over, or until `stop` of one step."""
    row, kept = known(hypervisor), Row.objects.create(name="app01", address="app01.example")

    def start(vm: str = "app01", **asked: Any) -> Change:
        params = {"host": row.name, "proves": kept.name, "vm": vm, "uuid": hypervisor.virsh("domuuid", vm)}
        params |= {"seconds": 600, **asked}
        change = begin(rosa, amir, olu, change_create(rosa, Request("proof", params, row.pk, None, "Will it?")))
        change = until_over(change)
        run_ended(change.kind, change.pk)  # after the commit, which no test comes to
        return change

    return start


@pytest.fixture
def app01(hypervisor: LabHypervisor) -> Guest:
    """A healthy guest that runs, as it was at its checkpoint; others may have cleared the hypervisor since."""
    if "app01" not in hypervisor.virsh("list", "--all", "--name").split():
        hypervisor.virsh("start", hypervisor.domain("app01"))
        hypervisor.enter("app01", PATIENCE)
        hypervisor.virsh("snapshot-create-as", "app01", "well", timeout=300)
    hypervisor.virsh("snapshot-revert", "app01", "well", timeout=300)
    return hypervisor.enter("app01", PATIENCE)


@pytest.fixture(scope="module", autouse=True)
def cleared(hypervisor: LabHypervisor) -> Iterator[None]:
    hypervisor.clear()
    yield
    hypervisor.clear()


def watched(change: Change) -> dict[str, Any]:
    return dict(StepRun.objects.get(run__change=change, key="watch").found)


def nothing_left(hypervisor: LabHypervisor) -> None:
    assert "proof" not in hypervisor.virsh("list", "--all", "--name")
    assert not [path.name for path in hypervisor.images.iterdir() if "proof" in path.name]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def told(name: str, **figures: Any) -> None:
    """A line for the table in docs/readiness.md, where somebody wants it."""
    if path := os.environ.get("PROOF_FIGURES"):
        with Path(path).open("a") as file:
            file.write(json.dumps({"what": name, **figures}) + "\n")


def test_a_vm_that_is_off_comes_up_although_workers_die_and_is_not_written_to(hv01, prove, acts):
    disk = hv01.images / "app01.qcow2"
    hv01.domain("app01")
    before = digest(disk), hv01.virsh("dumpxml", "app01", "--inactive")
    for step in ("copy", "start", "watch", "discard"):
        acts[("after-start", step)] = killed
    began = time.monotonic()
    change = prove()
    assert not acts and change.state is State.SUCCEEDED
    found = watched(change)
    assert found["came_up"] and found["by"] in ("agent", "login"), found
    assert (digest(disk), hv01.virsh("dumpxml", "app01", "--inactive")) == before
    nothing_left(hv01)
    assert ProvenBoot.objects.get().seconds == found["seconds"]
    told("healthy, off", proof=found["sentence"], run=round(time.monotonic() - began))


def test_a_backup_that_cannot_boot_is_found_out_and_a_broken_off_run_is_undone(hv01, prove, acts, olu):
    hv01.domain("app01")
    images(hv01.build, lambda line: None)
    hv01.dead()
    hv01.virsh("undefine", "vm42")
    began = time.monotonic()
    change = prove(image="/var/lib/libvirt/images/vm42.qcow2", format="qcow2")
    assert change.state is State.SUCCEEDED
    found = watched(change)
    assert found["by"] == "death" and "Kernel panic" in found["sentence"], found
    assert ProvenBackup.objects.get().outcome == "down" and not ProvenBoot.objects.exists()
    nothing_left(hv01)
    told("a backup with a 32-bit init", proof=found["sentence"], run=round(time.monotonic() - began))

    acts[("after-start", "watch")] = lambda: hv01.virsh("destroy", "app01-proof")
    change = prove()
    assert change.state is State.FAILED and "not its own doing" in log_of(change)
    assert hv01.virsh("domstate", "app01-proof") == "shut off"
    services.run_undo(olu, change)
    assert until_over(change).state is State.UNDONE
    nothing_left(hv01)


def log_of(change: Change) -> str:
    return "\n".join(line.text for line in lines_after(change.runs.get(), 0))


@pytest.mark.parametrize("sabotage", ALL, ids=lambda one: one.name)
def test_what_is_red_does_not_come_up_and_what_is_well_does(hypervisor, app01, prove, sabotage: Sabotage):
    if sabotage.do:
        app01.run(sabotage.do + "\nsync", sudo=True, timeout=300)
    with logged_in(app01) as session:
        found = {one.check: one for one in findings(known_of(SessionAsk(session)))}
    red = {check: one.sentence for check, one in found.items() if one.light is Light.RED}
    began = time.monotonic()
    change = prove()
    took = round(time.monotonic() - began)
    assert change.state is State.SUCCEEDED, change.runs.get().sentence
    seen = watched(change)
    told(sabotage.name, red=red, proof=seen["sentence"], by=seen["by"], seconds=seen["seconds"], run=took)
    assert hypervisor.virsh("domstate", "app01") == "running" and "proof" not in hypervisor.virsh("domblklist", "app01")
    nothing_left(hypervisor)
    assert seen["came_up"] is not bool(sabotage.do), seen
    assert bool(red) is bool(sabotage.do)
    for check, says in sabotage.red.items():
        points = [point.sentence for point in found[check].points if point.light is Light.RED]
        assert any(says in point for point in points), (check, points)
