"""A backup that a requester names: what is looked at before anybody approved, and what is refused."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from changes.kinds import Context
from changes.plan import Check, Refusal
from hypervisors.libvirt.facts import AskFiles
from hypervisors.safety import Look
from hypervisors.values import VM, Disk, Power
from readiness.proof.backup import AskBackup, why_no_backup
from readiness.proof.facts import AskHypervisor, gather
from readiness.proof.judges import judge
from readiness.proof.planner import plan
from readiness.proof.wish import Wish
from ssh.facts import FactError
from ssh.session import Result
from tests.hypervisors import recorded
from tests.readiness.proofs import UUID, planned

QEMU_IMG = """#!/bin/sh
echo "$*" >>"$0.asked"
echo '{"format": "qcow2"}'
"""
PATH = "/backup/app01.qcow2"


def header(version: int = 3, backing: int = 0, features: int = 0) -> bytes:
    """The first bytes of a qcow2: magic, version, where the backing file's name stands; then what it needs."""
    first = b"QFI\xfb" + version.to_bytes(4, "big") + backing.to_bytes(8, "big")
    return first.ljust(72, b"\1") + features.to_bytes(8, "big")


class Disks:
    """The script as it runs on a hypervisor, beside a qemu-img of ours that keeps what it was asked."""

    def __init__(self, home: Path) -> None:
        self.home, self.qemu = home, home / "bin" / "qemu-img"
        self.qemu.parent.mkdir()
        self.qemu.write_text(QEMU_IMG)
        self.qemu.chmod(0o755)

    def why_not(self, path: Path, form: str = "qcow2") -> str:
        fact = AskBackup(str(path), form)
        env = {"PATH": f"{self.qemu.parent}:{os.environ['PATH']}", "LC_ALL": "C"}
        done = subprocess.run(fact.command().argv, env=env, capture_output=True, timeout=30, check=False)
        return fact.parse(Result(done.returncode, done.stdout, done.stderr))

    def asked(self) -> str:
        kept = Path(f"{self.qemu}.asked")
        return kept.read_text() if kept.exists() else ""


@pytest.fixture
def disks(tmp_path: Path) -> Disks:
    return Disks(tmp_path)


def image(disks: Disks, content: bytes) -> Path:
    path = disks.home / "app01.img"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "whole",
    [header(), header(2, features=4), header(features=1 << 3), b"no image"],
    ids=["third version", "second version", "another feature", "no header"],
)
def test_a_whole_file_is_read_without_what_lies_below_it(disks, whole):
    path = image(disks, whole)
    assert disks.why_not(path) == ""
    assert disks.asked() == f"info --output=json -U -f qcow2 -- {path}\n"


@pytest.mark.parametrize(
    "needs",
    [header(backing=528), header(2, backing=104), header(features=4), header(features=5)],
    ids=["backing file", "backing file, second version", "data file", "data file, dirty"],
)
def test_what_a_header_names_is_not_followed(disks, needs):
    path = image(disks, needs)
    assert "Make a whole copy of it with `qemu-img convert`, then prove that." in disks.why_not(path)
    assert disks.asked() == ""
    assert disks.why_not(path, "raw") == ""


def test_only_a_regular_file_is_opened(disks):
    os.mkfifo(disks.home / "fifo")
    for path in (disks.home / "fifo", Path("/dev/null"), disks.home):
        assert "is no regular file" in disks.why_not(path, "raw")
    assert "There is no file" in disks.why_not(disks.home / "none")
    assert disks.asked() == ""


def test_what_qemu_img_says_is_read_strictly(disks):
    disks.qemu.write_text("#!/bin/sh\necho 'Image is not in qcow2 format' >&2\nexit 1\n")
    assert "cannot be read as qcow2: Image is not in qcow2 format" in disks.why_not(image(disks, b"x"))
    fact = AskBackup(PATH, "qcow2")
    for said in (
        '{"backing-filename": "nbd://192.0.2.9/x"}',
        '{"format-specific": {"data": {"data-file": "/dev/sda"}}}',
    ):
        assert "needs another file" in fact.parse(Result(0, said.encode(), b""))
    for said in ("", "[]", '{"format-specific": 3}', "what?"):
        with pytest.raises(FactError):
            fact.parse(Result(0, said.encode(), b""))


def vm(name: str, disk: Disk, power: Power = Power.OFF, uuid: str = UUID) -> VM:
    return VM(uuid, name, power, (disk,), (disk,))


