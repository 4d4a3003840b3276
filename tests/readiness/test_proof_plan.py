"""A proof's plan: overlays or a copy, the clone's XML that reaches nobody, its refusals, and what each step asks."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from changes.kinds import Context, Verdict
from changes.plan import Check, Plan
from changes.risks import risks
from hypervisors.libvirt.apart import marked_as_proof_of
from hypervisors.libvirt.xml import AGENT, parsed
from readiness.proof.facts import AskClone, AskHypervisor, AskRoom, CloneState, Room, watched
from readiness.proof.judges import RULES, judge
from readiness.proof.kind import KIND
from readiness.proof.outcome import By, Watched
from readiness.proof.wish import Wish
from ssh.facts import FactError
from ssh.session import Result
from tests.readiness.proofs import FIRST, SECOND, UUID, planned, said, why_not, wish

CLONE = wish().clone_uuid
FOLDER = f"/var/lib/libvirt/images/regroup-proof-{CLONE[:8]}"
ON = {"power": "on"}
IMAGE = {"image": "/backup/app01.raw", "format": "raw"}
RUN = "/var/lib/regroup/7-ab"


def clone(**how: Any) -> ElementTree.Element:
    return parsed(planned(**how).step("define").command.stdin)


def words(plan: Plan) -> tuple[str, ...]:
    """What the copy is told of each disk, behind the firmware's variables and the image whose owner gets them."""
    assert plan.step("copy").command.argv[6] == FIRST
    return plan.step("copy").command.argv[7:]


def test_the_disks_of_a_vm_that_is_off_are_overlaid_and_nothing_of_it_is_written():
    made = planned()
    assert [step.key for step in made.steps] == ["copy", "define", "start", "watch", "discard"]
    assert words(made) == ("overlay", "sda", "qcow2", FIRST, "overlay", "sdb", "raw", SECOND)
    assert made.step("copy").command.stdin == "" and made.step("copy").writes == (FOLDER,)
    assert "cannot be started until" in made.warnings[0]
    assert made.digest() == planned().digest() and Plan.from_json(made.to_json()) == made
    assert risks(made, {}) == set()


def test_a_vm_that_runs_is_copied_by_qemu_and_stays_on_its_own_disks():
    made = planned(said(vm=ON))
    assert words(made) == ("copy", "sda", "qcow2", FIRST, "copy", "sdb", "raw", SECOND)
    backup = parsed(made.step("copy").command.stdin, "domainbackup")
    assert backup.get("mode") == "push"
    targets = {disk.get("name"): disk.find("target").get("file") for disk in backup.iter("disk")}
    assert targets == {"sda": f"{FOLDER}/disk-sda.qcow2.part", "sdb": f"{FOLDER}/disk-sdb.qcow2.part"}
    room = next(check for check in made.step("copy").precheck if check.rule == "room")
    assert room.args["copied"] == [FIRST, "/var/lib/libvirt/images/base.qcow2", SECOND]


def test_a_backup_takes_the_place_of_the_first_disk_alone():
    made = planned(said(vm=ON), **IMAGE)
    assert words(made) == ("overlay", "sda", "raw", "/backup/app01.raw", "copy", "sdb", "raw", SECOND)
    assert "<disk name=\"sda\" backup='no'/>" in made.step("copy").command.stdin
    assert any("Only the first disk is the backup's" in told for told in made.warnings)
    assert made.title.startswith("Boot the backup /backup/app01.raw of app01 on hv01")


def test_a_vm_that_is_called_otherwise_is_named():
    facts = said(vm={"name": "shop-vm"})
    made = planned(facts, vm="shop-vm")
    assert made.title.startswith("Boot a clone of app01 (the VM shop-vm) on hv01")
    assert made.warnings[0].startswith("The VM is called shop-vm on hv01, not app01: make sure")
    assert KIND.summary(wish(vm="shop-vm").to_json()) == "Boot a clone of app01 (the VM shop-vm) on hv01"
    for name in ("APP01", "app01.example.org"):
        alike = planned(said(vm={"name": name}), vm=name)
        assert alike.title.startswith("Boot a clone of app01 on") and "is called" not in " ".join(alike.warnings)


