"""What a person, another program or LVM may do meanwhile, and the sentence it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from changes.kinds import Verdict
from recovery.facts.areas import AskAreas, AskSaved, Saved
from recovery.facts.files import AskFile, AskGroupInFile, AskRoom
from recovery.facts.host import AskBaseline, AskHost, Dm, HostState, Mount
from recovery.facts.labels import AskLabels, AskTexts, Labelled
from recovery.facts.mounts import AskContents, AskHolders, AskVolume, VolumeState
from recovery.lvm.label import LabelError, Location
from ssh.facts import FactError
from tests.recovery.story import (
    DEVICES_VAR,
    PV,
    RUN_DIR,
    Recorded,
    check,
    found_before,
    host_at,
    judge,
    load,
    params,
    plan,
)

OTHER = "zzzzzz-zzzz-zzzz-zzzz-zzzz-zzzz-zzzzzz"


def labels(moment: str, **changes: Any) -> tuple[Labelled, ...]:
    """The labels at a moment, with the old disk changed."""
    known = Recorded(moment)(AskLabels())
    return tuple(replace(device, **changes) if device.name == "sdb" else device for device in known)


def host(moment: str, step: str, rule: str, state: HostState, **kwargs: Any) -> Verdict:
    return judge(moment, check(step, rule), changed={AskHost: state, **kwargs.pop("changed", {})}, **kwargs)


def disk(moment: str, step: str, rule: str, devices: tuple[Labelled, ...], **kwargs: Any) -> Verdict:
    return judge(moment, check(step, rule), changed={AskLabels: devices, **kwargs.pop("changed", {})}, **kwargs)


def text_at(moment: str, old: str, new: str) -> Mapping[type, Any]:
    """The disk's own text with a word changed."""
    answer = Recorded(moment)(AskTexts((("/dev/sdb", 4096),)))
    changed = {area: text.replace(old, new) for area, text in answer.items()}
    assert changed != answer
    return {AskTexts: changed}


def test_another_machine_under_the_hosts_name() -> None:
    verdict = host("ready", "baseline", "host-as-planned", host_at("ready", machine_id="other"))
    assert "another machine than the planned one" in verdict.sentence


def test_a_running_group_renamed_since_the_plan() -> None:
    groups = (replace(host_at("ready").groups[0], name="Renamed"),)
    verdict = host("ready", "baseline", "host-as-planned", host_at("ready", groups=groups))
    assert "is gone or renamed" in verdict.sentence


def test_a_full_etc() -> None:
    verdict = judge("ready", check("baseline", "room"), changed={AskRoom: {"/etc/lvm": 0}})
    assert verdict.sentence.startswith("/etc/lvm has only 0 KiB free")


def test_no_baseline_yet() -> None:
    assert not judge("ready", check("baseline", "baseline-saved"), changed={AskBaseline: None}).holds


def test_a_baseline_that_vanished_is_no_guess() -> None:
    with pytest.raises(FactError, match="baseline of this run is gone"):
        judge("ready", check("attach", "disk-visible"), found={}, changed={AskBaseline: None})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"machine_id": "other"}, "another machine"),
        ({"groups": ()}, "Volume group RootVG of the running system is gone"),
        ({"groups": "name"}, "RootVG of the running system is called Hijacked now"),
        ({"groups": "seqno"}, "was changed (sequence number"),
        ({"mappings": ()}, "The mapping RootVG-root of the running system is gone"),
        ({"mappings": "name"}, "RootVG-root of the running system was changed: it is called Hijacked-root now"),
        ({"mappings": "table"}, "RootVG-root of the running system was changed: it points elsewhere now"),
    ],
)
def test_a_running_system_that_changed(changes: dict[str, Any], words: str) -> None:
    state = host_at("active")
    root, others = [], []
    for dm in state.mappings:
        (root if dm.name == "RootVG-root" else others).append(dm)
    running = next(group for group in state.groups if group.name == "RootVG")
    made = {
        "name": {
            "groups": (replace(running, name="Hijacked"),),
            "mappings": (*others, replace(root[0], name="Hijacked-root")),
        },
        "seqno": {"groups": (replace(running, seqno=running.seqno + 1),)},
        "table": {"mappings": (*others, replace(root[0], table=("0 1966080 linear 8:16 2048",)))},
    }
    real = {
        key: made[value][key] if isinstance(value, str) and value in made else value for key, value in changes.items()
    }
    verdict = host("active", "activate", "running-unchanged", replace(state, **real))
    assert not verdict.holds
    assert words in verdict.sentence


