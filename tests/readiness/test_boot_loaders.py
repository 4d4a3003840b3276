"""Which entry GRUB would start, of Debian, RHEL 6, 7, 8 and 9."""

from __future__ import annotations

import pytest

from readiness.facts.loader import parse_loader
from readiness.facts.values import NO_TOOL, Told
from readiness.facts.versions import compare
from readiness.lights import Light
from ssh.facts import FactError
from tests.readiness.answers import app01, points

ENV = "# GRUB Environment Block\n"


def file(path, text, size=None):
    lines = "".join(f"|{line}\n" for line in text.splitlines())
    return f"={len(text) if size is None else size} {path}\n{lines}"


def loader(*files, apart=True, grubby=()):
    return parse_loader("".join(files), Told((), NO_TOOL), Told(tuple(grubby), 0 if grubby else NO_TOOL), apart, "it")


DEBIAN = """set default="0"
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
else
   set default="DEFAULT"
fi
menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-8df7' {
        load_video
        if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
        linux   /vmlinuz-6.1.0-32-amd64 root=/dev/mapper/RootVG-root ro quiet
        initrd  /initrd.img-6.1.0-32-amd64
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-8df7' {
        menuentry 'Debian GNU/Linux, with Linux 6.1.0-32-amd64' --class debian $menuentry_id_option 'new' {
                linux   /vmlinuz-6.1.0-32-amd64 root=/dev/mapper/RootVG-root ro
                initrd  /initrd.img-6.1.0-32-amd64
        }
        menuentry 'Debian GNU/Linux, with Linux 6.1.0-31-amd64' --class debian $menuentry_id_option 'old' {
                linux   /vmlinuz-6.1.0-31-amd64 root=/dev/mapper/RootVG-root ro
                initrd  /initrd.img-6.1.0-31-amd64
        }
}
if [ -f /x ]; then
menuentry 'Memory test' { linux16 /memtest86+.bin }
fi
"""
OLD = "/boot/vmlinuz-6.1.0-31-amd64"
NEW = "/boot/vmlinuz-6.1.0-32-amd64"


@pytest.mark.parametrize(
    ("default", "kernel"),
    [("0", NEW), ("1>1", OLD), ("gnulinux-advanced-8df7>old", OLD), ("1", NEW), ("no such entry", NEW)],
)
def test_debians_default_is_found_by_number_and_by_name_also_in_a_submenu(default, kernel):
    made = loader(file("/boot/grub/grub.cfg", DEBIAN.replace("DEFAULT", default)))
    assert made.kind == "grub" and made.default.kernel == kernel
    assert [entry.version for entry in made.entries[:3]] == ["6.1.0-32-amd64", "6.1.0-32-amd64", "6.1.0-31-amd64"]


def test_a_saved_entry_of_grubenv_counts_where_grub_cfg_asks_for_it():
    text = DEBIAN.replace("DEFAULT", "${saved_entry}")
    made = loader(file("/boot/grub/grub.cfg", text), file("/boot/grub/grubenv", f"{ENV}saved_entry=1>1\n", 1024))
    assert made.default.kernel == OLD and made.env_size == 1024


def test_paths_stay_as_they_are_where_boot_is_no_file_system_of_its_own():
    text = DEBIAN.replace(" /vmlinuz", " /boot/vmlinuz").replace(" /initrd", " /boot/initrd")
    assert loader(file("/boot/grub/grub.cfg", text), apart=False).default.initramfs == (
        "/boot/initrd.img-6.1.0-32-amd64",
    )


EL8 = """title Red Hat Enterprise Linux (4.18.0-{n}.el8.x86_64) 8.0 (Ootpa)
version 4.18.0-{n}.el8.x86_64
linux /vmlinuz-4.18.0-{n}.el8.x86_64
initrd /initramfs-4.18.0-{n}.el8.x86_64.img $tuned_initrd
options $kernelopts $tuned_params
id rhel-20190227183418-4.18.0-{n}.el8.x86_64
grub_users $grub_users
"""
BLS_CFG = 'load_env\nset default="${saved_entry}"\ninsmod blscfg\nblscfg\n'
OPTS = "kernelopts=root=/dev/mapper/rhel-root ro rd.lvm.lv=rhel/root rd.lvm.lv=rhel/swap\n"


