"""A recovered disk is handed back: with its bytes as they were, or as the group has become since."""

from __future__ import annotations

from changes.plan import Plan
from lab import Disk, Host, Lab
from recovery.handback.kind import KIND
from recovery.handback.wish import wish_of
from recovery.lvm.label import metadata_text, parse_label, parse_mda_header
from recovery.lvm.metadata import Metadata, parse_metadata
from ssh.facts import SessionAsk
from tests.lab.recovery_walker import Walker, reach
from tests.lab.test_recovery_from_the_disk import from_disk
from tests.lab.test_recovery_story import planned, running


def handed_back(host: Host, recovered: Walker) -> Walker:
    """The walker of a hand back of what another one recovered, planned and not begun."""
    wish = wish_of(7, recovered.plan, recovered.found, recovered.run_dir)
    session = reach(host)
    made = KIND.plan(wish.to_json(), KIND.gather(wish.to_json(), SessionAsk(session)))
    assert isinstance(made, Plan), made
    return Walker(session, made, kind=KIND)


def on_disk(disk: Disk) -> Metadata:
    """The group's metadata as it stands on the disk."""
    data = disk.path.read_bytes()
    area = parse_label(data[:2048]).metadata_areas[0].offset
    header = parse_mda_header(data[area : area + 512])
    return parse_metadata(metadata_text(data[area : area + header.size], header))


def test_a_disk_goes_home_as_it_came_or_as_it_has_become(lab: Lab, app01: Host, vm42_disk: Disk) -> None:
    before, as_it_was = vm42_disk.sha256(), running(app01)
    app01.attach(vm42_disk)
    first = planned(app01, from_disk(volumes=[])).walk()
    back = handed_back(app01, first)
    assert back.plan.settings["way"] == "saved"
    assert [step.key for step in back.plan.steps if step.key.startswith("unmount")]
    assert back.plan.digest() == handed_back(app01, first).plan.digest()

    back.walk(upto="save")
    assert "/recovered" not in app01.run("findmnt -rn -o TARGET")
    back.undo()
    assert "ro" in app01.run("findmnt -n -o OPTIONS /recovered/vm42/var")

    back.walk()
    assert running(app01) == as_it_was
    assert app01.run("ls -A /recovered/vm42 2>/dev/null || true") == ""
    app01.detach(vm42_disk.serial)
    assert vm42_disk.sha256() == before

    app01.attach(vm42_disk)
    volumes = [{"lv": "root", "mount_point": "/recovered/vm42/root", "read_write": True}]
    second = planned(app01, from_disk(volumes=volumes)).walk()
    app01.run("echo written-after-the-recovery >/recovered/vm42/root/note; sync", sudo=True)
    app01.run("lvcreate -q -y -an -l 1 -n since vm42_RootVG", sudo=True)
    back = handed_back(app01, second)
    assert back.plan.settings["way"] == "rewrite"
    back.walk()
    assert running(app01) == as_it_was
    app01.detach(vm42_disk.serial)

    group = on_disk(vm42_disk).volume_group
    assert group.name == "RootVG"
    assert group.id == second.plan.target["vg_uuid"]
    assert [lv.name for lv in group.logical_volumes] == ["root", "var", "swap", "since"]
    assert b"written-after-the-recovery" in vm42_disk.path.read_bytes()