def otherwise_named(boot_id: str, **first: str) -> HostState:
    """The host whose two disks the kernel found in the other order; `first` is what it tells of each of them."""
    state, names = host_at("active"), {"sda": "sdb", "sdb": "sda", "8:0": "8:16", "8:16": "8:0"}
    disks = tuple(
        replace(disk, name=names.get(disk.name, disk.name), number=names.get(disk.number, disk.number), **first)
        for disk in state.disks
    )
    told = (
        (dm, [" ".join(names.get(word, word) for word in line.split()) for line in dm.table]) for dm in state.mappings
    )
    return replace(
        state, boot_id=boot_id, disks=disks, mappings=tuple(replace(dm, table=tuple(lines)) for dm, lines in told)
    )


def test_disks_that_another_boot_names_in_another_order_are_the_same_disks() -> None:
    verdict = host("active", "activate", "running-unchanged", otherwise_named("another"))
    assert verdict.holds, verdict.sentence


@pytest.mark.parametrize(
    "now",
    [
        otherwise_named(host_at("active").boot_id),
        otherwise_named("another", serial="", wwn=""),
        otherwise_named("another", serial="QM00001"),
        replace(host_at("active"), boot_id="another", disks=otherwise_named("another").disks),
    ],
    ids=[
        "within a boot",
        "disks that tell nothing of themselves",
        "disks of one serial number",
        "another disk after a boot",
    ],
)
def test_a_running_volume_on_another_disk_is_never_the_same(now: HostState) -> None:
    verdict = host("active", "activate", "running-unchanged", now)
    assert not verdict.holds
    assert "RootVG-root of the running system was changed: it points elsewhere now" in verdict.sentence


def test_a_file_changed_on_the_host() -> None:
    verdict = judge("ready", check("edit", "file-is"), changed={AskFile: "0" * 64})
    assert "Somebody changed it" in verdict.sentence


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((None, "Parse error at byte 7"), "Parse error at byte 7"),
        ((None, ""), "nothing"),
        (("Other", ""), "group Other"),
    ],
)
def test_a_file_that_lvm_reads_otherwise(answer: Any, words: str) -> None:
    assert words in judge("ready", check("edit", "lvm-reads"), changed={AskGroupInFile: answer}).sentence


def test_the_right_label_on_a_disk_that_was_there_before() -> None:
    verdict = judge(
        "attached", check("rescan", "disks-arrived"), found={"baseline": {"state": host_at("attached").to_json()}}
    )
    assert "it was there before this run began" in verdict.sentence
    assert verdict.not_yet


def test_the_same_physical_volume_on_two_new_disks() -> None:
    known = labels("attached")
    twin = replace(known[-1], name="sdc", number="8:32")
    verdict = disk("attached", "rescan", "disks-arrived", (*known, twin))
    assert "is there twice, on sdb" in verdict.sentence
    assert "must be on exactly one new disk" in disk("attached", "identify", "identified", (*known, twin)).sentence


def test_one_disk_of_two() -> None:
    made = plan()
    two = replace(made, target={**made.target, "pv_uuids": [PV, OTHER]})
    verdict = judge("attached", check("rescan", "disks-arrived"), of=two)
    assert f"Not every disk of the group is there yet: physical volume {OTHER} is missing" in verdict.sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": None}, "It has no LVM label"),
        ({"label": None, "damage": "Its checksum is wrong."}, "checksum is wrong"),
    ],
)
def test_a_new_disk_without_a_good_label(changes: dict[str, Any], words: str) -> None:
    assert words in disk("attached", "rescan", "disks-arrived", labels("attached", **changes)).sentence


