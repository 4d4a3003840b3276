"""The disk is attached first and the plan made from what stands on it: no backup file is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from changes.plan import Plan, Refusal
from lab import Disk, Host, Lab, old_disk
from lab.disks import copy_sparse
from recovery.facts.host import AskHost, parse_host_state
from recovery.facts.sources import AskSource
from recovery.kind import KIND
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import FactError, SessionAsk
from tests.lab.recovery_walker import reach
from tests.lab.test_recovery_story import asked, planned, readable, running


def from_disk(**changes: Any) -> dict[str, Any]:
    return asked("", disk="vm42-root", **changes)


def answer(host: Host, params: dict[str, Any]) -> Plan | Refusal:
    return KIND.plan(params, KIND.gather(params, SessionAsk(reach(host))))


def assert_text_tells_the_same(host: Host) -> None:
    """An LVM that knew no JSON would be asked for text: the same groups, volumes and doubles."""
    no_json = 'lvm() { [ "$1" != fullreport ] || return 2; command lvm "$@"; }'
    text = f"{script('mounts.lib', 'host_state.lib')}\n{no_json}\nhost_state || :\n"
    result = reach(host).run(Command(("sh", "-c", text, "regroup"), sudo=True, timeout=120))
    assert "@@end lvm 2" in result.text
    said, meant = parse_host_state(result.text), SessionAsk(reach(host))(AskHost())
    assert said.groups == meant.groups
    assert sorted(map(str, said.lvs)) == sorted(map(str, meant.lvs))
    assert sorted(str(pv) for pv in said.pvs if not pv.duplicate) == sorted(map(str, meant.pvs))
    # The double stands in no report of groups, be it JSON or text; the text has LVM's warning beside it.
    assert [pv.device for pv in said.pvs if pv.duplicate] == ["/dev/nvme0n1"]


def test_a_disk_that_is_attached_first_is_renamed_by_uuid_and_given_back_to_the_last_byte(
    lab: Lab, app01: Host, vm42_disk: Disk, tmp_path: Path
) -> None:
    before, as_it_was = vm42_disk.sha256(), running(app01)
    copy = Disk(tmp_path / "copy.raw", "vm42-copy")
    copy_sparse(vm42_disk.path, copy.path)
    absent = answer(app01, from_disk())
    assert isinstance(absent, Refusal)
    assert "No disk called vm42-root is attached to the host, also after a rescan." in absent.reasons[0]

    app01.attach(vm42_disk)
    ask = SessionAsk(reach(app01))
    assert "RootVG {" in str(ask(AskSource("app01", "/etc/lvm/backup/RootVG"))["metadata"])
    with pytest.raises(FactError, match="is not LVM text metadata"):
        ask(AskSource("app01", "/etc/shadow"))
    own_file = answer(app01, from_disk(metadata=lab.backup_path("wrong-file").read_text()))
    assert isinstance(own_file, Refusal)
    assert "The disk holds another volume group" in own_file.reasons[0]

    walker = planned(app01, from_disk(volumes=[]))
    assert [step.key for step in walker.plan.steps][:5] == ["baseline", "identify", "quiet", "save", "restore"]
    assert walker.plan.digest() == planned(app01, from_disk(volumes=[])).plan.digest()
    walker.walk()
    assert readable(app01, "root") == old_disk("vm42").sha256("root")
    assert readable(app01, "var") == old_disk("vm42").sha256("var")
    assert walker.found["restore"]["areas"]

    walk_a_copy_beside_it(app01, copy)
    assert copy.sha256() == before

    walker.undo()
    assert running(app01) == as_it_was
    app01.detach(vm42_disk.serial)
    assert vm42_disk.sha256() == before


def walk_a_copy_beside_it(host: Host, copy: Disk) -> None:
    """The same XFS, by UUID, is mounted already; the kernel takes the second one only when told not to mind."""
    host.attach(copy)
    var = {"lv": "var", "mount_point": "/recovered/again/var", "read_write": False}
    again = planned(host, asked("", disk="vm42-copy", vm="again", new_vg="again_RootVG", volumes=[var]))
    assert again.plan.settings["strategy"] == "import"
    again.walk()
    assert "nouuid" in again.found["mount-var"]["options"]
    assert host.run("cd /recovered/again/var && ls") == host.run("cd /recovered/vm42/var && ls")
    again.undo()
    host.detach(copy.serial)


def test_a_copy_of_the_running_disk_is_imported_with_uuids_of_its_own(lab: Lab, app01: Host, tmp_path: Path) -> None:
    """On NVMe, so that it stands before the running disk in every list: nothing may depend on who comes first."""
    copy = Disk(tmp_path / "copy.raw", "app01-copy")
    copy_sparse(lab.build.root_disk("app01"), copy.path)
    before, as_it_was = copy.sha256(), running(app01)
    app01.attach(copy, "nvme")
    app01.run("udevadm settle")
    wanted = asked("", disk="app01-copy", vm="app01-old", volumes=[])

    assert_text_tells_the_same(app01)
    forced = answer(app01, {**wanted, "strategy": "rename"})
    assert isinstance(forced, Refusal)
    assert "Only vgimportclone is safe" in forced.reasons[0]

    walker = planned(app01, wanted)
    assert walker.plan.settings["strategy"] == "import"
    walker.walk()
    assert "app01" in app01.run("cat /recovered/app01-old/root/etc/hostname", sudo=True)
    assert "(sda)" in app01.run("dmsetup deps -o devname RootVG-root", sudo=True)
    assert "(nvme0n1)" in app01.run("dmsetup deps -o devname vm42_RootVG-root", sudo=True)

    walker.undo()
    app01.detach(copy.serial)
    app01.run("udevadm settle")
    assert running(app01) == as_it_was
    assert copy.sha256() == before


def test_a_host_with_a_devices_file_sees_the_disk_only_as_long_as_it_is_recovered(app02: Host, vm42_disk: Disk) -> None:
    before = vm42_disk.sha256()
    app02.run(
        "sed -i 's/.*use_devicesfile *=.*/use_devicesfile = 1/' /etc/lvm/lvm.conf; "
        "lvmconfig --type full devices/use_devicesfile | grep =1; "
        "lvm lvmdevices --yes --adddev /dev/sda",
        sudo=True,
    )
    listed = app02.run("lvm lvmdevices", sudo=True)
    app02.attach(vm42_disk)
    wanted = asked("", host="app02", disk="vm42-root", volumes=[])
    walker = planned(app02, wanted)
    assert "admit" in [step.key for step in walker.plan.steps]
    walker.walk()
    assert readable(app02, "var") == old_disk("vm42").sha256("var")
    walker.undo()
    assert app02.run("lvm lvmdevices", sudo=True) == listed
    app02.detach(vm42_disk.serial)
    assert vm42_disk.sha256() == before