def el8(saved=""):
    entries = [file(f"/boot/loader/entries/6f9c-4.18.0-{n}.el8.x86_64.conf", EL8.format(n=n)) for n in (9, 80, 74)]
    env = file("/boot/grub2/grubenv", f"{ENV}{saved}{OPTS}", 1024)
    return loader(file("/boot/grub2/grub.cfg", BLS_CFG), *entries, env)


def test_entries_of_the_boot_loader_specification_stand_newest_first_with_variables_of_grubenv():
    made = el8()
    assert made.kind == "bls" and made.default.version == "4.18.0-80.el8.x86_64"
    assert made.default.options == "root=/dev/mapper/rhel-root ro rd.lvm.lv=rhel/root rd.lvm.lv=rhel/swap"
    assert made.default.initramfs == ("/boot/initramfs-4.18.0-80.el8.x86_64.img",)


def test_the_saved_entry_is_the_default_by_its_files_name():
    assert el8("saved_entry=6f9c-4.18.0-74.el8.x86_64\n").default.version == "4.18.0-74.el8.x86_64"


def test_the_configuration_of_an_efi_partition_that_leads_elsewhere_is_not_taken_for_the_menu():
    stub = file(
        "/boot/efi/EFI/redhat/grub.cfg",
        "search --no-floppy --set=dev\nset prefix=($dev)/grub2\nconfigfile $prefix/grub.cfg\n",
    )
    made = loader(stub, file("/boot/grub2/grub.cfg", BLS_CFG), file("/boot/loader/entries/a-5.conf", EL8.format(n=1)))
    assert made.file == "/boot/grub2/grub.cfg" and made.default


def test_entries_that_are_gone_leave_nothing_to_start():
    made = loader(file("/boot/grub2/grub.cfg", BLS_CFG))
    assert made.default is None and "there are none" in made.why


LEGACY = """#boot=/dev/sda
default=1
timeout=5
title Red Hat Enterprise Linux Server (2.6.32-754.el6.x86_64)
        root (hd0,0)
        kernel /vmlinuz-2.6.32-754.el6.x86_64 ro root=/dev/mapper/RootVG-root rd_LVM_LV=RootVG/root
        initrd /initramfs-2.6.32-754.el6.x86_64.img
title Red Hat Enterprise Linux (2.6.32-71.el6.x86_64)
        root (hd0,0)
        kernel /vmlinuz-2.6.32-71.el6.x86_64 ro root=/dev/mapper/RootVG-root
        initrd /initramfs-2.6.32-71.el6.x86_64.img
"""


def test_the_grub_of_rhel_6_counts_its_entries_from_nought():
    made = loader(file("/boot/grub/grub.conf", LEGACY))
    assert made.kind == "grub-legacy" and made.default.version == "2.6.32-71.el6.x86_64"


def test_a_default_behind_the_last_entry_is_none():
    made = loader(file("/boot/grub/grub.conf", LEGACY.replace("default=1", "default=7")))
    assert made.default is None and "none of its 2 entries" in made.why


def test_what_stands_in_no_file_is_refused():
    with pytest.raises(FactError, match="stands in no file"):
        loader("what is this")


def test_a_grubenv_of_another_size_is_red():
    text = file("/boot/grub/grub.cfg", DEBIAN.replace("DEFAULT", "0")) + file("/boot/grub/grubenv", ENV, 25)
    (found,) = points(app01(loader=text), "loader")
    assert found.light is Light.RED and "has 25 bytes and must have 1024" in found.sentence


def test_a_saved_entry_that_is_gone_and_a_next_one_are_amber():
    env = file("/boot/grub/grubenv", f"{ENV}saved_entry=gone\nnext_entry=old\n", 1024)
    found = points(
        app01(loader=file("/boot/grub/grub.cfg", DEBIAN.replace("DEFAULT", "${saved_entry}")) + env), "loader"
    )
    assert [point.light for point in found] == [Light.AMBER, Light.AMBER]


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("4.18.0-80", "4.18.0-9"),
        ("5.14.0-503.el9", "5.14.0-70.el9"),
        ("6.1", "6.1.0~rc1"[:3]),
        ("1.0.1", "1.0"),
        ("2", "1a"),
    ],
)
def test_versions_are_compared_as_rpm_does(newer, older):
    assert compare(newer, older) == (0 if newer == older else 1)
    assert compare(older, newer) == (0 if newer == older else -1)
