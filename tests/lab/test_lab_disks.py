"""Disks come and go as they do under a hypervisor, and their bytes can be compared."""

from __future__ import annotations

import hashlib
import time

import pytest

from lab import Disk, Host, LabError, attach_disk, detach_disk, old_disk


def serials(host: Host) -> set[str]:
    return set(host.run("lsblk -dno SERIAL").split())


def forget(host: Host, serial: str) -> None:
    """Have the guest's kernel let go of the disk with this serial."""
    name = host.run(f"lsblk -dno NAME,SERIAL | awk '$2 == \"{serial}\" {{print $1}}'").strip()
    host.run(f"echo 1 > /sys/block/{name}/device/delete", sudo=True)


def test_a_disk_on_the_first_controller_appears_only_after_a_rescan(app01: Host, vm42_disk: Disk) -> None:
    app01.attach(vm42_disk)
    time.sleep(2)
    before = serials(app01)
    app01.rescan()
    assert (before, serials(app01)) == ({"app01-root"}, {"app01-root", "vm42-root"})


@pytest.mark.parametrize("bus", ["scsi1", "virtio-blk"])
def test_a_disk_on_the_other_buses_appears_by_itself(app01: Host, vm42_disk: Disk, bus: str) -> None:
    app01.attach(vm42_disk, bus)
    deadline = time.monotonic() + 60
    while "vm42-root" not in serials(app01) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert "vm42-root" in serials(app01)
    app01.detach("vm42-root")


def test_looking_at_a_disk_and_letting_go_of_it_leaves_every_byte(app01: Host, vm42_disk: Disk) -> None:
    before = vm42_disk.sha256()
    app01.attach(vm42_disk)
    app01.rescan()
    app01.run("pvs; lvs", sudo=True)
    forget(app01, "vm42-root")
    app01.detach("vm42-root")
    assert serials(app01) == {"app01-root"}
    assert vm42_disk.sha256() == before


def test_one_byte_written_by_the_guest_changes_the_hash(app01: Host, vm42_disk: Disk) -> None:
    before = vm42_disk.sha256()
    app01.attach(vm42_disk)
    app01.rescan()
    disk = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_vm42-root"
    app01.run(f"printf x | dd of={disk} bs=1 seek=536870000 conv=notrunc,fsync status=none", sudo=True)
    forget(app01, "vm42-root")
    app01.detach("vm42-root")
    assert vm42_disk.sha256() != before


def test_no_hash_is_given_while_a_host_has_the_disk(app01: Host, vm42_disk: Disk) -> None:
    app01.attach(vm42_disk)
    with pytest.raises(LabError, match="is attached to a VM"):
        vm42_disk.sha256()


def test_two_hosts_never_have_the_same_disk(app01: Host, app02: Host, vm42_disk: Disk) -> None:
    app01.attach(vm42_disk)
    with pytest.raises(LabError, match="lock"):
        app02.attach(vm42_disk)
    assert app02.attached() == {}


def test_another_process_can_attach_and_detach_by_the_state_folder(app01: Host, vm42_disk: Disk) -> None:
    folder = vm42_disk.path.parent.parent
    assert attach_disk(folder, "app01", "story") == attach_disk(folder, "app01", "story") == "vm42-root"
    attached = app01.attached()
    detach_disk(folder, "app01", "story")
    detach_disk(folder, "app01", "story")
    assert (list(attached), app01.attached()) == (["vm42-root"], {})


def test_the_lost_vms_files_are_on_its_disk_and_its_file_systems_are_clean(app01: Host, vm42_disk: Disk) -> None:
    app01.attach(vm42_disk)
    app01.rescan()
    uuid = app01.run("vgs --noheadings -o vg_uuid -S 'pv_name!=/dev/sda'", sudo=True).strip()
    app01.run(f"vgrename {uuid} Vm42 && vgchange -q -ay Vm42 && mkdir -p /mnt/var /mnt/root", sudo=True)
    app01.run("e2fsck -fn /dev/Vm42/root && xfs_repair -n /dev/Vm42/var", sudo=True)
    app01.run("mount -o ro /dev/Vm42/root /mnt/root && mount -o ro /dev/Vm42/var /mnt/var", sudo=True)
    for volume in ("root", "var"):
        expected = old_disk("vm42").sha256(volume)
        told = app01.run(f"cd /mnt/{volume} && sha256sum -- " + " ".join(f"'{path}'" for path in expected), sudo=True)
        found = {line[66:]: line[:64] for line in told.splitlines()}
        assert found == expected
    app01.run("umount /mnt/root /mnt/var && vgchange -q -an Vm42", sudo=True)


def test_the_hash_is_that_of_the_whole_disk_as_the_guest_reads_it(app01: Host, db07_disk: Disk) -> None:
    outside = db07_disk.sha256()
    app01.attach(db07_disk)
    app01.rescan()
    disk = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_db07-data"
    inside = app01.run(f"sha256sum {disk}", sudo=True, timeout=120).split()[0]
    assert inside == outside
    assert inside != hashlib.sha256(b"").hexdigest()
