"""A template that boots by its own loader, and a dead clone of it: two disks, made once when first wanted.

The hosts are booted with a kernel from outside; here GRUB, /boot, kernel and initramfs are on the disk, the root is a
volume of a group RootVG, and host key and machine-id are made at the first boot. Both groups have the same UUIDs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
from pathlib import Path

from lab import machine, recipe
from lab.cache import Build, build_lock, cache_root
from lab.errors import LabError
from lab.image import apart, debian_packages, ext4_images, run
from lab.qemu import running_qemu, wait_ended
from lab.recipe import MIB, ROOT_GROUP

GUEST = Path(__file__).parent / "template_guest"
PACKAGES = ("grub-pc", "qemu-guest-agent")
BOOT_MIB, ROOT_MIB, VAR_MIB, SWAP_MIB = 192, 1024, 384, 128
DISK_MIB = BOOT_MIB + ROOT_MIB + VAR_MIB + SWAP_MIB + 16
LETTER_PLACE = "/srv/vm42.txt"
LETTER = "The letter that was on vm42 alone.\n"
"""What is on the dead clone and not on the template, so that whoever reads it knows which disk it came from."""
MADE = ("template", "vm42")
LOADER = b"/lib/ld-linux.so.2\0"

FILES = {
    "etc/hostname": "template\n",
    "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 template\n",
    "etc/machine-id": "",
    "etc/fstab": (
        f"/dev/mapper/{ROOT_GROUP}-root / ext4 errors=remount-ro 0 1\n"
        f"/dev/mapper/{ROOT_GROUP}-var /var ext4 defaults 0 2\n"
        f"/dev/mapper/{ROOT_GROUP}-swap none swap sw 0 0\n"
    ),
    "etc/default/grub": (
        "GRUB_TIMEOUT=0\nGRUB_DISTRIBUTOR=Debian\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n"
        f'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0 {recipe.QUICK}"\n'
    ),
    "etc/systemd/system/ssh.service.d/host-key.conf": "[Unit]\nWants=host-key.service\n",
    "etc/systemd/network/20-dhcp.network": (
        "[Match]\nName=e*\n\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    ),
}


def elf32() -> bytes:
    """The head of a 32-bit program for x86 that names a 32-bit loader, which the template does not have."""
    head = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return head + struct.pack("<IIIIIIII", 3, 84, 0, 0, len(LOADER), len(LOADER), 4, 1) + LOADER


def images_folder(build: Build) -> Path:
    """The part of a build that the two disks are in, named by a hash of what they are made from."""
    scripts = [(path.name, path.read_bytes()) for path in sorted(GUEST.iterdir())]
    sizes = (BOOT_MIB, ROOT_MIB, VAR_MIB, SWAP_MIB, DISK_MIB)
    values = (recipe.packages_hash(), PACKAGES, sizes, FILES, LETTER, elf32(), scripts)
    return build.folder / f"template-{hashlib.sha256(repr(values).encode()).hexdigest()[:8]}"


def disk(build: Build, name: str) -> Path:
    """The read-only qcow2 image of "template" or "vm42"; `images` makes it where it is missing."""
    return images_folder(build) / f"{name}.qcow2"


def images(build: Build, say: machine.Say) -> None:
    """Have both disks there: made now, if that never happened (about a minute and a half)."""
    finished = images_folder(build)
    if not finished.is_dir():
        with build_lock(cache_root(), say):
            if not finished.is_dir():
                say("template and vm42: Debian with its own boot loader (a minute and a half, once)")
                _make(build, finished)
    os.utime(finished)


def _make(build: Build, finished: Path) -> None:
    part = finished.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    _packages(part)
    _overlay(build, part / "overlay")
    ext4_images(part, part / "overlay", part, (part / "root.ext4", ROOT_MIB), (part / "var.ext4", VAR_MIB))
    _disks(build, part)
    for name in MADE:
        run(["qemu-img", "convert", "-O", "qcow2", str(part / f"{name}.raw"), str(part / f"{name}.qcow2")], "qemu-img")
        (part / f"{name}.qcow2").chmod(0o444)
    for path in part.iterdir():
        if path.suffix != ".qcow2":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    part.rename(finished)


def _packages(part: Path) -> None:
    """rootfs.tar: that of the hosts with the template's packages added."""
    given = debian_packages(cache_root())
    words = ["mmdebstrap", "--quiet", "--variant=custom", "--skip=check/empty", f"--include={','.join(PACKAGES)}"]
    words += machine.apt_options() + ['--aptopt=Acquire::Languages "none"']
    words += [f"--dpkgopt=path-exclude={path}" for path in recipe.EXCLUDED_PATHS]
    unpack = f"tar -C \"$1\" --numeric-owner --exclude='./dev/*' -xf '{given / 'rootfs.tar'}'"
    words += [f"--setup-hook={unpack}", f"--customize-hook={(GUEST / 'customize.sh').read_text()}"]
    run([*apart(part), *words, recipe.SUITE, str(part / "rootfs.tar"), str(given / "sources.list")], "mmdebstrap")


