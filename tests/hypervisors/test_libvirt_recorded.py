"""The driver and its facts on what a real libvirtd answered."""

from __future__ import annotations

import re

import pytest

from hypervisors.libvirt import Libvirt
from hypervisors.libvirt.facts import AskDomains, AskFiles, AskImage, AskPower, AskSizes, AskXML, GoneMeanwhile
from hypervisors.libvirt.words import Virsh, must, said
from hypervisors.libvirt.xml import buses, disk_xml, disks, free_target, parsed
from hypervisors.protocol import Disk, HypervisorError, Nic, Power
from ssh.facts import FactError
from ssh.session import Result
from tests.hypervisors.recorded import IMAGES, VIRSH, answers, session

VIRTUAL = Virsh()
FAILED = Result(1, b"", b"error: Failed to attach device\nerror: internal error: no\n")


def ok(text: str) -> Result:
    return Result(0, text.encode(), b"")


def test_every_domain_is_listed_with_its_disks_and_what_they_stand_on():
    app01, vm42, vm43 = sorted(Libvirt(session()).vms(), key=lambda vm: vm.name)
    assert [vm.power for vm in (app01, vm42, vm43)] == [Power.PAUSED, Power.OFF, Power.OFF]
    assert (app01.holds_disks, vm42.holds_disks) == (True, False)
    root = Disk(
        "sda", "scsi", f"{IMAGES}/over.qcow2", serial="vm43-root", format="qcow2", chain=(f"{IMAGES}/base.img",)
    )
    drive = Disk("hdc", "ide", "", device="cdrom", readonly=True)
    assert set(vm43.disks) == {root, drive} and vm43.disks == vm43.next_disks
    assert app01.nics == (Nic("52:54:00:0b:00:02", "user"),)
    assert app01.buses == ("scsi", "virtio")


def test_one_domain_has_sizes_and_snapshots():
    vm = Libvirt(session()).vm("vm42")
    assert ({disk.target: disk.size for disk in vm.disks}, vm.snapshots) == (
        {"sda": 16 << 20, "hdc": None},
        ("before",),
    )


def test_an_attach_sends_one_disk_for_now_and_later_and_looks_again():
    asked = session()
    given = Libvirt(asked).attach("app01", f"{IMAGES}/old.qcow2", "old-rootvg", format="qcow2")
    assert (given.disk.target, given.disk.size, given.by_id) == ("sdb", 16 << 20, "scsi-0QEMU_QEMU_HARDDISK_old-rootvg")
    assert [line for line in given.told if "vm42 is off and would start with" in line]
    (sent,) = [command for command in asked.asked if "attach-device" in command.argv]
    assert sent.argv[-2:] == ("--live", "--config")
    assert sent.stdin == disk_xml(f"{IMAGES}/old.qcow2", "qcow2", "sdb", "scsi", "old-rootvg")
    shown = [command.to_show() for command in asked.asked]
    at = shown.index(sent.to_show())
    assert shown[at - 1].startswith("stat "), "the last look is right before"


@pytest.mark.parametrize(
    ("vm", "path", "serial", "bus", "sentence"),
    [
        ("app01", "nbd:evil", "s", "", "'nbd:evil' is no absolute path"),
        ("nobody", f"{IMAGES}/old.qcow2", "s", "", "There is no VM nobody"),
        ("app01", f"{IMAGES}/old.qcow2", "a b", "", "'a b' cannot be a disk's serial number"),
        (
            "app01",
            f"{IMAGES}/old.qcow2",
            "s",
            "sata",
            "takes no disk on the bus sata while it runs; it would on scsi or",
        ),
        ("vm43", f"{IMAGES}/old.qcow2", "s", "tape", "There is no bus tape"),
    ],
)
def test_a_bad_wish_is_one_sentence_and_changes_nothing(vm, path, serial, bus, sentence):
    asked = session()
    with pytest.raises(HypervisorError, match=re.escape(sentence)):
        Libvirt(asked).attach(vm, path, serial, format="qcow2", bus=bus)
    assert not [command for command in asked.asked if "attach-device" in command.argv]


def test_a_refusal_of_libvirt_is_told_in_its_words():
    with pytest.raises(HypervisorError, match="was not attached to app01: Failed to attach device internal error: no$"):
        Libvirt(session(attach_device=FAILED)).attach("app01", f"{IMAGES}/old.qcow2", "old-rootvg", format="qcow2")


