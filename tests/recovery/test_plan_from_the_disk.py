"""The old disk is attached before the plan is made: the plan comes from what stands on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from changes.plan import Plan
from recovery.attached import Attached
from recovery.facts.host import Dm, Mount
from recovery.judges import RULES
from tests.recovery.disks import OLD, from_disk, with_disks
from tests.recovery.story import PV, VG, facts, params, plan, refused

RUNNING = "/dev/sda"


def no(known: Any, **changes: Any) -> str:
    return refused(from_disk(**changes), known).reasons[0]


def copied(**changes: Any) -> Any:
    """The same physical volume on the running disk as well, in use there."""
    return with_disks(OLD, replace(OLD, name="sda", number="8:0", disk="sda", serial="app01-root", text=""), **changes)


def test_without_a_file_the_group_is_renamed_by_its_uuid() -> None:
    made = plan(from_disk(), with_disks())
    keys = " ".join(step.key for step in made.steps)
    assert keys == "baseline identify quiet save restore pvscan vgscan activate mount-root mount-var report count"
    command = made.step("restore").command
    assert command is not None
    assert command.argv == (VG, "vm42_RootVG", "RootVG")
    assert "vgrename by UUID is enough" in made.warnings[0]
    assert made.target["disks"] == [{"pv": PV, "serial": "vm42-root", "wwn": "", "hctl": "", "part": ""}]


def test_a_chosen_vgcfgrestore_has_the_disks_own_text_as_its_file() -> None:
    made = plan(from_disk(strategy="restore"), with_disks())
    assert [step.key for step in made.steps][:3] == ["baseline", "copy", "edit"]
    assert made.step("copy").files[0].after == OLD.text


def test_a_file_that_agrees_with_the_disk_changes_nothing() -> None:
    from_both = plan(from_disk(metadata=params()["metadata"]), with_disks())
    assert from_both.digest() == plan(from_disk(), with_disks()).digest()


def test_the_name_of_the_device_is_not_part_of_the_plan() -> None:
    moved = with_disks(replace(OLD, name="sdq", number="65:0", disk="sdq"))
    targets = [plan(from_disk(), known).target for known in (with_disks(), moved)]
    assert targets[0] == targets[1]


def test_every_rule_of_each_strategy_has_a_judge() -> None:
    hidden = with_disks(uses_devices_file=True)
    for made in (plan(from_disk(), with_disks()), plan(from_disk(), copied()), plan(from_disk(), hidden)):
        checks = [check for step in made.steps for check in (*step.precheck, *step.verify)]
        checks += [c for step in made.steps if step.undo for c in (*step.undo.precheck, *step.undo.verify)]
        assert {check.rule for check in checks} <= set(RULES)
        assert Plan.from_json(made.to_json()) == made


def test_a_copy_is_imported_and_never_put_to_sleep_by_a_uuid_that_the_running_group_has_too() -> None:
    made = plan(from_disk(), copied())
    assert "quiet" not in [step.key for step in made.steps]
    step = made.step("restore")
    assert step.command is not None
    assert step.undo is not None and step.undo.command is not None
    assert step.command.argv == ("vm42_RootVG", f"{{pv:{PV}}}")
    assert "{vg:now}" in step.undo.command.argv
    assert "is a copy: physical volume" in made.warnings[0]


@pytest.mark.parametrize("strategy", ["restore", "rename"])
def test_nobody_may_choose_another_strategy_for_a_copy(strategy: str) -> None:
    assert "Only vgimportclone is safe" in no(copied(), strategy=strategy)


def test_vgimportclone_may_be_chosen_where_no_uuid_is_there_twice() -> None:
    assert plan(from_disk(strategy="import"), with_disks()).settings["strategy"] == "import"


def test_a_copy_that_lvm_reports_on_another_device_is_seen_too() -> None:
    host = facts().host
    twin = replace(host.pvs[0], uuid=PV, number="8:32", device="/dev/sdc", duplicate=True)
    made = plan(from_disk(), with_disks(host_pvs=(*host.pvs, twin)))
    assert made.settings["strategy"] == "import"


def test_a_copy_whose_group_runs_from_another_disk_is_seen_too() -> None:
    dm = Dm("RootVG-root", "LVM-" + VG.replace("-", "") + "x" * 32, "253:9", 1, False, ("0 8 linear 8:0 2048",))
    made = plan(from_disk(), with_disks(host_mappings=(*facts().host.mappings, dm)))
    assert made.settings["strategy"] == "import"


def test_a_copy_without_serial_number_cannot_be_told_from_its_original() -> None:
    nameless = replace(OLD, serial="", hctl="", wwn="")
    twin = replace(OLD, name="sda", number="8:0", disk="sda", text="", serial="x")
    known = with_disks(replace(nameless, wwn="vm42-root"), twin)
    assert plan(from_disk(), known).settings["strategy"] == "import"


def test_a_disk_that_is_not_there_is_named_with_those_that_are() -> None:
    said = no(with_disks(), disk="other")
    assert said.startswith("No disk called other is attached to the host, also after a rescan.")
    assert "Idle disks with an LVM label: sdb (serial vm42-root)." in said
    gone = no(replace(with_disks(), attached=()))
    assert "No idle disk with an LVM label is there. Attach it, then look again." in gone


def mapping(opened: int, uuid: str = "") -> Dm:
    return Dm(
        "RootVG-old", uuid or "LVM-" + VG.replace("-", "") + "y" * 32, "253:7", opened, False, ("0 8 linear 8:16 0",)
    )


def test_a_disk_in_use_is_refused() -> None:
    host = facts().host
    mounted = Mount("8:16", "/data", "ext4", "/dev/sdb", ("rw",))
    assert "is in use itself, on /data" in no(with_disks(host_mounts=(*host.mounts, mounted)))
    assert "is in use itself, on swap" in no(with_disks(host_swaps=("/dev/sdb",)))
    assert "volume RootVG-old lies on it and is open." in no(with_disks(host_mappings=(*host.mappings, mapping(1))))
    inside = Mount("253:7", "/srv", "ext4", "/dev/mapper/x", ("rw",))
    known = with_disks(host_mappings=(*host.mappings, mapping(1)), host_mounts=(*host.mounts, inside))
    assert "is open on /srv." in no(known)
    crypt = with_disks(host_mappings=(*host.mappings, mapping(0, "CRYPT-LUKS2-1")))
    assert "which is no logical volume" in no(crypt)


def test_a_group_that_the_system_woke_is_put_to_sleep_first() -> None:
    made = plan(from_disk(), with_disks(host_mappings=(*facts().host.mappings, mapping(0))))
    assert "quiet" in [step.key for step in made.steps]


def test_an_awake_copy_is_for_a_person() -> None:
    known = copied(host_mappings=(*facts().host.mappings, mapping(0)))
    assert "Volumes of the copy are active: RootVG-old." in no(known)


def test_two_disks_of_one_name_are_told_apart_by_a_person() -> None:
    twin = replace(OLD, name="sdc", number="8:32", disk="sdc", hctl="0:0:2:0")
    assert "are all called vm42-root; use the SCSI address." in no(with_disks(OLD, twin))


@pytest.mark.parametrize(
    ("device", "said"),
    [
        (replace(OLD, pv="", text=""), "It has no LVM label."),
        (replace(OLD, pv="", text="", damage="The label is torn."), "The label is torn."),
        (replace(OLD, text="", damage="The text is torn."), "cannot be used: The text is torn."),
        (replace(OLD, text="nonsense {"), "cannot be used:"),
        (replace(OLD, text=""), "It belongs to no volume group."),
        (replace(OLD, pv_size=2**30), "it is cut short"),
        (replace(OLD, pv="AAAAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA"), "cannot be used"),
    ],
)
def test_a_disk_that_says_nothing_usable_is_refused(device: Attached, said: str) -> None:
    assert said in no(with_disks(device))


def two_disks() -> tuple[str, Attached, Attached]:
    """A group on two physical volumes, made from the story's text."""
    text = OLD.text
    begin = text.index("pv0 {")
    end = text.index("}", begin) + 1
    second = "BBBBBB-BBBB-BBBB-BBBB-BBBB-BBBB-BBBBBB"
    both = text[:end] + "\n" + text[begin:end].replace("pv0", "pv1").replace(PV, second) + text[end:]
    one = replace(OLD, text=both)
    return both, one, replace(one, name="sdc", number="8:32", disk="sdc", serial="vm42-more", pv=second)