def test_the_clone_reaches_nobody_and_has_nothing_of_the_hypervisors():
    devices = clone().find("devices")
    for tag in ("hostdev", "filesystem", "pstore", "graphics", "console"):
        assert devices.find(tag) is None
    assert len(devices.findall("channel")) == len(devices.findall("serial")) == len(devices.findall("video")) == 1
    assert devices.find("channel/target").get("name") == AGENT and devices.find("channel/source") is None
    assert [nic.get("type") for nic in devices.findall("interface")] == ["udp", "udp"]
    for nic, model in zip(devices.findall("interface"), ("virtio", "e1000"), strict=True):
        assert nic.find("link").get("state") == "down"
        assert nic.find("model").get("type") == model and nic.find("address").get("slot") in ("0x03", "0x04")
        assert nic.find("source").get("address").startswith("127.") and nic.find("target") is None
        assert nic.find("boot") is None and nic.find("mac").get("address").startswith("52:54:00:")
        assert "aa:bb" not in nic.find("mac").get("address")
    assert [one.get("type") for one in devices.findall("input")] == ["tablet"]
    assert [one.find("backend").get("model") for one in devices.findall("rng")] == ["random"]
    assert not [element for element in clone() if "commandline" in element.tag]


def test_the_clone_is_the_same_machine_with_a_name_and_disks_of_its_own():
    domain = clone()
    assert (domain.findtext("name"), domain.findtext("uuid")) == ("app01-proof", CLONE)
    assert domain.findtext("sysinfo/system/entry") == CLONE and marked_as_proof_of(domain) == UUID
    assert (domain.findtext("memory"), domain.findtext("currentMemory")) == ("4194304", "4194304")
    assert [boot.get("dev") for boot in domain.findall("os/boot")] == ["hd"]
    assert (domain.findtext("on_crash"), domain.findtext("on_reboot")) == ("destroy", "restart")
    root, data, medium = domain.findall("devices/disk")
    assert root.find("source").get("file") == f"{FOLDER}/disk-sda.qcow2" and root.findtext("serial") == "app01-root"
    assert data.find("driver").attrib == {"name": "qemu", "type": "qcow2", "cache": "unsafe"}
    assert medium.find("source").get("file").endswith("seed.iso") and medium.find("readonly") is not None
    assert domain.find("devices/serial/source").get("path") == f"{FOLDER}/console.log"
    told = " ".join(planned().warnings)
    assert "4096 MiB of memory, not 8192" in told
    assert "a device of the hypervisor, a folder of the hypervisor, a store for the last words of its kernel" in told
    assert "an input device of the hypervisor" in told
    assert "a socket for random numbers, words to QEMU past libvirt. If it does not come up" in told


def test_the_firmwares_variables_are_copied_too():
    firmware = "<nvram template='/usr/share/OVMF/VARS.fd'>/var/lib/libvirt/qemu/nvram/app01.fd</nvram>"
    facts = said()
    facts["vm"]["xml"] = facts["vm"]["xml"].replace("</os>", f"{firmware}</os>")
    made = planned(facts)
    assert made.step("copy").command.argv[5] == "/var/lib/libvirt/qemu/nvram/app01.fd"
    assert parsed(made.step("define").command.stdin).findtext("os/nvram") == f"{FOLDER}/nvram.fd"


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"vm": None}, "has no VM with the UUID"),
        ({"vm": {"name": "other"}}, "is called other now, not app01"),
        ({"vm": {"power": "paused"}}, "is neither on nor off, but paused"),
        ({"vm": {"power": "on", "now": [["sda", FIRST]]}}, "has other disks now than it will have"),
        ({"vm": ON, "versions": {"libvirt": [6, 0], "QEMU": [7, 2]}}, "libvirt 6.0 cannot copy the disks of a running"),
        ({"vm": ON, "versions": {"libvirt": [9, 0], "QEMU": [4, 1]}}, "QEMU 4.1 cannot copy"),
        ({"vm": {"devices": [SECOND]}}, "The disk sdb of app01 is a device or lies in /dev"),
        ({"named": [UUID]}, "has a VM called app01-proof already, and it is no clone of Regroup's"),
        ({"there": [""]}, "has another VM with the clone's UUID"),
        ({"against": ["web01 is not off and writes to it."]}, "web01 is not off and writes to it."),
    ],
)
def test_why_a_vm_is_not_cloned(changes, because):
    facts = said(**changes) if changes.get("vm", {}) is not None else {**said(), "vm": None}
    assert because in why_not(facts)