def _overlay(build: Build, overlay: Path) -> None:
    files = {name: (text, 0o644) for name, text in FILES.items()} | {
        "home/regroup/.ssh/authorized_keys": (build.private_key.with_suffix(".pub").read_text(), 0o600),
        "etc/systemd/system/host-key.service": ((GUEST / "host-key.service").read_text(), 0o644),
        "make-disks": ((GUEST / "make-disks.sh").read_text(), 0o755),
        "usr/lib/lab/layout": (_layout(), 0o644),
    }
    for name, (text, mode) in files.items():
        path = overlay / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    for folder in (overlay, *(path for path in overlay.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    (overlay / "home/regroup/.ssh").chmod(0o700)


def _layout() -> str:
    """Assignments that make-disks.sh reads."""
    sizes = f"boot_mib={BOOT_MIB} root_mib={ROOT_MIB} var_mib={VAR_MIB} swap_mib={SWAP_MIB}"
    return f"group={ROOT_GROUP} {sizes}\nletter='{_octal(LETTER.encode())}'\nelf32='{_octal(elf32())}'\n"


def _octal(data: bytes) -> str:
    """For `printf %b`, and so that the letter is on no disk but vm42's, not even in what was removed."""
    return "".join(f"\\0{byte:03o}" for byte in data)


def _disks(build: Build, part: Path) -> None:
    arguments = [*recipe.base_hardware(build.accelerator, memory_mib=768), "-no-reboot"]
    arguments += ["-kernel", str(build.kernel), "-initrd", str(build.initrd)]
    arguments += ["-append", f"root=/dev/vda ro console=ttyS0 {recipe.QUICK} quiet panic=-1 init=/make-disks"]
    for name in ("root", "var"):
        arguments += ["-drive", f"file={part / name}.ext4,format=raw,if=none,id={name},cache=unsafe"]
        arguments += ["-device", f"virtio-blk-pci,drive={name}"]
    arguments += ["-device", "virtio-scsi-pci,id=scsi0"]
    for target, name in enumerate(MADE):
        with (part / f"{name}.raw").open("wb") as file:
            file.truncate(DISK_MIB * MIB)
        arguments += ["-drive", f"file={part / name}.raw,format=raw,if=none,id={name},cache=unsafe"]
        arguments += ["-device", f"scsi-hd,bus=scsi0.0,scsi-id={target},drive={name},serial={name}"]
    with running_qemu(arguments, part, max_life=600) as mark:
        wait_ended(mark, timeout=590)
    console = (part / "console.log").read_text(errors="replace").strip()
    if "make-disks: done" not in console:
        raise LabError(f"the template's disks were not made; the console ends: {console[-1200:]}")
