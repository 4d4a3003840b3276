"""The hand back of the story's disk: planned from what the host said while it was mounted, or refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from changes.kinds import Context, Verdict
from changes.plan import Check, Plan, Refusal
from recovery.attached import attached_of
from recovery.facts.areas import AskAreas, Saved
from recovery.facts.files import AskFile
from recovery.facts.host import AskHost, Dm, HostState, Mount
from recovery.facts.labels import AskLabels, AskTexts
from recovery.facts.mounts import AskHolders, AskVolume, VolumeState
from recovery.handback.facts import Area, Facts, gather
from recovery.handback.judges import AskListed
from recovery.handback.kind import KIND
from recovery.handback.wish import NothingToHandBack, Wish, wish_of
from recovery.lvm.metadata import rename_volume_group
from ssh.session import Result
from tests.recovery import story
from tests.recovery.story import PV, RUN_DIR, VG, Recorded, load

TEXT = rename_volume_group(story.plan().step("edit").files[0].after or "", "vm42_RootVG").replace(
    "seqno = ", "seqno = 1", 1
)
"""The group's text under its new name, a change newer (the number itself does not matter here)."""


def wish(**changes: Any) -> Wish:
    return replace(wish_of(7, story.plan(), load("found"), RUN_DIR), **changes)


def known(**changes: Any) -> Facts:
    """The facts of a day on which the volumes are mounted and nobody has changed the group."""
    host = changes.pop("host", None) or mounted()
    label = next(label for label in Recorded("mounted")(AskLabels()) if label.uuid == PV)
    made = Facts(
        host=host,
        planning=story.facts().planning,
        devices=(attached_of(label, host, TEXT),),
        areas={PV: Area("0:1048576", wish().left[PV])},
        saved={PV: Saved("0:1048576", "s", "s")},
    )
    return replace(made, **changes)


def mounted(**changes: Any) -> HostState:
    return story.host_at("mounted", **changes)


def answer(facts: Facts | None = None, asked: Wish | None = None) -> Plan | Refusal:
    return KIND.plan((asked or wish()).to_json(), (facts or known()).to_json())


def plan(facts: Facts | None = None, asked: Wish | None = None) -> Plan:
    made = answer(facts, asked)
    assert isinstance(made, Plan), made
    return made


def why_not(facts: Facts | None = None, asked: Wish | None = None) -> str:
    made = answer(facts, asked)
    assert isinstance(made, Refusal)
    return " ".join(made.reasons)


def test_an_unchanged_group_gets_its_saved_bytes_back():
    made = plan()
    keys = [step.key for step in made.steps]
    assert keys[0] == "baseline"
    assert keys[-4:] == ["deactivate", "save", "name", "detach"]
    call = made.step("name").command
    assert call is not None
    assert call.argv[:3] == (f"{RUN_DIR}/saved", "vm42_RootVG", VG)
    assert wish().left[PV] in call.argv
    assert made.settings["way"] == "saved"
    assert made.digest() == plan().digest()
    assert Plan.from_json(made.to_json()) == made


def test_every_mount_is_taken_away_the_deepest_first_and_put_back_as_it_was():
    host = mounted()
    number = next(m.number for m in host.mounts if m.mount_point == "/recovered/vm42/var")
    deeper = Mount(number, "/recovered/vm42/root/deeper", "xfs", "x", ("ro", "nouuid", "attr2", "logbufs=8"))
    steps = [s for s in plan(known(host=replace(host, mounts=(*host.mounts, deeper)))).steps if "unmount" in s.key]
    assert [step.writes[0] for step in steps] == [
        *("/recovered/vm42/var", "/recovered/vm42/root/deeper", "/recovered/vm42/root"),
    ]
    undo = steps[1].undo
    assert undo is not None
    assert undo.command is not None
    assert undo.command.argv[2:4] == ("xfs", "ro,nouuid")
    assert steps[0].command is not None
    assert steps[0].command.argv[2] == f"{RUN_DIR}/made/mount-var"


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"saved": {}}, "are no longer on app01"),
        ({"saved": {PV: Saved("0:1048576", "s", "t")}}, "are damaged"),
        ({"areas": {PV: Area("0:4096", "s")}}, "are damaged"),
        ({"areas": {PV: Area("0:1048576", "other")}}, "was changed since the recovery"),
    ],
)
def test_a_changed_group_keeps_its_changes_and_gets_the_name_alone(changes, because):
    made = plan(known(**changes))
    assert made.settings["way"] == "rewrite"
    assert because in made.warnings[0]
    file = made.step("edit").files[0]
    assert "RootVG {" in str(file.after)
    assert "vm42_RootVG {" in str(file.before)
    call = made.step("name").command
    assert call is not None
    assert call.argv[1:6] == ("vm42_RootVG", VG, "RootVG", "{run_dir}/RootVG.vg", "")