@pytest.mark.parametrize("answer", [LabelError("damaged"), "", "not LVM"])
def test_a_stranger_whose_text_cannot_be_read_is_named_by_its_label(answer: Any) -> None:
    verdict = judge("stranger", check("rescan", "disks-arrived"), changed={AskTexts: {("/dev/sdb", 4096): answer}})
    assert "Its label says physical volume" in verdict.sentence
    assert "DataVG" not in verdict.sentence


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seqno = ", "seqno = 1", "The file is older than the disk"),
        ("root {", "home {", 'Logical volume "home" on the disk is called "root"'),
        ("segment1 {", "segment9 {{", "its metadata cannot be read"),
    ],
)
def test_a_disk_that_does_not_agree_with_the_file(old: str, new: str, words: str) -> None:
    assert words in judge("attached", check("identify", "identified"), changed=text_at("attached", old, new)).sentence


@pytest.mark.parametrize(
    ("answer", "words"),
    [(LabelError("Its checksum is wrong."), "checksum is wrong"), ("", "belongs to no volume group")],
)
def test_a_disk_without_readable_metadata(answer: Any, words: str) -> None:
    verdict = judge("attached", check("identify", "identified"), changed={AskTexts: {("/dev/sdb", 4096): answer}})
    assert words in verdict.sentence


def test_a_group_whose_disks_carry_no_metadata_at_all() -> None:
    known = labels("attached")
    bare = labels("attached", label=replace(known[-1].label, metadata_areas=()))
    verdict = disk("attached", "identify", "identified", bare, changed={AskTexts: {}})
    assert "None of the physical volumes carries metadata" in verdict.sentence


def test_a_disk_that_is_cut_short() -> None:
    verdict = disk("attached", "identify", "identified", labels("attached", size=1000))
    assert "No new" in verdict.sentence or "cut short" in verdict.sentence


def test_a_layout_without_room_for_metadata() -> None:
    label = replace(labels("attached")[-1].label, data_areas=(Location(512, 0),))
    verdict = disk("attached", "identify", "identified", labels("attached", label=label))
    assert "there is no room for metadata" in verdict.sentence


def test_a_second_metadata_area_is_saved_too() -> None:
    label = labels("attached")[-1].label
    both = replace(label, metadata_areas=(*label.metadata_areas, Location(535_822_336, 1_048_576)))
    assert labels("attached", label=both)[-1].areas == "0:1048576,535822336:1048576"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mappings": (Dm("crypt", "CRYPT-1", "254:9", 0, False, ("0 8 crypt 8:16 0",)),)}, "in use by crypt"),
        ({"mounts": (Mount("8:16", "/mnt/x", "ext4", "/dev/sdb", ("rw",)),)}, "in use itself, on /mnt/x"),
        ({"swaps": ("/dev/sdb",)}, "in use itself, on swap"),
        ({"pvs": ()}, "LVM on this host does not see sdb"),
        ({"pvs": "duplicate"}, "is there twice"),
    ],
)
def test_a_disk_that_something_else_uses(changes: dict[str, Any], words: str) -> None:
    state = host_at("attached")
    if changes.get("pvs") == "duplicate":
        changes = {"pvs": tuple(replace(pv, duplicate=True) for pv in state.pvs)}
    verdict = host("attached", "identify", "identified", replace(state, **changes))
    assert words in verdict.sentence
    assert words in host("saved", "restore", "ready-to-restore", replace(state, **changes)).sentence


def test_a_holder_that_is_no_mapping() -> None:
    assert "in use by md0" in disk("attached", "identify", "identified", labels("attached", holders=("md0",))).sentence


def test_a_group_woken_under_its_old_name() -> None:
    woken = tuple(replace(dm, name=dm.name.replace("vm42_RootVG", "DataVG")) for dm in host_at("active").mappings)
    verdict = host("attached", "quiet", "old-name-asleep", host_at("attached", mappings=woken))
    assert "Active under the old name: DataVG-root, DataVG-swap and DataVG-var." in verdict.sentence


def test_an_opened_volume_that_is_not_mounted() -> None:
    opened = tuple(replace(dm, opened=1) for dm in host_at("active").mappings if dm.name.startswith("vm42"))
    verdict = host("attached", "quiet", "old-volumes-unmounted", host_at("attached", mappings=opened))
    assert "is open." in verdict.sentence
    assert "is open." in host("active", "activate", "volumes-closed", host_at("active", mappings=opened)).sentence


