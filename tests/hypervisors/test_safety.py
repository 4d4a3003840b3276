"""What may not be attached, started or copied, and which disk of the guest it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hypervisors.safety import Look, judge_attach, judge_start, judge_template
from hypervisors.values import VM, Disk, Image, Power

OLD = Image("/i/old", "qcow2", 100)
FILES = {"/i/old": "file 1", "/i/link": "file 1", "/i/base": "file 2", "/i/app01": "file 3"}


def vm(name: str, power: Power, *disks: Disk, later: tuple[Disk, ...] | None = None) -> VM:
    return VM(name, name, power, disks, disks if later is None else later)


def disk(path: str, target: str = "sda", **more) -> Disk:
    return Disk(target, "scsi", path, **more)


APP01 = vm("app01", Power.ON, disk("/i/app01", serial="root"))


def judged(*others: VM, target: VM = APP01, image: Image = OLD, serial: str = "old"):
    return judge_attach(target, image, serial, Look((target, *others), FILES))


def test_a_disk_that_nobody_has_may_be_attached():
    assert judged() == judged(vm("vm43", Power.ON, disk("/i/other"))) and not judged().refusals and not judged().told


@pytest.mark.parametrize("power", [Power.ON, Power.PAUSED, Power.OTHER])
@pytest.mark.parametrize("path", ["/i/old", "/i/link"])
def test_a_disk_of_a_vm_that_is_not_off_is_refused_under_each_of_its_paths(power, path):
    (sentence,) = judged(vm("vm42", power, disk(path), later=())).refusals
    assert sentence.startswith("vm42 is not off and has /i/old as sda: two VMs")


def test_a_shared_or_readonly_disk_of_a_running_vm_is_refused_all_the_same():
    assert judged(vm("vm42", Power.ON, disk("/i/old", shareable=True))).refusals
    assert judged(vm("vm42", Power.ON, disk("/i/old", readonly=True))).refusals


def test_a_disk_of_a_vm_that_is_off_is_told():
    judgement = judged(vm("vm42", Power.OFF, disk("/i/old")))
    assert not judgement.refusals
    assert judgement.told == (
        "vm42 is off and would start with /i/old as sda. "
        "Do not start vm42 while another VM has the disk, or detach it there.",
    )


def test_a_disk_that_a_running_vm_gave_up_for_now_only_is_told():
    judgement = judged(vm("vm42", Power.ON, later=(disk("/i/old"),)))
    assert not judgement.refusals and "again at its next start" in judgement.told[0]


def test_cds_and_empty_drives_do_not_count():
    assert not judged(vm("vm42", Power.ON, disk("/i/old", device="cdrom"), disk("", "sdb"))).refusals


@pytest.mark.parametrize("power", [Power.ON, Power.OFF])
def test_a_base_with_children_is_refused_even_if_they_are_off(power):
    child = vm("vm42", power, disk("/i/over", chain=("/i/middle", "/i/base")))
    (sentence,) = judged(child, image=Image("/i/base", "raw", 1)).refusals
    assert sentence.startswith("/i/base is the base of /i/over, a disk of vm42")


def test_an_overlay_of_what_a_running_vm_writes_to_is_refused_and_of_one_that_is_off_told():
    overlay = Image("/i/new", "qcow2", 1, ("/i/old",))
    assert (
        "overlay of /i/old, which vm42 writes to"
        in judged(vm("vm42", Power.ON, disk("/i/link")), image=overlay).refusals[0]
    )
    judgement = judged(vm("vm42", Power.OFF, disk("/i/link")), image=overlay)
    assert not judgement.refusals and "never start vm42 again" in judgement.told[0]


def test_what_is_attached_as_wished_is_there_already_only_if_it_will_be_at_the_next_start():
    has = disk("/i/link", "sdb", serial="old")
    assert judged(target=vm("app01", Power.ON, has)).already == has
    half = judged(target=vm("app01", Power.ON, has, later=()))
    assert half.already is None and not half.refusals


@pytest.mark.parametrize("serial", ["", "other"])
def test_the_same_disk_under_another_serial_number_is_refused(serial):
    (sentence,) = judged(target=vm("app01", Power.ON, disk("/i/old", "sdb", serial=serial))).refusals
    assert sentence.startswith("app01 has /i/old already, as sdb with ") and sentence.endswith("Detach it first.")


def test_a_serial_number_that_another_disk_of_the_vm_has_is_refused():
    assert "another disk with the serial number root" in judged(serial="root").refusals[0]


@pytest.mark.parametrize("serial", ["", "a b", "x" * 21, "ä", "a'b"])
def test_a_serial_number_that_no_guest_would_show_whole_is_refused(serial):
    assert "cannot be a disk's serial number" in judged(serial=serial).refusals[0]


def test_a_vm_whose_disk_is_elsewhere_or_a_base_does_not_start():
    mine = vm("vm42", Power.OFF, disk("/i/old"), disk("", "hdc", device="cdrom"))

    def start(*others: VM):
        return judge_start(mine, Look((mine, *others), FILES)).refusals

    assert start(APP01) == ()
    assert "app01 is not off and has /i/old as sdb" in start(vm("app01", Power.PAUSED, disk("/i/link", "sdb")))[0]
    assert "is the base of /i/over" in start(vm("vm43", Power.OFF, disk("/i/over", chain=("/i/old",))))[0]
    above = replace(mine, next_disks=(disk("/i/over", chain=("/i/old",)),))
    look = Look((above, vm("app01", Power.ON, disk("/i/old"))), FILES)
    assert "overlay of /i/old, which app01 writes to" in judge_start(above, look).refusals[0]


def test_a_template_that_somebody_writes_to_is_not_copied():
    mine = vm("template", Power.OFF, disk("/i/old", chain=("/i/base",)))
    assert judge_template(mine, Look((mine,), FILES)).refusals == ()
    assert "is not off: a copy" in judge_template(replace(mine, power=Power.ON), Look((mine,), FILES)).refusals[0]
    writer = vm("vm42", Power.ON, disk("/i/base"))
    assert "vm42 is not off and writes to /i/base" in judge_template(mine, Look((mine, writer), FILES)).refusals[0]
    child = vm("vm42", Power.ON, disk("/i/child", chain=("/i/old", "/i/base")))
    assert judge_template(mine, Look((mine, child), FILES)).refusals == ()
