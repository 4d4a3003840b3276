"""A start begins where the host was frozen; a reboot is a real one."""

from __future__ import annotations

from lab import Host, Lab


def test_nothing_it_wrote_is_left_after_a_restart(app01: Host, lab: Lab) -> None:
    app01.run("touch /var/was-here && sync", sudo=True)
    app01.stop()
    assert lab.start("app01").run("ls -A /var | grep was-here", check=False) == ""


def test_a_reboot_gives_a_new_boot_id_and_comes_back_on_the_volume_group(app01: Host) -> None:
    before = app01.run("cat /proc/sys/kernel/random/boot_id")
    app01.reboot()
    after, root = app01.run("cat /proc/sys/kernel/random/boot_id; findmnt -no SOURCE /").split()
    assert after != before.strip()
    assert root == "/dev/mapper/RootVG-root"
