"""LVM's state, room, file systems that were given up, packages, units and people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from readiness.facts.packages import changed_of
from readiness.facts.values import TOO_LATE, Told
from readiness.lights import Light
from tests.readiness.answers import app01, facts_of, judged, machine, points, text_of, with_part

VG = "LVM2_VG_NAME={}|LVM2_VG_UUID={}|LVM2_VG_ATTR={}|LVM2_PV_COUNT=1|LVM2_LV_COUNT=3\n"
PV = "LVM2_PV_NAME={}|LVM2_PV_UUID=JY0zyH-Bd6O-03p6-Q5gT-lo0D-V6op-Ms9JE5|LVM2_VG_NAME=RootVG|LVM2_PV_ATTR={}\n"


def lvm(**parts):
    return points(app01(**parts), "lvm")


def test_a_missing_physical_volume_of_the_roots_group_is_red():
    found = lvm(vgs=VG.format("RootVG", "jj0o", "wz-pn-"), pvs=PV.format("[unknown]", "a-m"))
    assert found[0].light is Light.RED and "[unknown] JY0zyH" in found[0].evidence[1]


def test_a_missing_one_of_another_group_is_amber():
    assert lvm(vgs=VG.format("RootVG", "jj0o", "wz--n-") + VG.format("Data", "x", "wz-pn-"))[0].light is Light.AMBER


def test_a_copy_of_the_disk_is_red_in_lvms_own_words():
    said = "  WARNING: Not using device /dev/sdb for PV JY0zyH-Bd6O-03p6-Q5gT-lo0D-V6op-Ms9JE5.\n"
    found = lvm(pvs=said + PV.format("/dev/sda", "a--"))
    assert found[0].light is Light.RED and found[0].evidence[0].startswith("WARNING: Not using device /dev/sdb")


def test_two_groups_of_the_roots_name_are_red():
    assert lvm(vgs=VG.format("RootVG", "jj0o", "wz--n-") + VG.format("RootVG", "kk1p", "wz--n-"))[0].light is Light.RED


def test_a_devices_file_without_the_roots_disk_is_red():
    file = "use_devicesfile=1\nfile=yes\n|IDTYPE=sys_serial IDNAME=x DEVNAME=/dev/sda PVID={} PART=1"
    assert lvm(devices_file=file.format("ANOTHER"))[0].light is Light.RED
    assert lvm(devices_file=file.format("JY0zyHBd6O03p6Q5gTlo0DV6opMs9JE5"))[0].light is Light.GREEN


@pytest.mark.parametrize(("full", "light"), [("97.20", Light.RED), ("88.00", Light.AMBER), ("40.00", Light.GREEN)])
def test_a_thin_pool_is_as_bad_as_it_is_full(full, light):
    row = "LVM2_VG_NAME=RootVG|LVM2_LV_NAME=pool|LVM2_LV_ATTR=twi-aotz--"
    row += f"|LVM2_DATA_PERCENT={full}|LVM2_METADATA_PERCENT=3.1"
    assert lvm(lvs=row)[0].light is light


def test_lvm_that_gives_no_answer_is_unknown_where_the_root_is_on_it():
    facts = facts_of(with_part(text_of("app01-healthy-look"), "vgs", "", TOO_LATE))
    (found,) = points(facts, "lvm")
    assert found.light is Light.UNKNOWN and "not asked in time" in found.sentence


def test_no_room_is_red_and_little_of_it_in_boot_amber():
    full = app01(space="/ /dev/dm-0 948812 948000 0 100% /\n/boot /dev/sda1 500000 450000 40000 92% /boot\n")
    assert [(point.light, point.evidence[0].split()[0]) for point in points(full, "space")] == [
        (Light.RED, "/"),
        (Light.AMBER, "/boot"),
    ]


def test_a_root_that_was_given_up_is_red():
    text = text_of("app01-healthy-look").replace("/ / rw,relatime shared:1 - ext4", "/ / ro,relatime shared:1 - ext4")
    assert points(facts_of(text), "storage")[0].light is Light.RED


def test_errors_of_disks_and_of_ext_are_amber():
    log = "[ 12.3] blk_update_request: I/O error, dev sda, sector 8 op 0x0:(READ)"
    found = points(app01(kernel_log=log, ext_errors="dm-0 3\ndm-1 0"), "storage")
    assert [point.light for point in found] == [Light.AMBER, Light.AMBER]
    assert found[0].evidence == (log,) and found[1].evidence == ("dm-0: 3 errors since it was last checked",)


def test_files_of_packages_are_red_where_a_boot_needs_them_and_configuration_is_nobodys_fault():
    said = "S.5......    /lib64/libc-2.12.so\nS.5....T.  c /etc/ssh/sshd_config\nmissing     /usr/share/lvm2/x\n"
    found = points(app01(verify=said), "packages")
    assert [(point.light, point.evidence) for point in found] == [
        (Light.RED, ("S.5...... /lib64/libc-2.12.so",)),
        (Light.AMBER, ("missing /usr/share/lvm2/x",)),
    ]


@pytest.mark.parametrize(
    "line", [".M.......  /usr/bin/x", "Unsatisfied dependencies for x-1: y", "prelink: /bin/x: changed"]
)
def test_modes_and_what_is_said_beside_are_no_change_of_a_file(line):
    assert changed_of(line) is None


def test_packages_that_were_not_compared_in_time_are_unknown_with_what_was_found_until_then():
    facts = facts_of(with_part(text_of("app01-healthy-look"), "verify", "S.5......   /bin/mount", TOO_LATE))
    assert [point.light for point in points(facts, "packages")] == [Light.RED, Light.UNKNOWN]


def test_a_target_that_is_not_there_is_red_and_failed_units_are_amber():
    facts = app01(target="target=custom.target\nLoadState=not-found", failed="a.service loaded failed failed The A")
    assert [point.light for point in points(facts, "services")] == [Light.RED, Light.AMBER]


def test_runlevels_of_old_hosts_are_read():
    facts = replace(app01(target="runlevel=6"), failed=Told((), 127))
    assert points(facts, "services")[0].light is Light.RED


def test_selinux_that_comes_on_again_is_amber():
    assert points(machine(app01(), selinux_now="Disabled", selinux_file="enforcing"), "selinux")[0].light is Light.AMBER


def test_people_are_told_by_name_and_an_old_backup_is_amber():
    line = "rosa     pts/0        10.0.2.2         Thu Nov 26 09:12 - 09:40  (00:28)"
    assert points(app01(logins=f"{line}\n"), "people")[0].evidence == (line,)
    assert judged(app01(), backup_days=31.0)["backup"].light is Light.AMBER
