"""The kernel that would be started, its modules, its initial file system and its command line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from readiness.facts.look import AskContents, module_name
from readiness.facts.values import Entry, Logical
from readiness.lights import Light
from ssh.session import Result
from tests.readiness.answers import app01, contents_of, facts_of, machine, points, text_of

RUNNING = "6.1.0-56-cloud-amd64"


def entry(facts, **changes):
    made = Entry(
        "Debian", f"/boot/vmlinuz-{RUNNING}", (f"/boot/initrd.img-{RUNNING}",), "root=/dev/mapper/RootVG-root ro"
    )
    return replace(facts, loader=replace(facts.loader, kind="grub", file="grub.cfg", default=replace(made, **changes)))


def test_a_kernel_without_modules_and_one_without_modules_dep_are_red():
    facts = app01()
    gone = replace(facts, kernels=replace(facts.kernels, modules={}))
    assert "/lib/modules/6.1.0-56-cloud-amd64 is missing" in points(gone, "kernel")[0].sentence
    empty = replace(facts, kernels=replace(facts.kernels, modules={RUNNING: 0}))
    assert points(empty, "kernel")[0].light is Light.RED


def test_a_kernel_that_was_cut_short_is_red():
    facts = app01()
    short = tuple(replace(one, size=4096) for one in facts.kernels.kernels)
    assert (
        "has only 4,096 bytes"
        in points(replace(facts, kernels=replace(facts.kernels, kernels=short)), "kernel")[0].sentence
    )


def test_a_container_has_no_kernel_to_judge():
    facts = machine(app01(), container="lxc")
    assert all(points(facts, key)[0].light is Light.UNKNOWN for key in ("loader", "kernel", "initramfs", "cmdline"))


def without(*lines):
    text = text_of("app01-healthy-image")
    for line in lines:
        text = "\n".join(row for row in text.splitlines() if not row.endswith(line))
    return contents_of(text)


@pytest.mark.parametrize("module", ["dm-mod.ko", "virtio_scsi.ko", "sd_mod.ko"])
def test_a_module_that_the_root_needs_and_the_image_lacks_is_red(module):
    found = points(app01(), "initramfs", without(module))
    assert found[0].light is Light.RED and module_name(module) in found[0].sentence


def test_a_module_that_is_built_into_the_kernel_is_not_asked_of_the_image():
    contents = contents_of(text_of("app01-healthy-image"))
    assert "ext4" in contents.builtin and "ext4" not in contents.modules
    assert points(app01(), "initramfs", contents)[0].light is Light.GREEN
    lacking = points(app01(), "initramfs", replace(contents, builtin=frozenset()))
    assert lacking[0].light is Light.RED and "ext4" in lacking[0].sentence


def test_an_image_without_lvm_is_red_where_the_root_is_a_logical_volume():
    (found,) = points(app01(), "initramfs", without("sbin/lvm"))
    assert found.light is Light.RED and "has no lvm" in found.sentence


def test_an_image_that_cannot_be_unpacked_to_its_end_is_red():
    damaged = contents_of(text_of("app01-healthy-image").replace("status=0", "status=1"))
    assert "cannot be unpacked" in points(app01(), "initramfs", damaged)[0].sentence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("@@begin list\n@@end list 127\n", "neither lsinitramfs nor lsinitrd"),
        ("@@begin list\ntool=lsinitrd\ncount=3\nstatus=124\n@@end list 0\n", "took too long"),
        ("@@begin list\ntool=lsinitrd\ncount=0\nstatus=125\n@@end list 0\n", "no `timeout`"),
    ],
)
def test_what_could_not_be_looked_into_is_unknown_with_the_reason(answer, says):
    contents = AskContents("/boot/x", "6.1").parse(Result(0, answer.encode(), b""))
    (found,) = points(app01(), "initramfs", contents)
    assert found.light is Light.UNKNOWN and says in found.sentence


def test_dracuts_list_is_read_with_compressed_modules():
    text = "\n".join(
        ["@@begin list", "tool=lsinitrd", "|usr/lib/modules/5.14/kernel/drivers/md/dm-mod.ko.xz", "|usr/sbin/lvm"]
        + ["|etc/lvm/devices/system.devices", "count=1200", "status=0", "@@end list 0", ""]
    )
    contents = AskContents("/boot/x", "5.14").parse(Result(0, text.encode(), b""))
    assert contents.modules == {"dm_mod"} and contents.programs == {"lvm", "system.devices"} and contents.devices_file


def test_an_entry_without_an_image_is_red_where_the_root_needs_one():
    assert points(entry(app01(), initramfs=()), "initramfs")[0].light is Light.RED


def test_microcode_in_front_of_the_image_is_not_the_image():
    images = ("/boot/amd-ucode.img", f"/boot/initrd.img-{RUNNING}")
    assert points(entry(app01(), initramfs=images), "initramfs")[0].light is Light.GREEN


@pytest.mark.parametrize(
    ("options", "light", "says"),
    [
        ("root=/dev/RootVG/root ro", Light.GREEN, "names the file system"),
        ("root=UUID=8df77596-fa05-406e-8b4b-f48aa4700c9d ro", Light.GREEN, "names the file system"),
        ("root=UUID=84e35acc-e585-4d5b-98c3-d2a86ce3c7c5 ro", Light.RED, "another file system"),
        ("root=/dev/mapper/OldVG-root ro", Light.RED, "which this host does not have"),
        ("ro quiet", Light.AMBER, "has no root="),
        (
            "root=/dev/mapper/RootVG-root rd.lvm.lv=RootVG/root rd.lvm.lv=RootVG/swap",
            Light.GREEN,
            "names the file system",
        ),
        ("root=/dev/mapper/RootVG-root rd.lvm.lv=OldVG/root", Light.RED, "names a volume that there is not"),
        ("root=/dev/mapper/RootVG-root rd.lvm.lv=RootVG/swap", Light.RED, "activates only RootVG/swap"),
        ("root=/dev/mapper/RootVG-root resume=/dev/mapper/OldVG-swap", Light.AMBER, "the boot waits"),
        ("root=/dev/mapper/RootVG-root systemd.unit=emergency.target", Light.AMBER, "a shell of one user"),
        ("root=zfs:tank/root", Light.UNKNOWN, "does not know"),
    ],
)
def test_the_command_line_is_held_against_what_is_mounted(options, light, says):
    found = points(entry(app01(), options=options), "cmdline")[0]
    assert found.light is light and says in found.sentence


def test_a_root_group_that_was_renamed_is_not_what_the_command_line_names_although_the_mount_is_called_so():
    text = text_of("app01-healthy-look")
    for before in ("3yrT RootVG-root", "/dev/mapper/RootVG-root /dev/dm-0"):
        assert before in text
        text = text.replace(before, before.replace("RootVG", "OldVG"))
    found = points(facts_of(text), "cmdline")[0]
    assert found.light is Light.RED and "/dev/mapper/RootVG-root, which this host does not have" in found.sentence


def test_names_with_hyphens_are_doubled_as_device_mapper_does():
    facts = app01()
    facts = replace(facts, root=replace(facts.root, source="/dev/mapper/my--vg-root", dm=(("my--vg-root", "LVM-x"),),
                                        names=frozenset({"/dev/mapper/my--vg-root"})))  # fmt: skip
    facts = replace(facts, lvm=replace(facts.lvm, logical=(Logical("my-vg", "root", "-wi-ao----", None, None),)))
    options = "root=/dev/my-vg/root rd.lvm.lv=my-vg/root"
    assert points(entry(facts, options=options), "cmdline")[0].light is Light.GREEN


def test_another_kernel_than_the_running_one_is_unproven():
    facts = entry(app01(), kernel="/boot/vmlinuz-6.1.0-60-amd64")
    assert "which does not run now" in points(facts, "changes")[0].sentence


def test_packages_written_since_the_boot_are_unproven_and_half_a_year_is_long():
    facts = app01()
    later = replace(facts, packages=replace(facts.packages, recent=((facts.machine.now, "libc6:amd64"),)))
    found = points(later, "changes")[0]
    assert found.light is Light.AMBER and found.sentence.endswith("unproven: 1 package.")
    assert "was not rebooted for 181 days" in points(machine(facts, uptime=181 * 86_400), "changes")[-1].sentence