@pytest.mark.parametrize(
    ("before", "after", "because"),
    [
        ("<disk type='file' device='disk'>", "<disk type='block' device='disk'>", "is no file but a block"),
        ("<serial>", "<encryption format='luks'/><serial>", "is encrypted by the hypervisor"),
        ("device='disk'", "device='cdrom'", "has no disk"),
        ("/var/lib/libvirt/images/app01.qcow2", "/dev/vg0/app01", "is a device or lies in /dev"),
        ("/var/lib/libvirt/images/app01.qcow2", "/dev/shm/app01", "is a device or lies in /dev"),
        ("images/app01.qcow2", "images/app01,x.qcow2", "QEMU would not take the path"),
    ],
)
def test_disks_that_cannot_be_cloned(before, after, because):
    facts = said()
    facts["vm"]["xml"] = facts["vm"]["xml"].replace(before, after)
    assert because in why_not(facts)


def test_what_a_run_that_broke_off_left_is_no_reason_against():
    assert planned(said(named=[CLONE], there=[UUID])).digest() == planned().digest()


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        ({"seconds": 5}, "60 to 1800 seconds to come up, not 5"),
        ({"seconds": 99999}, "60 to 1800"),
        ({"uuid": "app01"}, "is no UUID of a VM"),
        ({"image": "backup.raw", "format": "raw"}, "is no absolute path"),
        ({"image": "/backup/nbd:x", "format": "raw"}, "is no absolute path"),
        ({"image": "/backup/app01.raw"}, "Say what the backup is"),
        ({"image": "/backup/app01.raw", "format": "vmdk"}, "Say what the backup is"),
        ({"format": "raw"}, "A format was given and no backup"),
    ],
)
def test_a_wish_that_is_none_is_one_sentence(asked, because):
    assert because in why_not(**asked)


def test_a_request_that_lacks_something_says_what():
    with pytest.raises(ValueError, match="lacks 'uuid'"):
        Wish.from_json({"host": "hv01", "proves": "app01", "vm": "app01"})


# --------------------------------------------------------------------------------- judges

HERE = ("disk-sda.qcow2", "disk-sdb.qcow2", "console.log", "started")
SEEN = Watched(By.LOGIN, 41, ("app01 login:",))


def state(
    proof_of: str | None = UUID, is_now: str = "running (booted)", files: tuple[str, ...] = HERE, run: str = RUN,
    seen: Watched | None = None,
) -> CloneState:  # fmt: skip
    return CloneState(proof_of, is_now, files, run, seen)


def asked(rule: str, answer: object, made: Plan | None = None) -> Verdict:
    made = made or planned()
    checks = [
        c for step in made.steps for c in (*step.precheck, *step.verify, *(step.undo.verify if step.undo else ()))
    ]
    check: Check = next(check for check in checks if check.rule == rule)
    return judge(check, Context(lambda fact: answer, made, RUN))  # type: ignore[arg-type,return-value]


def test_every_rule_has_a_judge():
    steps = planned(**IMAGE).steps
    named = {c.rule for s in steps for c in (*s.precheck, *s.verify, *(s.undo.verify if s.undo else ()))}
    assert named == set(RULES)


def test_room_is_asked_for_on_disk_and_in_memory():
    assert asked("room", Room(10 << 30, 1 << 30, 8 << 20)).holds
    assert "has 2,048 MiB free, and the clone may need 3,072" in asked("room", Room(2 << 30, 1 << 30, 8 << 20)).sentence
    assert "MiB of memory free, and the clone needs 4,096" in asked("room", Room(10 << 30, 0, 4 << 20)).sentence


def test_disks_of_another_run_are_not_this_ones():
    assert asked("copied", state()).holds
    assert not asked("copied", state(run="/var/lib/regroup/6-cd")).holds
    assert "disk-sdb.qcow2" in asked("copied", state(files=("disk-sda.qcow2",))).sentence
    assert not asked("defined", state(run="/var/lib/regroup/6-cd")).holds
    assert not asked("clone-free", state(proof_of="")).holds and asked("clone-free", state(proof_of=None)).holds


def test_a_clone_that_somebody_switched_off_was_not_started():
    assert asked("started", state()).holds
    assert asked("started", state(is_now="shut off (shutdown)")).holds
    assert not asked("started", state(is_now="shut off (destroyed)")).holds
    assert not asked("started", state(files=HERE[:2])).holds
    assert asked("off", state(is_now="shut off (destroyed)")).holds and not asked("off", state()).holds


def test_after_the_watch_nothing_that_was_made_for_it_is_missed():
    over = state(None, "", (), "", SEEN)
    assert all(asked(rule, over).holds for rule in ("copied", "defined", "started", "watched", "gone"))
    assert not asked("gone", state(seen=SEEN)).holds and not asked("gone", state(proof_of=None)).holds