def test_a_copy_that_was_changed_keeps_the_uuids_of_its_import_and_the_plan_says_so():
    imported = wish(pvs={"before": PV}, left={})
    assert any("keeps the UUIDs" in warning for warning in plan(asked=imported).warnings)


def test_a_devices_file_forgets_the_disk_too():
    step = plan(known(planning=replace(story.facts().planning, uses_devices_file=True))).step("dismiss")
    assert step.command is not None
    assert step.command.argv == (PV,)


def without_group() -> HostState:
    host = mounted()
    return replace(host, groups=tuple(group for group in host.groups if group.uuid != VG))


def group_as(**changes: Any) -> HostState:
    host = mounted()
    return replace(host, groups=tuple(replace(g, **changes) if g.uuid == VG else g for g in host.groups))


def on_top(uuid: str) -> HostState:
    """A mapping of somebody else's on the group's first volume."""
    host = mounted()
    below = host.mappings_of(VG)[0]
    return replace(
        host, mappings=(*host.mappings, Dm("secret", uuid, "253:77", 1, False, (f"0 8 crypt {below.number} 0",)))
    )


def opened() -> HostState:
    host = mounted()
    ours = host.mappings_of(VG)[0].name
    return replace(host, mappings=tuple(replace(d, opened=5) if d.name == ours else d for d in host.mappings))


def mounted_at(point: str) -> HostState:
    host = mounted()
    number = host.mappings_of(VG)[0].number
    return replace(host, mounts=(*host.mounts, Mount(number, point, "ext4", "x", ("ro",))))


def moved_in() -> HostState:
    host = mounted()
    number = host.mappings_of(VG)[0].number
    return replace(host, mounts=tuple(replace(m, number=number) if m.mount_point == "/" else m for m in host.mounts))


def part_in_use() -> HostState:
    host = mounted()
    disk = known().devices[0].disk
    part = replace(host.disk(disk), name=f"{disk}9", number="8:99", type="part", parent=disk)
    return replace(host, disks=(*host.disks, part), mounts=(*host.mounts, Mount("8:99", "/data", "ext4", "x", ("rw",))))


def doubled() -> HostState:
    host = mounted()
    return replace(host, pvs=tuple(replace(pv, duplicate=True) if pv.uuid == PV else pv for pv in host.pvs))


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (without_group, "has no volume group with the UUID"),
        (moved_in, "is the group that app01 itself runs from"),
        (lambda: group_as(name="RootVG"), "is called RootVG already"),
        (lambda: group_as(missing=1), "is missing on app01"),
        (lambda: on_top("CRYPT-LUKS2-1"), "secret lies on a volume"),
        (opened, "held open by something else than a mount"),
        (lambda: mounted_at("/usr/local"), "belongs to the host's own system"),
        (part_in_use, "on the same disk as vm42_RootVG, is in use: /data"),
        (doubled, "LVM sees a physical volume of vm42_RootVG twice"),
    ],
)
def test_what_is_in_the_way_is_said(host, said):
    assert said in why_not(known(host=host()))


