"""The disk is attached first and the plan made from what stands on it: no backup file is needed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from changes.plan import Plan, Refusal
from lab import Disk, Host, Lab, old_disk
from lab.disks import copy_sparse
from recovery.attached import Found
from recovery.contents import Place
from recovery.disk_fstab import candidates
from recovery.facts.disk_fstab import AskDiskFstab
from recovery.facts.host import AskHost, parse_host_state
from recovery.facts.sources import AskSource
from recovery.kind import KIND
from recovery.known import Facts
from recovery.planner import locate
from recovery.request import Request
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


def traces(host: Host, disk: Disk) -> str:
    """What a look at a volume could leave: mounts, loop devices, mappings, links, and sectors written to the disk."""
    name = f"$(basename $(readlink -f /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_{disk.serial}))"
    return host.run(
        f"udevadm settle; grep ^/dev /proc/mounts; losetup -a; dmsetup ls; ls -l --time-style=+ /dev/disk/by-uuid; "
        f"awk '{{ print $7 }}' /sys/block/{name}/stat",
        sudo=True,
    )


def assert_the_fstab_is_read_without_a_trace(host: Host, disk: Disk) -> None:
    """Also where it is killed in the middle, and where the volume is an XFS that holds none."""
    params, ask = from_disk(volumes=[], fstab_from_disk=True), SessionAsk(reach(host))
    before = traces(host, disk)
    known = Facts.from_json(KIND.gather(params, ask))
    found = locate(Request.from_json(params), known)
    assert isinstance(found, Found)
    worth = candidates(found, known.contents)
    assert [(name, kind) for name, (kind, _) in worth.items()] == [("root", "ext4"), ("var", "xfs")]
    assert ask(AskDiskFstab((("var", *worth["var"]),))).why == "there is no /etc/fstab on var."
    assert "var could not be looked into" in ask(AskDiskFstab((("var", "ext4", worth["var"][1]),))).why
    assert traces(host, disk) == before

    host.run("mkdir /run/t && ln -s /etc /run/t/etc && mke2fs -q -t ext4 -d /run/t /run/t.img 8m", sudo=True)
    links = AskDiskFstab((("links", "ext4", Place("/run/t.img", 0, 8 * 2**20)),))
    assert ask(links).why == "there is no /etc/fstab on links."  # and not the host's own

    look = AskDiskFstab((("root", *worth["root"]),)).command()
    fatal = "head() { grep -c '^/dev/loop.* /tmp ' /proc/self/mounts >/run/was-mounted; kill -9 $$; }"
    words = [fatal + "\n" + word if word == script("read_fstab") else word for word in look.argv]
    assert reach(host).run(Command(tuple(words), sudo=True)).status != 0
    assert host.run("cat /run/was-mounted; rm /run/was-mounted", sudo=True).strip() == "1"
    deadline = time.monotonic() + 60
    while traces(host, disk) != before and time.monotonic() < deadline:
        time.sleep(0.5)
    assert traces(host, disk) == before


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

    assert_the_fstab_is_read_without_a_trace(app01, vm42_disk)
    walker = planned(app01, from_disk(volumes=[], fstab_from_disk=True))
    assert [step.key for step in walker.plan.steps][:5] == ["baseline", "identify", "quiet", "save", "restore"]
    assert walker.plan.digest() == planned(app01, from_disk(volumes=[], fstab_from_disk=True)).plan.digest()
    assert walker.plan.settings["fstab"]["text"].encode() == old_disk("vm42").files["root"]["etc/fstab"]
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