@pytest.mark.parametrize(("options", "holds"), [(("rw", "relatime"), False), (("ro", "noload"), True)])
def test_a_volume_that_somebody_mounted_before_it_is_made_read_only(options: tuple[str, ...], holds: bool) -> None:
    state = host_at("active")
    var = next(dm for dm in state.mappings if dm.name == "vm42_RootVG-var")
    mount = Mount(var.number, "/mnt", "xfs", "/dev/mapper/vm42_RootVG-var", options)
    mounted = replace(state, mounts=(*state.mounts, mount))
    verdict = host("active", "activate", "none-written", mounted)
    assert verdict.holds is holds
    assert holds or "Volume vm42_RootVG-var is mounted on /mnt for writing" in verdict.sentence
    asked = plan(params(volumes=[{"lv": "var", "mount_point": "/recovered/vm42/var", "read_write": True}]))
    assert host("active", "activate", "none-written", mounted, of=asked).holds


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ({PV: Saved("0:1048576", "a", "b")}, "were changed on the host"),
        ({PV: Saved("0:512", "a", "a")}, "are not those that its label names"),
    ],
)
def test_saved_areas_that_are_no_use(saved: Any, words: str) -> None:
    assert words in judge("saved", check("save", "areas-saved"), changed={AskSaved: saved}).sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"groups": "name"}, "There is a volume group called vm42_RootVG by now"),
        ({"dev": ("vm42_RootVG",)}, "/dev/vm42_RootVG exists by now"),
        (
            {"mappings": (Dm("vm42_RootVG-var", "CRYPT-1", "254:9", 0, False, ()),)},
            "/dev/mapper/vm42_RootVG-var exists by now",
        ),
    ],
)
def test_a_name_taken_meanwhile(changes: dict[str, Any], words: str) -> None:
    state = host_at("saved")
    if changes.get("groups"):
        changes = {"groups": tuple(replace(group, name="vm42_RootVG") for group in state.groups)}
    assert words in host("saved", "restore", "name-free", replace(state, **changes)).sentence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("seqno", "was changed since it was restored"),
        ("gone", "LVM does not see physical volume"),
        ("moved", "LVM sees physical volume"),
        ("extra", "that is not in the file"),
    ],
)
def test_a_restore_that_went_elsewhere(change: str, words: str) -> None:
    state = host_at("restored")
    vg = next(group for group in state.groups if group.name == "vm42_RootVG")
    pv = next(pv for pv in state.pvs if pv.group == vg.uuid)
    other = tuple(item for item in state.pvs if item is not pv)
    changes: dict[str, Any] = {
        "seqno": {"groups": (replace(vg, seqno=99),)},
        "gone": {"pvs": other},
        "moved": {"pvs": (*other, replace(pv, number="8:0", device="/dev/sda"))},
        "extra": {"pvs": (*state.pvs, replace(pv, uuid=OTHER))},
    }[change]
    assert words in host("restored", "restore", "restored", replace(state, **changes)).sentence


def test_a_restore_whose_disk_vanished() -> None:
    verdict = disk("restored", "restore", "restored", labels("restored")[:-1])
    assert "must be on exactly one new disk; it is on 0" in verdict.sentence


def test_a_group_that_lacks_a_disk() -> None:
    state = host_at("restored")
    groups = tuple(replace(group, missing=1) for group in state.groups)
    assert (
        "lacks physical volume of its own"
        in host("restored", "pvscan", "group-seen", replace(state, groups=groups)).sentence
    )
    no_pvs = replace(state, pvs=())
    assert f"lacks physical volume {PV}" in host("restored", "pvscan", "group-seen", no_pvs).sentence


def test_a_running_group_that_vanished_from_lvms_sight() -> None:
    state = host_at("restored")
    groups = tuple(group for group in state.groups if group.name != "RootVG")
    verdict = host("restored", "vgscan", "group-alone", replace(state, groups=groups))
    assert verdict.sentence == "Volume group RootVG of the running system is gone."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "RootVG-root"}, "Volume root is active as RootVG-root, not as vm42_RootVG-root"),
        (
            {"table": ("0 1 linear 8:0 2048",)},
            "Volume root does not lie on the old disk alone: its table points to 8:0",
        ),
        ({"table": ()}, "its table points to nothing"),
        ({"read_only": False}, "Volume root is active writable, though the plan says read-only"),
    ],
)
def test_a_mapping_that_is_not_as_planned(change: dict[str, Any], words: str) -> None:
    state = host_at("active")
    mappings = tuple(replace(dm, **change) if dm.name == "vm42_RootVG-root" else dm for dm in state.mappings)
    assert words in host("active", "activate", "activated", replace(state, mappings=mappings)).sentence