def test_a_group_that_lies_elsewhere_by_now_is_left_alone():
    assert "extended or reduced since" in why_not(asked=wish(pvs={"other": "other"}))


def test_disks_that_cannot_be_read_are_left_alone():
    device = replace(known().devices[0], text="", damage="The label's checksum is wrong.")
    assert "The label's checksum is wrong." in why_not(known(devices=(device,)))
    torn = replace(known().devices[0], text="RootVG {")
    assert "cannot be read" in why_not(known(devices=(torn,)))


def test_lines_in_the_hosts_fstab_go_first_and_can_be_put_back():
    text = "/dev/sda1 / ext4 ro 0 0\n# begin Regroup vm42_RootVG\n/dev/x /x ext4 ro 0 0\n# end Regroup vm42_RootVG\n"
    step = plan(known(fstab=text)).steps[1]
    assert (step.key, step.files[0].before, step.files[0].after) == ("lines", text, "/dev/sda1 / ext4 ro 0 0\n")
    assert step.undo is not None
    assert step.undo.command is not None
    assert step.undo.command.stdin == text


def test_a_line_of_somebody_elses_must_go_first():
    assert "Line 2 of /etc/fstab on app01 names vm42_RootVG" in why_not(known(fstab="\n/dev/vm42_RootVG/a /a ext4\n"))


def test_a_host_without_tools_is_told():
    assert "lacks flock" in why_not(known(planning=replace(story.facts().planning, lacks=("flock",))))


def test_a_request_that_lacks_something_is_refused():
    said = KIND.plan({"host": "app01"}, known().to_json())
    assert isinstance(said, Refusal)
    assert "lacks 'recovery'" in said.reasons[0]


def test_a_recovery_that_never_named_the_group_leaves_nothing():
    with pytest.raises(NothingToHandBack, match="never gave the group its new name"):
        wish_of(7, story.plan(), {}, RUN_DIR)


def test_what_the_host_says_is_gathered_with_texts_areas_and_what_was_saved():
    recorded = Recorded("mounted")
    texts, hashes = AskTexts, AskAreas

    def ask(fact: Any) -> Any:
        if isinstance(fact, texts):
            return dict.fromkeys(fact.areas, TEXT)
        if isinstance(fact, hashes):
            return {device: "hash" for device, _ in fact.areas}
        known = {"planning": story.facts().planning, "saved areas": {}, "fstab": "x"}
        return known[fact.name] if fact.name in known else recorded(fact)

    facts = gather(wish(), ask)
    assert [device.pv for device in facts.devices] == [PV]
    assert facts.areas[PV].sha256 == "hash"
    assert Facts.from_json(facts.to_json()) == facts
    assert KIND.hosts(wish().to_json()) == ("app01",)
    assert KIND.subjects(wish().to_json()) == ("vm:vm42",)
    assert "vm42's disk back from app01" in KIND.summary(wish().to_json())


# ------------------------------------------------------------------------------------------ judges


class Says:
    """Answers facts by their class; all others as while it was mounted."""

    def __init__(self, answers: dict[type, Any]) -> None:
        self.answers, self.recorded = answers, Recorded("mounted")

    def __call__(self, fact: Any) -> Any:
        return self.answers[type(fact)] if type(fact) in self.answers else self.recorded(fact)


def check(key: str, rule: str) -> Check:
    step = plan(known(planning=replace(story.facts().planning, uses_devices_file=True))).step(key)
    undo = (*step.undo.precheck, *step.undo.verify) if step.undo else ()
    return next(item for item in (*step.precheck, *step.verify, *undo) if item.rule == rule)


def judged(key: str, rule: str, **answers: Any) -> Verdict:
    kinds = {"host": AskHost, "labels": AskLabels, "texts": AskTexts, "file": AskFile, "listed": AskListed}
    kinds |= {"volume": AskVolume, "holders": AskHolders}
    ask = Says({kinds[name]: value for name, value in answers.items()})
    return KIND.judge(check(key, rule), Context(ask, plan(), RUN_DIR, {}))


