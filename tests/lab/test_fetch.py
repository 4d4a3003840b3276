"""A dead VM's disk goes from its domain to a clone of the template, is recovered there, handed back, and given back.

The real engine, a real hypervisor over SSH, real guests that boot by themselves; workers die at each boundary of each
step. Meanwhile it is watched which QEMU has which image open.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from changes.kinds import Context, Verdict
from changes.models import Change
from changes.plan import Check, Plan
from changes.services import Denied, Request, change_create
from changes.states import State
from execution import services
from inventory.connect import open_session
from inventory.models import Host as Row
from inventory.models import Owner, Vm
from inventory.states import HostTrust
from lab.guests import Guest
from lab.hypervisor import LabHypervisor
from lab.reach import free_port
from lab.template_image import LETTER, LETTER_PLACE
from recovery.fetching.judges import judge
from recovery.fetching.views import asked
from recovery.fetching.wish import Wish
from recovery.handback.asking import wish_for
from recovery.handback.views import asked as handback
from ssh.facts import SessionAsk
from tests.lab.striking import begin, counted, killed, known, until_over

pytestmark = [pytest.mark.repeated, pytest.mark.chaos]

PLACES = (
    "before-intent",
    "after-intent",
    "after-start",
    "before-entered",
    "after-entered",
    "before-ended",
    "after-ended",
)


Opened = dict[str, set[int]]
"""Image → the QEMUs that have it open."""


def opened(images: Path) -> Opened:
    """By what the kernel says of their files: a path in another mount namespace says nothing here, an inode does."""
    names = {(found.st_dev, found.st_ino): path.name for path in images.iterdir() if (found := path.stat())}
    held: Opened = {}
    for process in psutil.process_iter(["name"]):
        if (process.info["name"] or "").startswith("qemu-system"):
            for file in _files(process.pid):
                if name := names.get(file):
                    held.setdefault(name, set()).add(process.pid)
    return held


def _files(pid: int) -> Iterator[tuple[int, int]]:
    """Device and inode of each open file; nothing of a process that has ended."""
    with suppress(OSError):
        for link in list(Path(f"/proc/{pid}/fd").iterdir()):
            with suppress(OSError):
                found = link.stat()
                yield found.st_dev, found.st_ino


@contextmanager
def watched(hypervisor: LabHypervisor, *wanted: str) -> Iterator[None]:
    """Fails where two QEMUs had one image open at one moment, or none was ever seen to have the wanted ones."""
    twice, seen, done = list[str](), set[str](), threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            with suppress(OSError):  # an image was removed while the folder was listed
                held = opened(hypervisor.images)
                seen.update(held)
                twice.extend(f"{name}: {pids}" for name, pids in held.items() if len(pids) > 1)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert not twice, twice
    assert all(any(name.startswith(start) for name in seen) for start in wanted), seen


def said(change: Change) -> list[tuple[str, str, str]]:
    return [(step.key, step.state, step.sentence) for step in change.runs.get().steps.all()]


def struck(acts: dict, keys: list[str]) -> int:
    """A worker dies at each boundary of each of these steps, once."""
    for key in keys:
        acts.update({(place, key): killed for place in PLACES})
    return len(keys) * len(PLACES)


@pytest.fixture
def hv01(hypervisor: LabHypervisor) -> Iterator[LabHypervisor]:
    hypervisor.template()
    hypervisor.dead()
    yield hypervisor
    hypervisor.clear()


def test_a_dead_vms_disk_is_fetched_recovered_and_given_back(
    hv01: LabHypervisor, acts, rosa, amir, olu, django_capture_on_commit_callbacks
) -> None:
    row, port = known(hv01), free_port()
    vm = Vm.objects.create(name="vm42", owner=Owner.objects.create(name="Payments"))
    hv01.virsh("start", "vm42")
    hv01.wait_console("vm42", "Kernel panic|Failed to execute")
    image = (hv01.images / "vm42.qcow2").read_bytes()
    disks = hv01.virsh("domblklist", "vm42", "--inactive", "--details")
    wish = Wish(
        "hv01", "vm42", "cafe", template="template", name="vm42-new", like="hv01", address=hv01.address, port=port
    )
    with watched(hv01, "vm42.qcow2", "vm42-sda-", "vm42-new-"):
        with django_capture_on_commit_callbacks(execute=True):
            change = fetched(hv01, acts, wish, (rosa, amir, olu))
        host = Row.objects.get(name="vm42-new")
        assert "vm42.qcow2" not in hv01.virsh("domblklist", "vm42", "--inactive"), "nothing starts it below the overlay"
        assert host.trust is HostTrust.TRUSTED and host.owner == vm.owner
        recovery = recovered(host, vm, (rosa, amir, olu))
        guest = Guest("vm42-new", port, hv01.private_key, host_key(host), hv01.folder / "known_hosts.vm42-new")
        guest.door.pin(guest.public_key)
        assert guest.run(f"cat /recovered/vm42/root{LETTER_PLACE}", sudo=True) == LETTER
        with pytest.raises(Denied, match=f"Recovery #{recovery.pk} stands on vm42-new"):
            services.run_undo(olu, change)
        pulled = judged(row, change.plan, change.plan.step("attach-sda").undo.precheck[0])
        assert not pulled.holds and "/recovered/vm42/root" in pulled.sentence, pulled
        given_back(hv01, acts, change, recovery, (rosa, amir, olu))
    assert "running" in hv01.virsh("domstate", "vm42")
    assert hv01.virsh("domblklist", "vm42", "--inactive", "--details") == disks
    assert set(hv01.virsh("list", "--all", "--name").split()) == {"template", "vm42"}
    images = {path.name for path in hv01.images.iterdir() if path.suffix == ".qcow2"}
    assert images == {"template.qcow2", "vm42.qcow2"}
    hv01.virsh("destroy", "vm42")
    assert (hv01.images / "vm42.qcow2").read_bytes()[:65536] == image[:65536]


def judged(row: Row, plan: Plan, check: Check) -> Verdict:
    """What the hypervisor says to one check of a plan now."""
    with open_session(row) as session:
        return judge(check, Context(SessionAsk(session), plan, "/run"))


def host_key(host: Row) -> str:
    key = host.keys.get(algorithm="ssh-ed25519")
    return f"{key.algorithm} {key.key_base64}"


def fetched(hv01: LabHypervisor, acts: dict, wish: Wish, cast) -> Change:
    change = begin(*cast, change_create(cast[0], asked(wish, "It does not boot.", "")))
    keys = [step.key for step in change.plan.steps]
    assert keys == ["switch-off", "overlay-sda", "release-sda", "clone-1", "define", "start", "answer", "attach-sda"]
    strikes = struck(acts, keys)
    door = f"hostfwd_add tcp:{wish.address}:{wish.port}-:22"
    acts["before-intent", "answer"] = lambda: (hv01.virsh("qemu-monitor-command", wish.name, "--hmp", door), killed())
    change = until_over(change)
    assert change.state is State.SUCCEEDED, said(change)
    assert not [key for place, key in acts if place != "after-start"], acts
    counted("fetch", strikes - len(acts))
    acts.clear()
    return change


def recovered(host: Row, vm: Vm, cast) -> Change:
    params = {
        "vm": "vm42", "host": host.name, "metadata": "", "new_vg": "vm42_RootVG", "disk": "vm42-sda",
        "volumes": [], "attach_deadline": 600,
    }  # fmt: skip
    change = until_over(
        begin(*cast, change_create(cast[0], Request("recovery", params, host.pk, vm.pk, "It does not boot.")))
    )
    assert change.state is State.SUCCEEDED, said(change)
    return change


def given_back(hv01: LabHypervisor, acts: dict, change: Change, recovery: Change, cast) -> None:
    rosa, amir, olu = cast
    back = until_over(begin(*cast, change_create(rosa, handback(wish_for(recovery), "Copied.", ""))))
    assert back.state is State.SUCCEEDED, said(back)
    keys = [step.key for step in change.plan.steps if step.undo]
    strikes = struck(acts, keys)
    services.run_undo(olu, change)
    change = until_over(change)
    assert change.state is State.UNDONE, said(change)
    counted("fetch", strikes - len(acts))