def test_all_disks_of_a_group_are_found_by_naming_one() -> None:
    _, one, other = two_disks()
    made = plan(from_disk(), with_disks(one, other))
    assert [disk["serial"] for disk in made.target["disks"]] == ["vm42-root", "vm42-more"]
    assert made.target == plan(from_disk(disk="vm42-more"), with_disks(one, other)).target


def test_a_group_of_which_a_disk_is_missing_is_refused() -> None:
    _, one, other = two_disks()
    assert "lies on 2 disks, and physical volume BBBBBB" in no(with_disks(one))
    copy = replace(other, name="sdd", number="8:48", disk="sdd", serial="more")
    assert "is there 2 times" in no(with_disks(one, other, copy))


def test_disks_that_do_not_agree_on_their_group_are_refused() -> None:
    text, one, other = two_disks()
    seqno = text[text.index("seqno =") :].split("\n", 1)[0]
    assert "do not agree on it" in no(with_disks(one, replace(other, text=text.replace(seqno, "seqno = 99"))))
    assert "do not agree on it" in no(with_disks(one, replace(other, text="torn {")))


def test_a_disk_without_text_of_its_own_is_described_by_the_others() -> None:
    _, one, other = two_disks()
    made = plan(from_disk(), with_disks(replace(one, text=""), other))
    assert len(made.target["disks"]) == 2


def test_two_physical_volumes_on_one_disk_are_for_a_person() -> None:
    parts = [replace(OLD, name=f"sdb{n}", number=f"8:{n}", part=str(n)) for n in (17, 18)]
    assert "holds 2 physical volumes" in no(with_disks(*parts))


def test_a_file_that_disagrees_shows_what_differs() -> None:
    newer = params()["metadata"].replace("seqno = ", "seqno = 1")
    said = no(with_disks(), metadata=newer)
    assert said.startswith("The file does not agree with the disk.")
    assert "Leave the file out, and the plan is made from the disk itself." in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"disk": "/dev/sdb"}, "is a name that changes with the order of arrival"),
        ({"disk": "sdb"}, "is a name that changes with the order of arrival"),
        ({"disk": "a b"}, "is no serial number, WWN or SCSI address"),
        ({"strategy": "pray"}, "There is no strategy 'pray'"),
        ({"disk": "", "metadata": params()["metadata"], "strategy": "rename"}, "works on the attached disk"),
        ({"disk": ""}, "Upload the old VM's LVM backup file"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in " ".join(refused(from_disk(**changes), with_disks()).reasons)


def test_a_host_with_a_devices_file_is_shown_the_disk_first() -> None:
    made = plan(from_disk(), with_disks(uses_devices_file=True))
    assert [step.key for step in made.steps][:3] == ["baseline", "admit", "identify"]


def test_a_copy_is_not_imported_beside_a_devices_file() -> None:
    assert "Regroup does not import copies there" in no(copied(uses_devices_file=True))