def test_a_volume_that_was_not_activated() -> None:
    state = host_at("active")
    mappings = tuple(dm for dm in state.mappings if dm.name != "vm42_RootVG-var")
    verdict = host("active", "activate", "activated", replace(state, mappings=mappings))
    assert verdict.sentence == "Volume var is not active."


def test_a_mapping_that_nobody_planned() -> None:
    state = host_at("active")
    extra = next(dm for dm in state.mappings if dm.name == "vm42_RootVG-var")
    extra = replace(extra, name="vm42_RootVG-var-cow", uuid=extra.uuid + "-cow")
    verdict = host("active", "activate", "activated", replace(state, mappings=(*state.mappings, extra)))
    assert verdict.sentence == "Active, but not planned: vm42_RootVG-var-cow."


def test_a_running_groups_backup_that_came_to_describe_another_group() -> None:
    state = host_at("active")
    verdict = host("active", "activate", "activated", replace(state, backups={**state.backups, "RootVG": OTHER}))
    assert f"{RUN_DIR}/baseline/etc-lvm/backup/RootVG; run vgcfgbackup RootVG" in verdict.sentence


def test_a_volume_that_is_writable_now_is_not_undone() -> None:
    state = host_at("mounted")
    loose = tuple(replace(dm, read_only=False) if dm.name == "vm42_RootVG-var" else dm for dm in state.mappings)
    verdict = host("mounted", "activate", "untouched", replace(state, mappings=loose))
    assert "Volume vm42_RootVG-var can be written to now" in verdict.sentence


def test_sectors_written_since_are_not_undone() -> None:
    state = host_at("mounted")
    disks = tuple(replace(disk, written=disk.written + 8) if disk.name == "sdb" else disk for disk in state.disks)
    verdict = host("mounted", "activate", "untouched", replace(state, disks=disks))
    assert "8 sectors were written to sdb since the restore" in verdict.sentence


@pytest.mark.parametrize(("written", "holds"), [(0, True), (8, False)])
def test_a_restart_wakes_the_group_for_writing_and_counts_from_nothing(written: int, holds: bool) -> None:
    state = host_at("mounted")
    loose = tuple(replace(dm, read_only=False) for dm in state.mappings)
    disks = tuple(replace(disk, written=written) if disk.name == "sdb" else disk for disk in state.disks)
    restarted = replace(state, boot_id="another", mappings=loose, disks=disks)
    verdict = host("mounted", "activate", "untouched", restarted)
    assert verdict.holds is holds
    assert ("nothing was written" if holds else "8 sectors were written to sdb since the host was") in verdict.sentence


def test_writing_that_was_approved_does_not_stop_the_undo() -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var", "read_write": True}]
    state = host_at("mounted")
    loose = tuple(replace(dm, read_only=False) if dm.name == "vm42_RootVG-var" else dm for dm in state.mappings)
    verdict = host("mounted", "activate", "untouched", replace(state, mappings=loose), of=plan(params(volumes=volumes)))
    assert verdict.holds
    assert "what was written there stays" in verdict.sentence


def test_metadata_that_somebody_changed_is_not_undone() -> None:
    verdict = judge("restored", check("restore", "areas-as-left"), changed={AskAreas: {"/dev/sdb": "0" * 64}})
    assert "somebody has changed the group since" in verdict.sentence


@pytest.mark.parametrize("moment", ["saved", "restored"])
def test_a_restore_that_broke_in_the_middle_can_be_undone(moment: str) -> None:
    found = found_before("baseline", "identify", "save")
    assert judge(moment, check("restore", "areas-as-left"), found=found).holds


def test_a_restore_that_broke_and_was_then_changed_by_somebody_is_not_undone() -> None:
    found = found_before("baseline", "identify", "save")
    changed = text_at("restored", "seqno = ", "seqno = 1")
    assert not judge("restored", check("restore", "areas-as-left"), found=found, changed=changed).holds