def test_a_disk_that_libvirt_took_and_does_not_show_is_no_success():
    known = session()
    first = {command: given[:1] for command, given in answers().items()}
    known._answers.update(first)
    with pytest.raises(HypervisorError, match="does not show .* although libvirt took it"):
        Libvirt(known).attach("app01", f"{IMAGES}/old.qcow2", "old-rootvg", format="qcow2")


def test_a_crashed_domain_is_switched_off_before_it_is_started():
    known = session()
    app01 = next(command for command in known._answers if command.endswith("--inactive")).split()[-2]
    known._answers[f"{VIRSH}domstate {app01}"] = [ok("crashed\n")]
    with pytest.raises(HypervisorError, match="app01 is neither on nor off: it crashed"):
        Libvirt(known).power_on("app01")
    assert not [command for command in known.asked if {"start", "resume"} & set(command.argv)]


def test_a_domain_that_goes_away_during_the_list_has_it_read_again():
    gone = answers()[f"{VIRSH}domstate nobody"][0]
    with pytest.raises(GoneMeanwhile):
        AskPower(VIRTUAL, "nobody").parse(gone)
    asked = session(domstate=gone)
    with pytest.raises(HypervisorError, match="removed while it was read"):
        Libvirt(asked).vms()
    assert [command.argv[4] for command in asked.asked].count("list") == 3


@pytest.mark.parametrize(
    ("fact", "result"),
    [
        (AskDomains(VIRTUAL), ok("no-uuid name\n")),
        (AskDomains(VIRTUAL), FAILED),
        (AskPower(VIRTUAL, "x"), ok("dancing\n")),
        (AskSizes(VIRTUAL, "x"), ok("Target Capacity Allocation Physical\n---\nsda 1 2\n")),
        (AskSizes(VIRTUAL, "x"), ok("sda many 2 3\n")),
        (AskImage(VIRTUAL, "/a", "raw"), ok("[]")),
        (AskImage(VIRTUAL, "/a", "raw"), ok("no json")),
        (AskImage(VIRTUAL, "/a", "raw"), Result(1, b"", b"qemu-img: Could not open")),
        (AskFiles(VIRTUAL, ("/a",)), ok("fe00:1 0:0 regular file|/b\n")),
        (AskFiles(VIRTUAL, ("/a",)), Result(1, b"", b"stat: cannot statx '/a': Permission denied")),
        (AskXML(VIRTUAL, "x"), ok("<domain>")),
        (AskXML(VIRTUAL, "x"), ok("<network/>")),
        (AskXML(VIRTUAL, "x"), ok("<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domain>&e;</domain>")),
    ],
)
def test_an_unknown_shape_raises(fact, result):
    with pytest.raises(FactError):
        fact.parse(result)


def test_a_block_device_is_the_same_under_each_of_its_names_and_what_is_missing_is_left_out():
    text = "5:9 fd:3 block special file|/dev/a\n5:10 fd:3 block special file|/dev/b\nfe00:1 0:0 regular file|/c\n"
    missing = b"stat: cannot statx '/d': No such file or directory\n"
    found = AskFiles(VIRTUAL, ("/dev/a", "/dev/b", "/c", "/d")).parse(Result(1, text.encode(), missing))
    assert found == {"/dev/a": "block fd:3", "/dev/b": "block fd:3", "/c": "file fe00:1"}


def test_what_a_program_says_is_one_short_line():
    assert said(Result(3, b"", b"")) == "it ended with exit code 3 and said nothing"
    assert len(said(Result(1, b"", b"x" * 900))) == 300
    assert must(ok("fine"), "Nothing").text == "fine"


def test_root_asks_through_sudo_and_in_english():
    command = Virsh("qemu:///system", sudo=True)("list")
    assert command.to_show() == "sudo virsh -q -c qemu:///system list" and "LC_ALL=C" in command.words()


def test_a_place_for_a_disk_is_free_on_its_bus():
    assert free_target("virtio", {"sda", "vda"}) == "vdb"
    with pytest.raises(FactError, match="All 26 places"):
        free_target("scsi", {f"sd{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"})


def test_without_a_controller_or_acpi_no_disk_goes_in_live():
    assert buses(parsed("<domain><devices><controller type='scsi' model='lsilogic'/></devices></domain>")) == ()


def test_a_disk_without_a_place_is_an_unknown_shape():
    with pytest.raises(FactError, match="has no target"):
        disks(parsed("<domain><devices><disk/></devices></domain>"))