def test_what_the_watch_found_is_a_fact_whichever_it_is():
    up = asked("watched", state(seen=SEEN))
    assert up.holds and up.sentence == "app01's clone came up in 41 s: it asks for a login."
    assert up.found["came_up"] is True and Watched.from_json(up.found) == SEEN
    panic = Watched(By.DEATH, 9, ("[    3.4] Kernel panic - not syncing: VFS: Unable to mount root fs",))
    down = asked("watched", state(seen=panic))
    assert down.holds and down.found["outcome"] == "down"
    assert down.sentence == (
        "app01's clone did NOT come up: Kernel panic - not syncing: VFS: Unable to mount root fs;"
        " app01 will most likely not survive a reboot."
    )
    backup = asked("watched", state(seen=panic), planned(**IMAGE))
    assert "app01's backup /backup/app01.raw did NOT come up" in backup.sentence
    assert not asked("watched", state()).holds


@pytest.mark.parametrize(
    ("by", "console", "because"),
    [
        (By.TIME, ("Loading.", "ALERT!  /dev/x does not exist."), "no sign of life in 60 s (its console says: ALERT!"),
        (By.TIME, ("Loading.",), "no sign of life in 60 s (its console ends: Loading.);"),
        (By.OFF, (), "it switched itself off after 60 s;"),
        (
            By.DEATH,
            ("---[ end Kernel panic - not syncing: no init! ]---",),
            "up: Kernel panic - not syncing: no init!;",
        ),
        (
            By.DEATH,
            ("[    8.712340] ---[ end Kernel panic - not syncing: no init! ]---",),
            "up: Kernel panic - not syncing: no init!;",
        ),
        (By.DEATH, ("Gave up waiting for root device.  Common problems:",), "up: Gave up waiting for root device;"),
        (By.SILENCE, (), "so nobody can tell"),
    ],
)
def test_the_sentence_says_why(by, console, because):
    assert because in asked("watched", state(seen=Watched(by, 60, console))).sentence


# ---------------------------------------------------------------------------------- answers

STATE = """@@begin list
{uuid}
@@end list 0
@@begin xml
<domain><metadata><r:proof xmlns:r="urn:regroup:hypervisors" of="{of}"/></metadata></domain>
@@end xml 0
@@begin state
running (booted)
@@end state 0
@@begin files
disk-sda.qcow2
@@end files 0
@@begin mark
/var/lib/regroup/7-ab
@@end mark 0
@@begin told
 by=death
 seconds=12
 @@end told 0
 [    1.5] Kernel panic - not syncing: x password=secret\x1b[0m
@@end told 0
"""


def parse(text: str) -> CloneState:
    return AskClone(CLONE, FOLDER, f"{RUN}/proof").parse(Result(0, text.encode(), b""))


def test_a_clones_state_is_read_and_a_guest_cannot_forge_it():
    found = parse(STATE.format(uuid=CLONE, of=UUID))
    assert (found.proof_of, found.state, found.files, found.run) == (UUID, "running (booted)", HERE[:1], RUN)
    assert found.seen and found.seen.console == (
        "@@end told 0",
        "[    1.5] Kernel panic - not syncing: x password=•••",
    )


def test_where_there_is_no_domain_nothing_is_said_of_it():
    text = STATE.format(uuid="", of="").replace("@@end xml 0", "@@end xml 1").replace("@@end state 0", "@@end state 1")
    assert (parse(text).proof_of, parse(text).state) == (None, "")


@pytest.mark.parametrize("text", ["", "by=magic\nseconds=3\n", "by=login\nseconds=soon\n", "seconds=1\nby=login\n"])
def test_a_result_of_an_unknown_shape_is_none(text):
    with pytest.raises(FactError):
        watched(text or "x")


def test_versions_and_room_are_read_strictly():
    text = (
        "@@begin machine\nm1\n@@end machine 0\n@@begin version\nUsing library: libvirt 9.0.0\n"
        "Running hypervisor: QEMU 7.2.22\n@@end version 0\n"
    )
    assert AskHypervisor().parse(Result(0, text.encode(), b"")) == ("m1", {"libvirt": (9, 0), "QEMU": (7, 2)})
    for before, after, because in (
        ("@@end version 0", "@@end version 127", "is no hypervisor"),
        ("QEMU 7.2.22", "?", "names no version"),
    ):
        with pytest.raises(FactError, match=because):
            AskHypervisor().parse(Result(0, text.replace(before, after).encode(), b""))
    room = AskRoom("/images", ())
    assert room.parse(Result(0, b"free=3\nused=2\nmemory=1\n", b"")) == Room(3, 2, 1)
    with pytest.raises(FactError):
        room.parse(Result(0, b"free=3\nused=\n", b""))
