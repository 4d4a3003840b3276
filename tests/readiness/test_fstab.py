"""What fstab wants, against what there is and what is mounted."""

from __future__ import annotations

import pytest

from readiness.lights import Light
from tests.readiness.answers import app01, facts_of, points, text_of, with_part

ROOT, VAR = "/dev/mapper/RootVG-root / ext4 errors=remount-ro 0 1", "/dev/mapper/RootVG-var /var ext4 defaults 0 2"
SPECS = "/dev/mapper/RootVG-root\t/\t/dev/dm-0\tdir\n/dev/mapper/RootVG-var\t/var\t/dev/dm-1\tdir\n"


def wanting(line, device="", at="none"):
    spec, point = line.split()[:2]
    return app01(fstab=f"{ROOT}\n{VAR}\n{line}\n", specs=f"{SPECS}{spec}\t{point}\t{device}\t{at}\n")


@pytest.mark.parametrize(
    ("line", "light"),
    [
        ("UUID=dead /srv ext4 defaults 0 2", Light.RED),
        ("UUID=dead /srv ext4 defaults,nofail 0 2", Light.AMBER),
        ("UUID=dead none swap sw 0 0", Light.AMBER),
        ("UUID=dead /srv ext4 noauto 0 2", Light.GREEN),
        ("filer:/export /srv nfs defaults 0 0", Light.GREEN),
    ],
)
def test_a_device_that_is_not_there_is_as_bad_as_its_line_makes_it(line, light):
    facts = wanting(line) if ":" not in line else app01(fstab=f"{ROOT}\n{VAR}\n{line}\n")
    assert points(facts, "fstab")[0].light is light


def test_a_line_for_the_root_that_names_another_file_system_is_red():
    facts = app01(fstab=f"{VAR.replace('/var', '/')}\n", specs="/dev/mapper/RootVG-var\t/\t/dev/dm-1\tdir\n")
    (found,) = points(facts, "fstab")
    assert found.light is Light.RED and "names /dev/mapper/RootVG-var for /" in found.sentence


def test_no_fstab_at_all_is_red():
    facts = facts_of(with_part(text_of("app01-healthy-look"), "fstab", "", 1))
    assert points(facts, "fstab")[0].light is Light.RED


def test_a_line_that_is_none_and_a_point_that_stands_twice_are_amber():
    found = points(app01(fstab=f"{ROOT}\n{VAR}\n{VAR}\n/dev/sdb1\n"), "fstab")
    assert [point.light for point in found] == [Light.AMBER, Light.AMBER]
    assert found[0].evidence == ("line 4: /dev/sdb1",)


def test_what_findmnt_finds_beside_is_amber():
    said = "/srv\n   [E] vfs: unsupported filesystem type: xxfs\n\n0 parse errors, 1 error, 0 warnings"
    (found,) = points(app01(verify_fstab=said), "fstab")
    assert found.light is Light.AMBER and "unsupported" in found.evidence[0]


def test_what_is_mounted_by_hand_and_what_is_not_mounted_are_amber():
    mounts = text_of("app01-healthy-look").partition("@@begin mounts\n")[2].partition("\n@@end")[0]
    by_hand = "90 27 8:17 / /srv/data rw,relatime shared:99 - xfs /dev/sdb1 rw"
    found = points(app01(mounts=f"{mounts}\n{by_hand}\n91 27 0:50 / /run/user/0 rw - tmpfs tmpfs rw\n"), "mounted")
    assert [point.evidence for point in found] == [("/dev/sdb1 on /srv/data, xfs",)]
    facts = wanting("UUID=abcd /srv ext4 defaults 0 2", "/dev/sdb1", "dir")
    assert "not mounted now: /srv" in points(facts, "mounted")[0].sentence


def test_a_boot_that_is_not_mounted_is_amber_since_kernels_are_lost_behind_it():
    found = points(wanting("UUID=abcd /boot ext4 defaults 0 2", "/dev/sda1", "dir"), "space")
    assert found[0].light is Light.AMBER and "not mounted" in found[0].sentence
