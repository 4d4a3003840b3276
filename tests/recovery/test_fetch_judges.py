"""What a hypervisor is asked before and after each step of a fetch, on what a real libvirtd said."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import replace
from typing import Any

import pytest

from changes.kinds import Context, Verdict
from changes.plan import Check
from hypervisors.libvirt.agent import AskGuest, FileSystem, Guest
from hypervisors.libvirt.facts import AskDomains
from recovery.fetching.facts import AskSeed
from recovery.fetching.judges import AskRoom, judge
from ssh.facts import FactError
from ssh.session import Result
from tests.hypervisors import recorded
from tests.hypervisors.recorded import IMAGES
from tests.recovery.test_fetch_plan import planned

PLAN = planned()
UUIDS = {domain.name: domain.uuid for domain in recorded.ask(AskDomains(recorded.VIRSH))}
OLD, BASE, OVER = f"{IMAGES}/old.qcow2", f"{IMAGES}/base.img", f"{IMAGES}/over.qcow2"
GUEST = Guest(("10.0.2.15",), (FileSystem("/", ("app01-root",)),), ("ssh-ed25519 AAAA",))


def verdict(rule: str, *, guest: Guest | None = GUEST, free: int = 1 << 40, text: str = "", **args: Any) -> Verdict:
    def ask(fact: Any) -> Any:
        if isinstance(fact, AskGuest):
            return guest
        if isinstance(fact, AskRoom):
            return free
        if isinstance(fact, AskSeed):
            return fact.parse(recorded.ok("way\n" if "link" in fact.path else f"{'ab' * 32}  -\n"))
        if text and isinstance(fact, AskDomains):
            return fact.parse(recorded.ok(text))
        return recorded.ask(fact)

    return judge(Check(rule, "", args), Context(ask, PLAN, "/run"))


def running(name: str) -> str:
    """The recorded answer, with that VM running."""
    before, _, after = recorded.DOMAINS.partition(f"@@begin state:{UUIDS[name]}\n")
    return f"{before}@@begin state:{UUIDS[name]}\nrunning{after[after.index(chr(10)) :]}"


@pytest.mark.parametrize(
    ("rule", "args", "sentence"),
    [
        ("vm-off", {"uuid": UUIDS["vm42"]}, "vm42 is off."),
        ("may-start", {"uuid": UUIDS["vm42"]}, "Nobody else has a disk of vm42."),
        ("may-copy", {"uuid": UUIDS["template"]}, "template is off, and nobody writes to its disks."),
        ("nobody-writes", {"path": OLD}, f"Nobody has {OLD} open."),
        ("nobody-has", {"path": f"{IMAGES}/nowhere"}, "No VM has it."),
        ("has-disk", {"uuid": UUIDS["vm42"], "path": OLD}, f"vm42 has {OLD}."),
        ("lacks-disk", {"uuid": UUIDS["app01"], "path": OLD}, "app01 has it no longer."),
        ("room", {"folder": IMAGES, "path": OLD, "format": "qcow2"}, f"{IMAGES} has 1048576 MiB free."),
        ("image-is", {"path": OVER, "size": 16 << 20, "base": BASE}, f"{OVER} is there, whole."),
        ("image-is", {"path": OLD, "size": 0, "base": ""}, f"{OLD} is there, whole."),
        ("file-gone", {"path": "/nowhere"}, "/nowhere is gone."),
        ("name-free", {"name": "new", "uuid": "u"}, "The name new is free."),
        ("name-free", {"name": "vm42", "uuid": UUIDS["vm42"]}, "The name vm42 is free."),
        ("defined", {"name": "vm42", "uuid": UUIDS["vm42"]}, "vm42 is defined."),
        ("undefined", {"uuid": "u"}, "It is not defined."),
        (
            "may-attach",
            {"uuid": UUIDS["app01"], "path": OLD, "format": "qcow2", "serial": "s"},
            f"app01 may have {OLD}.",
        ),
        ("attached", {"uuid": UUIDS["vm42"], "path": OLD, "serial": "vm42-root"}, "vm42 has it as sda."),
        ("detached", {"uuid": UUIDS["app01"], "path": OLD}, "app01 has it no longer."),
        ("detached", {"uuid": "u", "path": OLD, "own": True}, "There is no such VM any more."),
        ("guest-let-go", {"uuid": "u", "path": OLD, "serial": "s", "own": True}, "There is no such VM any more."),
        ("vm-off", {"uuid": "u", "gone": True}, "There is no such VM any more."),
        ("seed-is", {"path": "/s.iso", "sha256": "ab" * 32}, "/s.iso is what it was."),
        ("answers", {"uuid": "u"}, "The agent answers and tells its SSH host keys."),
        ("guest-let-go", {"uuid": UUIDS["vm42"], "path": OLD, "serial": "s"}, "The VM is off."),
        ("guest-let-go", {"uuid": UUIDS["app01"], "path": OLD, "serial": "s"}, "app01 does not have it now."),
    ],
)
def test_yes(rule, args, sentence):
    said = verdict(rule, **args)
    assert said.holds and said.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("rule", "args", "sentence"),
    [
        ("vm-off", {"uuid": UUIDS["app01"]}, "app01 is paused."),
        ("vm-on", {"uuid": UUIDS["app01"]}, "app01 is paused."),
        ("vm-on", {"uuid": "u"}, "There is no VM u on this hypervisor"),
        ("may-copy", {"uuid": UUIDS["app01"]}, "app01 is not off"),
        ("nobody-writes", {"path": f"{IMAGES}/app01.qcow2"}, "app01 has"),
        ("nobody-has", {"path": OLD}, "vm42 has"),
        ("nobody-has", {"path": BASE}, "vm43 has"),
        ("has-disk", {"uuid": UUIDS["app01"], "path": OLD}, "does not have"),
        ("lacks-disk", {"uuid": UUIDS["vm42"], "path": OLD}, "has /var/lib/libvirt/images/old.qcow2 still"),
        ("room", {"folder": IMAGES, "path": OLD, "format": "qcow2", "free": 1 << 29}, "512 MiB free"),
        ("image-is", {"path": "/nowhere", "size": 0, "base": ""}, "is not there"),
        ("image-is", {"path": OLD, "size": 1, "base": ""}, "bytes and not 1"),
        ("image-is", {"path": OLD, "size": 0, "base": BASE}, "is an overlay of nothing, not as planned"),
        ("file-gone", {"path": OLD}, "is there still"),
        ("name-free", {"name": "vm42", "uuid": "u"}, "There is another VM called vm42."),
        ("defined", {"name": "vm42-new", "uuid": "u"}, "There is no VM vm42-new."),
        ("undefined", {"uuid": UUIDS["vm42"]}, "vm42 is defined still."),
        ("may-attach", {"uuid": UUIDS["app01"], "path": BASE, "format": "raw", "serial": "s"}, "is the base of"),
        ("may-attach", {"uuid": UUIDS["app01"], "path": "nbd:x", "format": "raw", "serial": "s"}, "no absolute path"),
        ("may-attach", {"uuid": UUIDS["app01"], "path": "/no", "format": "raw", "serial": "s"}, "There is no file /no"),
        ("attached", {"uuid": UUIDS["app01"], "path": OLD, "serial": "s"}, "both now and at its next start"),
        ("detached", {"uuid": UUIDS["vm42"], "path": OLD}, "still"),
        ("detached", {"uuid": UUIDS["vm43"], "path": BASE}, f"still, below its disk {OVER}."),
        ("lacks-disk", {"uuid": UUIDS["vm43"], "path": BASE}, f"still, below its disk {OVER}."),
        ("detached", {"uuid": "u", "name": "app01", "path": OLD, "own": False}, "There is no VM app01 on this"),
        ("guest-let-go", {"uuid": "u", "name": "app01", "path": OLD, "serial": "s", "own": False}, "cannot be told"),
        ("vm-off", {"uuid": "u"}, "There is no VM u"),
        ("seed-is", {"path": "/s.iso", "sha256": "cd" * 32}, "/s.iso is another one"),
        ("seed-is", {"path": "/link.iso", "sha256": "cd" * 32}, "leads elsewhere by a link"),
        ("answers", {"uuid": "u", "guest": None}, "No agent answers"),
        ("answers", {"uuid": "u", "guest": replace(GUEST, host_keys=())}, "are not made yet"),
    ],
)
def test_no(rule, args, sentence):
    said = verdict(rule, **args)
    assert not said.holds and sentence in said.sentence, said


def test_an_agent_that_may_read_no_files_leaves_the_keys_to_a_person():
    said = verdict("answers", uuid="u", guest=replace(GUEST, host_keys=(), reads_files=False))
    assert said.holds and "its agent reads no files" in said.sentence
    assert said.found == {"addresses": ["10.0.2.15"], "host_keys": []}


def test_an_image_that_a_vm_runs_from_is_attached_to_nobody_else():
    args = {"uuid": UUIDS["app01"], "path": OLD, "format": "qcow2", "serial": "s"}
    said = verdict("may-attach", text=running("vm42"), **args)
    assert not said.holds and "vm42 is not off and has" in said.sentence
    assert not verdict("nobody-writes", text=running("vm42"), path=OLD).holds


ROOT = {"uuid": UUIDS["app01"], "path": f"{IMAGES}/app01.qcow2", "serial": "vm42-sda"}


@pytest.mark.parametrize("shown", ["vm42-sda", "0QEMU_QEMU_HARDDISK_vm42-sda"])
def test_a_disk_with_something_mounted_is_not_pulled_out(shown):
    mounted = (*GUEST.filesystems, FileSystem("/recovered/vm42/root", (shown,)))
    said = verdict("guest-let-go", guest=replace(GUEST, filesystems=mounted), **ROOT)
    assert not said.holds and "/recovered/vm42/root mounted from it" in said.sentence
    assert verdict("guest-let-go", **ROOT).holds


@pytest.mark.parametrize("guest", [None, replace(GUEST, filesystems=None)])
def test_where_no_agent_tells_what_is_mounted_the_disk_stays(guest):
    said = verdict("guest-let-go", guest=guest, **ROOT)
    assert not said.holds and "cannot be told" in said.sentence


def test_room_that_cannot_be_told_is_no_room():
    assert AskRoom("/i").parse(recorded.ok("    Avail\n7234940928\n")) == 7234940928
    with pytest.raises(FactError, match="How much room /i has cannot be told"):
        AskRoom("/i").parse(Result(1, b"", b"df: /i: No such file"))


@pytest.mark.parametrize(
    ("name", "says"), [("seed.iso", ""), ("link.iso", "by a link"), ("fifo.iso", "no regular file")]
)
def test_a_seed_is_a_file_of_its_own(tmp_path, name, says):
    (tmp_path / "seed.iso").write_bytes(b"seed")
    (tmp_path / "link.iso").symlink_to("seed.iso")
    os.mkfifo(tmp_path / "fifo.iso")
    ask = AskSeed(str(tmp_path / name))
    done = subprocess.run(ask.command().argv, capture_output=True, timeout=10)
    seed = ask.parse(Result(done.returncode, done.stdout, done.stderr))
    assert (says in seed.problem and not seed.sha256) if says else seed.sha256 == hashlib.sha256(b"seed").hexdigest()