def test_a_disk_that_was_detached_by_hand_has_not_been_given_back() -> None:
    absent = labels("restored")[:-1]
    verdict = disk("restored", "restore", "given-back", absent, changed={AskFile: None})
    assert verdict.sentence == "The old metadata has not been written back yet."
    verdict = disk("restored", "restore", "areas-as-left", absent)
    assert "is not on this host. Attach the old disk again" in verdict.sentence


def test_old_metadata_that_did_not_stay_is_noticed() -> None:
    verdict = judge("restored", check("restore", "given-back"), changed={AskFile: "0" * 64})
    assert "does not have its old metadata" in verdict.sentence


def test_a_partition_of_the_old_disk_that_is_mounted_stops_the_undo() -> None:
    state = host_at("restored", mounts=(Mount("8:16", "/mnt/boot", "ext4", "/dev/sdb", ("rw",)),))
    assert "mounted on /mnt/boot" in host("restored", "restore", "old-disk-idle", state).sentence


def test_a_disk_that_the_kernel_cannot_let_go_is_to_be_detached_by_hand() -> None:
    stuck = labels("saved", removable=False)
    written = {AskFile: "0" * 64}
    assert "detach it at the hypervisor now" in disk("saved", "restore", "given-back", stuck, changed=written).sentence
    verdict = disk("saved", "rescan", "disks-gone", stuck)
    assert verdict.holds
    assert "detach it at the hypervisor now" in verdict.sentence


def volume(**changes: Any) -> dict[type, Any]:
    known: VolumeState = Recorded("mounted")(AskVolume(DEVICES_VAR, "/recovered/vm42/var"))
    return {AskVolume: replace(known, **changes)}


MOUNT = Mount("254:4", "/recovered/vm42/var", "xfs", "/dev/mapper/vm42_RootVG-var", ("ro", "norecovery"))


@pytest.mark.parametrize(
    ("rule", "changes", "words"),
    [
        ("mountable", {"uuid": "LVM-other"}, "is not volume var of the old group, whatever its name says"),
        ("mountable", {"read_only": False}, "Volume var is writable, which is not what the plan says"),
        ("mountable", {"type": "crypto_LUKS"}, "is encrypted (LUKS)"),
        ("mountable", {"type": "LVM2_member"}, "itself a physical volume of another group"),
        ("place-free", {"there": (), "full": True}, "is not empty"),
        ("place-free", {"there": (), "full": False, "barred": "/recovered/vm42"}, "/recovered/vm42 is read-only"),
        ("mounted", {"there": (replace(MOUNT, options=("rw",)),)}, "mounted for writing"),
        ("unmountable", {"mounts": (replace(MOUNT, options=("rw",)),)}, "for writing since, though the plan says"),
        ("unmountable", {"mounts": (MOUNT, replace(MOUNT, mount_point="/mnt/two"))}, "/mnt/two"),
        ("unmountable", {"there": (MOUNT, replace(MOUNT, number="8:99"))}, "something else is on top"),
    ],
)
def test_a_volume_that_is_not_as_planned(rule: str, changes: dict[str, Any], words: str) -> None:
    verdict = judge("mounted", check("mount-var", rule), changed=volume(**changes))
    assert not verdict.holds
    assert words in verdict.sentence


def test_an_empty_volume_is_skipped() -> None:
    assert "holds no file system" in judge("mounted", check("mount-var", "mounted"), changed=volume(type="")).sentence


def test_a_dirty_journal_is_said() -> None:
    verdict = judge("mounted", check("mount-var", "mounted"), changed=volume(there=(MOUNT,)))
    assert verdict.holds and verdict.found["dirty"]
    assert "what stood only in its journal is missing" in verdict.sentence


def test_somebody_at_work_in_the_volume_is_named() -> None:
    verdict = judge("mounted", check("mount-var", "unmountable"), changed={AskHolders: ((123, "bash"), (9, "vi"))})
    assert (
        verdict.sentence == "At work in /recovered/vm42/var: bash (pid 123) and vi (pid 9). End that, then undo again."
    )


def test_a_report_of_a_volume_that_is_not_mounted() -> None:
    verdict = judge("mounted", check("report", "report"), changed={AskContents: {}})
    assert verdict.sentence == "Not mounted: root and var."


def test_all_found_so_far_is_plain_json() -> None:
    assert load("found")["restore"]["areas"][PV]
