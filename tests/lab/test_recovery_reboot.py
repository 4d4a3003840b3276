"""The host is restarted in the middle of a recovery: the mounts last, it goes on, and it is undone whole."""

from __future__ import annotations

import time

from lab import Disk, Host
from tests.lab.recovery_walker import Walker, reach
from tests.lab.test_recovery_from_the_disk import from_disk
from tests.lab.test_recovery_story import nameless, planned, running


def awake(host: Host) -> bool:
    """Whether event activation woke the group, and what waits for it was mounted.

    A login may come a second or two before that; and where the initramfs saw the disk just before it was left, nothing
    wakes the group (docs/lvm.md).
    """
    end = time.monotonic() + 120
    while host.run("test -e /dev/mapper/vm42_RootVG-var && findmnt -n /recovered/vm42/root", check=False) == "":
        if time.monotonic() > end:
            assert "vm42_RootVG" not in host.run("dmsetup ls", sudo=True)
            return False
        time.sleep(1)
    return True


def test_after_a_restart_lines_in_fstab_last_and_the_undo_gives_the_disk_back(app01: Host, vm42_disk: Disk) -> None:
    before, as_it_was = vm42_disk.sha256(), running(app01)
    fstab = app01.run("sha256sum /etc/fstab; ls -l /etc/fstab")
    app01.attach(vm42_disk)
    volumes = [{"lv": "root", "mount_point": "/recovered/vm42/root"}]
    walker = planned(app01, from_disk(lasting=True, volumes=volumes))
    walker.walk(upto="lasting")
    assert "noload,nofail" in app01.run("tail -n 3 /etc/fstab")

    app01.reboot()
    woken = awake(app01)
    # By their serial numbers: after a boot the kernel names the disks in whatever order it finds them.
    assert "app01-root" in app01.run("lsblk -srno SERIAL /dev/mapper/RootVG-root")
    if woken:
        assert vm42_disk.serial in app01.run("lsblk -srno SERIAL /dev/mapper/vm42_RootVG-root")
        assert app01.run("blockdev --getro /dev/mapper/vm42_RootVG-var", sudo=True).strip() == "0"
        assert app01.run("cat /recovered/vm42/root/etc/hostname") == "vm42\n"
    again = Walker(reach(app01), walker.plan, walker.run_dir, walker.found, walker.done)
    again.walk()
    assert again.found["report"]["mounts"]
    assert app01.run("cat /recovered/vm42/root/etc/hostname") == "vm42\n"
    again.undo()
    app01.detach(vm42_disk.serial)
    assert app01.run("sha256sum /etc/fstab; ls -l /etc/fstab").split()[:1] == fstab.split()[:1]
    assert nameless(running(app01)) == nameless(as_it_was)
    assert vm42_disk.sha256() == before