MOUNT = "unmount-vm42-rootvg-var"
POINT = "/recovered/vm42/var"


def volume(*mounts: Mount, there: tuple[Mount, ...] | None = None) -> VolumeState:
    return VolumeState(True, "xfs", "u", True, "253:4", mounts, mounts if there is None else there, False)


VAR = Mount("253:4", POINT, "xfs", "x", ("ro",))


def test_who_is_inside_is_named():
    assert judged(MOUNT, "nobody-inside", volume=volume(VAR), holders=()).holds
    inside = judged(MOUNT, "nobody-inside", volume=volume(VAR), holders=((7, "bash"),))
    assert "bash (pid 7)" in inside.sentence
    over = Mount("8:1", POINT, "ext4", "/dev/sda1", ("rw",))
    assert "mounted over" in judged(MOUNT, "nobody-inside", volume=volume(VAR, there=(VAR, over))).sentence


def test_an_undone_unmount_is_seen():
    assert judged(MOUNT, "mounted-again", volume=volume(VAR)).holds
    assert not judged(MOUNT, "mounted-again", volume=volume()).holds


def test_there_is_a_way_back_only_while_the_group_is_here():
    assert judged("name", "still-here").holds
    assert "ask for a new recovery" in judged("name", "still-here", host=without_group()).sentence


def test_the_same_volumes_must_be_active_again():
    assert judged("deactivate", "awake-again").holds
    host = mounted()
    asleep = replace(host, mappings=tuple(dm for dm in host.mappings if dm not in host.mappings_of(VG)))
    assert "Not active: vm42_RootVG-root" in judged("deactivate", "awake-again", host=asleep).sentence


def handed(**changes: Any) -> HostState:
    """The host once the group has left it."""
    host = without_group()
    left = tuple(dm for dm in host.mappings if dm not in host.mappings_of(VG))
    backups = {name: uuid for name, uuid in host.backups.items() if uuid != VG}
    return replace(host, **{"mappings": left, "backups": backups, **changes})


def test_the_name_is_believed_by_the_disk_or_by_the_mark_once_it_has_left():
    gone = tuple(label for label in Recorded("mounted")(AskLabels()) if label.uuid != PV)
    assert "It has left this host" in judged("name", "handed-back", host=handed(), labels=gone, file="x").sentence
    assert "not been given" in judged("name", "handed-back", host=handed(), labels=gone, file=None).sentence
    assert "are active" in judged("name", "handed-back").sentence
    backups = judged("name", "handed-back", host=handed(backups={"vm42_RootVG": VG}), labels=gone, file="x")
    assert "still there" in backups.sentence


def test_a_disk_that_cannot_leave_must_say_its_old_name():
    label = next(label for label in Recorded("mounted")(AskLabels()) if label.uuid == PV)
    area = (label.device, label.label.metadata_areas[0].offset)  # type: ignore[union-attr]
    new = judged("name", "handed-back", host=handed(), texts={area: TEXT}, file="x")
    assert "carries vm42_RootVG, not RootVG" in new.sentence
    old = judged("name", "handed-back", host=handed(), texts={area: rename_volume_group(TEXT, "RootVG")}, file="x")
    assert old.holds
    assert "cannot let go of it" in old.sentence


def test_a_disk_that_is_still_there_is_waited_for():
    assert judged("detach", "detached").not_yet
    gone = tuple(label for label in Recorded("mounted")(AskLabels()) if label.uuid != PV)
    assert judged("detach", "detached", labels=gone).holds


def test_the_devices_file_is_asked_by_uuid():
    assert judged("dismiss", "dismissed", listed=()).holds
    assert "still lists" in judged("dismiss", "dismissed", listed=("abc",)).sentence
    fact = AskListed((PV,))
    assert fact.parse(Result(0, b"abc\n", b"")) == ("abc",)
    assert PV.replace("-", "") in fact.command().argv