MINE = Disk("sda", "scsi", "/images/app01.qcow2", format="qcow2")
SAME = {PATH: "file fe00:7", "/images/app01.qcow2": "file fe00:7", "/images/over.qcow2": "file fe00:8"}


@pytest.mark.parametrize("power", [Power.OFF, Power.ON])
@pytest.mark.parametrize(
    ("of", "because"),
    [
        (vm("payroll", MINE, uuid="other"), "is a disk of payroll, so it is no backup"),
        (vm("payroll", replace(MINE, format="raw"), uuid="other"), "for which it is raw and not qcow2"),
        (vm("app01", MINE), "is a disk of app01 itself. Leave Backup empty"),
        (vm("app01", replace(MINE, format="raw")), "for which it is raw and not qcow2"),
    ],
)
def test_a_disk_of_a_vm_by_any_name_is_no_backup_and_is_not_opened(of, because, power):
    def ask(fact: Any) -> Any:
        raise AssertionError(f"{fact} was asked for")

    (said,) = why_no_backup(ask, PATH, "qcow2", UUID, Look((replace(of, power=power),), SAME))
    assert because in said


def test_what_overlays_stand_on_may_be_a_backup():
    over = vm("clone", Disk("sda", "scsi", "/images/over.qcow2", format="qcow2", chain=(PATH,)), Power.ON)
    assert why_no_backup(lambda fact: "", PATH, "qcow2", UUID, Look((over,), SAME)) == []  # type: ignore[arg-type]


VM42 = "ba4008e2-9e32-4995-bb70-ad5060b26c40"


def hypervisor(backup: str = "") -> Any:
    """The recorded hypervisor, with one file more that is a backup; `backup` why it is none."""

    def ask(fact: Any) -> Any:
        if isinstance(fact, AskHypervisor):
            return "m1", {"libvirt": (9, 0), "QEMU": (7, 2)}
        if isinstance(fact, AskFiles):
            return recorded.ask(fact) | {PATH: "file fe00:7"}
        return backup if isinstance(fact, AskBackup) else recorded.ask(fact)

    return ask


@pytest.mark.parametrize(
    ("asked", "backup", "because"),
    [
        ({"image": PATH, "format": "qcow2"}, "It needs another file.", "It needs another file."),
        ({"image": f"{recorded.IMAGES}/app01.qcow2", "format": "qcow2"}, "", "is a disk of app01, so it is no backup"),
        ({"image": f"{recorded.IMAGES}/old.qcow2", "format": "raw"}, "", "for which it is qcow2 and not raw"),
        ({"image": "nbd://192.0.2.9/x", "format": "raw"}, "never asked", "is no absolute path"),
    ],
)
def test_a_plan_is_refused_for_it(asked, backup, because):
    wish = Wish("hv01", "vm42", "vm42", VM42, **asked)
    made = plan(wish.to_json(), gather(wish, hypervisor(backup)))
    assert isinstance(made, Refusal) and because in " ".join(made.reasons)


def test_a_disk_that_the_kernel_calls_a_block_device_is_told():
    wish = Wish("hv01", "vm42", "vm42", VM42)
    old = f"{recorded.IMAGES}/old.qcow2"

    def ask(fact: Any) -> Any:
        return {old: "block fd:3"} if isinstance(fact, AskFiles) else hypervisor()(fact)

    assert gather(wish, ask)["vm"]["devices"] == [old] and gather(wish, hypervisor())["vm"]["devices"] == []


def test_a_backup_is_looked_at_again_before_it_is_copied_and_started():
    made = planned(image=PATH, format="qcow2")
    checks = [check for step in made.steps for check in step.precheck if check.rule == "backup-whole"]
    assert len(checks) == 2 and checks[0] == checks[1] == Check(*_said(checks[0]))
    for why, holds in (("", True), ("It needs another file.", False)):
        assert judge(checks[0], Context(hypervisor(why), made, "/run/7")).holds is holds
    assert made.step("start").precheck[0] == checks[0]

    def only(fact: Any) -> Any:
        assert isinstance(fact, AskBackup), "what the clone's disks stand on was followed"
        return "It needs another file."

    assert not judge(checks[0], Context(only, made, "/run/7")).holds
    assert not [c for step in planned().steps for c in step.precheck if c.rule == "backup-whole"]


def _said(check: Check) -> Any:
    return check.rule, check.sentence, {"image": PATH, "format": "qcow2"}
