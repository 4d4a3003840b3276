"""A fetch planned from what a real libvirtd said (tests/hypervisors/samples), and every reason not to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from changes.plan import Plan, Refusal
from hypervisors.values import Power
from recovery.fetching.facts import Facts, Seed, gather
from recovery.fetching.planner import plan
from recovery.fetching.wish import COPY, ORIGINAL, Wish
from tests.hypervisors.recorded import IMAGES, ask

TO_CLONE = Wish("hv01", "vm42", "cafe", template="template", name="vm42-new", like="app09", address="192.0.2.7")
TO_APP01 = Wish("hv01", "vm42", "cafe", target="app01")


def known(wish: Wish = TO_CLONE, **powers: Power) -> Facts:
    """The recorded hypervisor; app01, which was paused in it, runs."""
    facts = gather(wish, ask)
    new = {"app01": Power.ON, **powers}
    vms = tuple(replace(vm, power=new.get(vm.name, vm.power)) for vm in facts.look.vms)
    return replace(facts, look=replace(facts.look, vms=vms))


def planned(wish: Wish = TO_CLONE, facts: Facts | None = None) -> Plan:
    made = plan(wish.to_json(), json.loads(json.dumps((facts or known(wish)).to_json())))
    assert isinstance(made, Plan), made
    return made


def refused(wish: Wish, facts: Facts | None = None) -> str:
    made = plan(wish.to_json(), (facts or known(wish)).to_json())
    assert isinstance(made, Refusal), made
    return " ".join(made.reasons)


def keys(made: Plan) -> list[str]:
    return [step.key for step in made.steps]


def test_a_clone_is_started_before_it_gets_the_overlay():
    made = planned()
    assert keys(made) == [
        "switch-off",
        "overlay-sda",
        "release-sda",
        "clone-1",
        "define",
        "start",
        "answer",
        "attach-sda",
    ]
    attach = made.step("attach-sda")
    assert attach.command and "<serial>vm42-sda</serial>" in attach.command.stdin
    assert f"{IMAGES}/vm42-sda-cafe.qcow2" in attach.command.stdin and 'dev="sdb"' in attach.command.stdin
    assert made.settings["serials"] == {"vm42-sda": 16 << 20}
    assert "becomes a host of Regroup, at 192.0.2.7, port 22" in " ".join(made.warnings)
    assert "<name>vm42-new</name>" in made.step("define").command.stdin


def test_the_same_hypervisor_gives_the_same_plan_and_another_token_another():
    assert planned().digest() == planned().digest() != planned(replace(TO_CLONE, token="beef")).digest()
    assert planned(facts=Facts.from_json(known().to_json())) == planned()
    assert Plan.from_json(planned().to_json()).digest() == planned().digest()


def test_a_vm_that_runs_gets_them_without_a_clone():
    made = planned(replace(TO_APP01, way=COPY))
    assert keys(made) == ["switch-off", "copy-sda", "attach-sda"]
    assert [check.rule for check in made.step("copy-sda").precheck] == ["vm-off", "nobody-writes", "room"]


def test_the_original_is_taken_away_from_the_lost_vm_and_given_back_as_it_was():
    made = planned(replace(TO_APP01, way=ORIGINAL))
    assert keys(made) == ["switch-off", "release-sda", "attach-sda"]
    back = made.step("release-sda").undo
    assert back and back.command and "<serial>vm42-root</serial>" in back.command.stdin
    assert made.step("attach-sda").command.stdin.count(f"{IMAGES}/old.qcow2") == 1


def test_only_a_vm_that_ran_is_started_again():
    assert planned().step("switch-off").undo is None
    undo = planned(facts=known(vm42=Power.ON)).step("switch-off").undo
    assert undo and undo.title == "Start vm42 again"


def test_a_clone_that_stays_has_no_undo_but_its_disks_have():
    made = planned(replace(TO_CLONE, discard=False))
    kept = [step.key for step in made.steps if step.undo is None]
    assert kept == ["switch-off", "clone-1", "define", "start", "answer"]
    assert all(step.undo or step.no_undo for step in made.steps)


def test_every_step_says_what_it_does_and_every_rule_has_a_judge():
    from recovery.fetching.judges import RULES

    for wish in (TO_CLONE, replace(TO_APP01, way=ORIGINAL), replace(TO_APP01, way=COPY)):
        for step in planned(wish, known(wish, vm42=Power.ON)).steps:
            checks = (*step.precheck, *step.verify, *(step.undo.precheck + step.undo.verify if step.undo else ()))
            assert step.why and {check.rule for check in checks} <= set(RULES)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (replace(TO_CLONE, vm="nobody"), "hv01 has no VM called nobody"),
        (replace(TO_CLONE, template="nobody"), "hv01 has no VM called nobody to clone"),
        (replace(TO_APP01, target="nobody"), "hv01 has no VM called nobody. Choose who gets the disks"),
        (replace(TO_APP01, target="vm43"), "vm43 does not run. Start it first"),
        (replace(TO_CLONE, target="app01"), "Name either a VM that runs"),
        (replace(TO_CLONE, template=""), "Name either a VM that runs"),
        (replace(TO_CLONE, template="vm42"), "The lost VM cannot be its own rescue"),
        (replace(TO_CLONE, name="vm43"), "hv01 has a VM vm43 already"),
        (replace(TO_CLONE, name="a b"), "Give the clone a name"),
        (replace(TO_CLONE, name="VM42"), "is the lost VM's name"),
        (replace(TO_CLONE, way="magic"), "There is no way 'magic'"),
        (replace(TO_CLONE, disks=("/etc/shadow",)), "vm42 has no disk /etc/shadow any more"),
        (replace(TO_CLONE, disks=("relative",)), "'relative' is no absolute path"),
        (replace(TO_CLONE, gib=-1), "The size is in GiB"),
        (replace(TO_CLONE, network="a b"), "cannot be a network"),
        (replace(TO_CLONE, seed="/etc/shadow"), "is no absolute path of an .iso"),
        (replace(TO_CLONE, seed="/i/../etc/x.iso"), "is no absolute path of an .iso"),
        (replace(TO_CLONE, port=0), "A port is a number"),
    ],
)
def test_a_bad_wish_is_one_sentence(wish, sentence):
    assert sentence in refused(wish)


def changed(facts: Facts, name: str, **fields: object) -> Facts:
    vms = tuple(replace(vm, **fields) if vm.name == name else vm for vm in facts.look.vms)
    return replace(facts, look=replace(facts.look, vms=vms))


def test_a_vm_that_does_not_run_as_it_is_defined_is_refused():
    """Its newest data would be left behind, and the base of what it runs on written to."""
    facts = known(vm42=Power.ON)
    old = facts.vm("vm42").disks[0]
    for disks in ((replace(old, source=f"{IMAGES}/snap.qcow2"),), (old, replace(old, target="sdb", source="/i/b"))):
        for wish in (TO_CLONE, replace(TO_APP01, way=ORIGINAL)):
            assert "vm42 has other disks now than" in refused(wish, changed(facts, "vm42", disks=disks))


def test_a_vm_that_would_be_gone_or_go_on_from_its_memory_is_refused():
    assert "would be gone" in refused(TO_CLONE, changed(known(), "vm42", persistent=False))
    assert "virsh managedsave-remove vm42" in refused(TO_CLONE, changed(known(), "vm42", saved=True))
    assert "template was saved with its memory" in refused(TO_CLONE, changed(known(), "template", saved=True))


def test_what_is_no_file_is_neither_left_behind_nor_made_an_overlay_of():
    facts = known()
    old = facts.vm("vm42").next_disks[0]
    rbd = replace(old, target="sdb", source="", kind="network")
    two = changed(facts, "vm42", disks=(old, rbd), next_disks=(old, rbd))
    assert "The disk sdb of vm42 is no file but a network" in refused(TO_CLONE, two)
    assert planned(replace(TO_CLONE, disks=(old.source,)), two)
    for path in ("/dev/vg0/vm42", f"{IMAGES}/a  b.qcow2", f"{IMAGES}/größe.qcow2"):
        odd = changed(facts, "vm42", next_disks=(replace(old, source=path),))
        assert ("is a block device" if "dev" in path else "does not print as it is") in refused(TO_CLONE, odd)
    known_as = {**facts.look.files, old.source: "block fd:0"}
    assert "is a block device" in refused(TO_CLONE, replace(facts, look=replace(facts.look, files=known_as)))


def test_a_vm_that_was_paused_is_not_started_by_the_undo():
    step = planned(facts=known(vm42=Power.PAUSED)).step("switch-off")
    assert step.undo is None and step.no_undo == "It was paused when this was planned, and stays off."


def test_what_a_clone_is_told_and_plugged_into_is_said_and_does_not_change():
    seeded = replace(TO_CLONE, seed="/seeds/eve.iso", network="prod-db")
    facts = replace(known(), seed=Seed("ab" * 32))
    made = planned(seeded, facts)
    told = " ".join(made.warnings)
    assert "/seeds/eve.iso (SHA-256 abab" in told and "network prod-db, not into template's" in told
    assert made.digest() != planned(seeded, replace(facts, seed=Seed("cd" * 32))).digest()
    assert made.step("define").precheck[-1].args == {"path": "/seeds/eve.iso", "sha256": "ab" * 32}
    assert "leads elsewhere" in refused(seeded, replace(facts, seed=Seed(problem="It leads elsewhere.")))
    disk = facts.vm("vm43").next_disks[0].source
    assert "is a disk of vm43, and no seed" in refused(replace(TO_CLONE, seed=disk[:-5] + ".iso"), aliased(facts, disk))


def aliased(facts: Facts, disk: str) -> Facts:
    """The seed is another name of that file."""
    files = {**facts.look.files, disk[:-5] + ".iso": facts.look.file(disk)}
    return replace(facts, look=replace(facts.look, files=files))


def test_a_clone_may_be_larger_and_not_smaller():
    made = planned(replace(TO_CLONE, gib=2))
    assert made.step("clone-1").command.argv[-1] == str(2 << 30)
    facts = known()
    images = {path: replace(image, size=3 << 30) for path, image in facts.images.items()}
    assert "has 3 GiB: the clone's may be larger, not 2 GiB" in refused(
        replace(TO_CLONE, gib=2), replace(facts, images=images)
    )


def test_a_template_that_runs_or_has_no_agents_channel_is_refused():
    assert "template is not off" in refused(TO_CLONE, known(template=Power.ON))
    facts = known()
    assert "has no channel for a guest agent" in refused(
        TO_CLONE, replace(facts, template=facts.template.replace("org.qemu.guest_agent.0", "x"))
    )


def test_a_disk_that_another_vm_has_is_refused():
    wish = replace(TO_APP01, way=ORIGINAL)
    facts = known(wish)
    old = next(disk for vm in facts.look.vms if vm.name == "vm42" for disk in vm.disks if disk.source)
    vms = tuple(
        replace(vm, power=Power.ON, disks=(*vm.disks, old)) if vm.name == "vm43" else vm for vm in facts.look.vms
    )
    assert "vm43 is not off and has" in refused(wish, replace(facts, look=replace(facts.look, vms=vms)))


def test_an_image_that_is_gone_is_refused():
    facts = known()
    left = {path: image for path, image in facts.images.items() if "old" not in path}
    assert f"The image {IMAGES}/old.qcow2 of vm42 is not on hv01" in refused(TO_CLONE, replace(facts, images=left))


def test_a_long_name_still_gives_a_serial_number_that_a_guest_shows():
    serial = replace(TO_CLONE, vm="a-very-long-name-of-a-vm").serial("sda")
    assert len(serial) <= 20 and serial.startswith("sda-")


def test_a_request_that_is_not_whole_is_refused():
    made = plan({"host": "hv01"}, {})
    assert isinstance(made, Refusal) and "The request is not whole" in made.reasons[0]
