"""The story is planned as the procedure says."""

from __future__ import annotations

from changes.plan import Plan
from recovery.judges import RULES
from recovery.kind import KIND
from tests.recovery.story import PV, ROOT, VG, facts, params, plan


def test_the_steps_are_the_procedures_with_ours_between() -> None:
    keys = [step.key for step in plan().steps]
    assert keys == [
        *("baseline", "copy", "edit", "attach", "rescan", "identify", "quiet", "save", "restore"),
        *("pvscan", "vgscan", "activate", "mount-root", "mount-swap", "mount-var", "report", "count"),
    ]


def test_the_articles_ten_steps_come_in_its_order() -> None:
    numbers = [step.article for step in plan().steps if step.article]
    assert numbers == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]


def test_the_same_request_and_host_give_the_same_digest() -> None:
    assert plan().digest() == plan(known=facts(free={"/etc/lvm": 10**9, "/var/lib/regroup": 10**9})).digest()


def test_a_reboot_or_a_new_mount_does_not_change_the_digest() -> None:
    assert plan().digest() == plan(known=facts(host_boot_id="another", host_mounts=())).digest()


def test_a_group_made_since_changes_the_digest() -> None:
    known = facts()
    group = known.host.groups[0].__class__("Data", "x" * 38, 1, False, False, False, "", 0, 1, 1)
    assert plan().digest() != plan(known=facts(host_groups=(*known.host.groups, group))).digest()


def test_the_plan_survives_its_json() -> None:
    assert Plan.from_json(plan().to_json()) == plan()


def test_every_rule_of_a_check_has_a_judge() -> None:
    steps = plan().steps
    undos = [step.undo for step in steps if step.undo]
    checks = [c for step in steps for c in (*step.precheck, *step.verify)]
    checks += [c for undo in undos for c in (*undo.precheck, *undo.verify)]
    assert {check.rule for check in checks} <= set(RULES)


def test_only_the_groups_name_differs_in_the_edited_file() -> None:
    (change,) = plan().step("edit").files
    assert change.before is not None and change.after is not None
    pairs = zip(change.before.splitlines(), change.after.splitlines(), strict=True)
    assert [(a, b) for a, b in pairs if a != b] == [("RootVG {", "vm42_RootVG {")]


def test_the_restore_is_the_articles_command_with_a_file_of_our_own() -> None:
    call = plan().step("restore").command
    assert call is not None
    assert call.argv == ("vgcfgrestore", "-f", "{run_dir}/vm42_RootVG.vg", "vm42_RootVG")


def test_no_command_names_a_disk_by_its_letter() -> None:
    calls = [step.command for step in plan().steps] + [step.undo.command for step in plan().steps if step.undo]
    assert not [word for call in calls if call for word in call.argv if word.startswith("/dev/sd")]


def test_the_disk_is_named_by_its_physical_volumes_uuid() -> None:
    call = plan().step("save").command
    assert call is not None
    assert call.references() == ("run_dir", f"pv:{PV}", f"areas:{PV}")


def test_the_target_is_told_by_identity() -> None:
    target = plan().target
    assert target["running_groups"] == {ROOT: "RootVG"}
    assert (target["vg_uuid"], target["pv_uuids"]) == (VG, [PV])
    assert target["machine_id"] == facts().host.machine_id


def test_what_a_restart_takes_away_is_what_a_resume_does_again() -> None:
    fleeting = [step.key for step in plan().steps if step.fleeting]
    assert fleeting == ["quiet", "activate", "mount-root", "mount-swap", "mount-var"]


def test_all_is_activated_read_only_unless_asked_otherwise() -> None:
    call = plan().step("activate").command
    assert call is not None
    assert call.argv == ("vm42_RootVG", "vm42_RootVG")


def test_a_volume_asked_for_writing_leaves_the_others_read_only() -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var", "read_write": True}]
    call = plan(params(volumes=volumes)).step("activate").command
    assert call is not None
    assert call.argv == ("vm42_RootVG", "vm42_RootVG/root vm42_RootVG/swap")


def test_writing_to_a_dirty_file_system_is_said_in_that_word() -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var", "read_write": True}]
    made = plan(params(volumes=volumes))
    assert any("dirty" in warning and "writing" in warning for warning in made.warnings)
    assert "dirty" in made.step("mount-var").title


def test_parents_are_mounted_before_what_is_below_them() -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/x/var"}, {"lv": "root", "mount_point": "/recovered/x"}]
    keys = [step.key for step in plan(params(volumes=volumes)).steps if step.key.startswith("mount")]
    assert keys == ["mount-root", "mount-var"]


def test_every_step_can_be_undone_or_says_why_not() -> None:
    assert not [step.key for step in plan().steps if not step.undo and not step.no_undo]


def test_the_wait_for_the_disk_ends_when_asked() -> None:
    wait = plan(params(attach_deadline=600)).step("attach").wait
    assert wait is not None and wait.deadline == 600


def test_the_kind_says_what_it_locks() -> None:
    assert KIND.hosts(params()) == ("app01",)
    assert KIND.subjects(params()) == ("vm:vm42",)
    assert KIND.summary(params()) == "Recover vm42 on app01 as vm42_RootVG"
