"""Bond hosts on disk: one root image for all, and for each host a frozen state that is made when it is first wanted."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
import time
from pathlib import Path

from lab import machine
from lab.bond_hosts import (
    FILES_NAME,
    KERNEL_ARGUMENTS,
    MEMORY_MIB,
    UNITS,
    BondIdentity,
    hardware,
    host_hash,
    netdevs_frozen,
)
from lab.cache import Build, build_lock, cache_root
from lab.disks import make_overlay
from lab.freeze import boot_and_freeze
from lab.image import UNUSED_SECONDS, debian_packages, ext4_images, identity_files
from lab.recipe import base_hardware

GUEST = Path(__file__).parent / "bond_guest"
ROOT_MIB = 960
SHARED = ("vmlinuz", "initrd", "key", "key.pub")
USER_NUMBER = 1000

# The units that a login does not wait for are started before the memory is saved.
_SETTLE = "sudo true && systemctl is-system-running --wait; sudo lldpcli show neighbors >/dev/null; sync"


def bonds_folder(build: Build) -> Path:
    """The part of a build that the bond hosts are in, named by a hash of the image that all share."""
    scripts = [(path.name, path.read_bytes()) for path in sorted(GUEST.iterdir())]
    return build.folder / f"bonds-{hashlib.sha256(repr((ROOT_MIB, scripts)).encode()).hexdigest()[:8]}"


def bond_build(build: Build, identity: BondIdentity) -> Build:
    """The build of one bond host; `frozen` makes it where it is missing."""
    return Build(bonds_folder(build) / f"{identity.name}-{host_hash(identity)}", build.accelerator)


def frozen_disk(found: Build, name: str) -> Path:
    """The read-only root disk of a frozen bond host: qcow2 over the image that all share."""
    return found.folder / name / "root.qcow2"


def frozen(build: Build, identity: BondIdentity, say: machine.Say) -> None:
    """Have `bond_build(build, identity)` there: booted cold now, if that never happened (half a minute)."""
    found = bond_build(build, identity)
    if not found.folder.is_dir():
        with build_lock(cache_root(), say):
            image = _image(build)
            if not found.folder.is_dir():
                say(f"{identity.name}: cold boot with {identity.chosen.title}, then freeze (half a minute, once)")
                _make(build, found, image, identity)
    os.utime(found.folder)  # used just now: a later build does not clear it away


def _image(build: Build) -> Path:
    """The root file system that is everybody's; made where it is missing."""
    finished = bonds_folder(build) / "root.raw"
    if finished.exists():
        return finished
    finished.parent.mkdir(exist_ok=True, mode=0o700)
    work = finished.parent / "work.part"
    shutil.rmtree(work, ignore_errors=True)
    tree = work / "overlay" / "usr/lib/lab"
    tree.mkdir(parents=True)
    for script in GUEST.iterdir():
        shutil.copy(script, tree / script.name)
        (tree / script.name).chmod(0o755)
    for folder in (work / "overlay", *(path for path in (work / "overlay").rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    image = work / "root.raw"
    ext4_images(debian_packages(cache_root()), work / "overlay", work, (image, ROOT_MIB), (work / "unused", 0))
    image.chmod(0o444)
    image.rename(finished)
    shutil.rmtree(work)
    return finished


def _make(build: Build, found: Build, image: Path, identity: BondIdentity) -> None:
    part = Build(found.folder.with_suffix(".part"), found.accelerator)
    shutil.rmtree(part.folder, ignore_errors=True)
    (part.folder / identity.name).mkdir(parents=True, mode=0o700)
    os.link(image, part.folder / image.name)
    for name in SHARED:
        os.link(build.folder / name, part.folder / name)
    files = part.folder / "files.tar"
    files.touch(mode=0o600)
    _pack(identity_files(part, identity) | _own_files(identity), files)
    disk = frozen_disk(part, identity.name)
    make_overlay(f"../{image.name}", "raw", disk)
    node = ["-blockdev", f"driver=qcow2,node-name=root,cache.no-flush=on,file.driver=file,file.filename={disk}"]
    given = ["-fw_cfg", f"name={FILES_NAME},file={files}"]

    def arguments(port: int) -> list[str]:
        return [*bond_arguments(part, identity, netdevs_frozen(identity, port), node), *given]

    boot_and_freeze(part, identity.name, arguments, _SETTLE)
    disk.chmod(0o444)
    files.unlink()  # the host's private key is only on the host
    for older in found.folder.parent.glob(f"{identity.name}-*"):
        if older != part.folder and time.time() - older.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(older, ignore_errors=True)
    part.folder.rename(found.folder)


def _own_files(identity: BondIdentity) -> dict[str, tuple[str, int]]:
    address = f"{identity.inside}/24"
    units = " ".join((*UNITS, *identity.chosen.units))
    return {
        "etc/fstab": ("/dev/vda / ext4 errors=remount-ro 0 1\n", 0o644),
        "usr/lib/lab/units": (f"{units}\n", 0o644),
        "usr/lib/lab/removed": ("".join(f"{path}\n" for path in identity.chosen.removed), 0o644),
        **identity.chosen.files(address, identity.mac(0)),
    }


def _pack(files: dict[str, tuple[str, int]], target: Path) -> None:
    """A tar of these files and the folders that lead to them, owned by root or the login user."""
    home = "home/regroup"
    with tarfile.open(target, "w") as tar:
        for name in sorted({str(parent) for path in files for parent in Path(path).parents} - {"."}):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o700 if name.startswith(f"{home}/.") else 0o755
            _owned(entry, home)
            tar.addfile(entry)
        for name, (text, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), mode
            _owned(entry, home)
            tar.addfile(entry, io.BytesIO(text.encode()))


def _owned(entry: tarfile.TarInfo, home: str) -> None:
    entry.mtime = 1335326400  # 25 April 2012
    if entry.name == home or entry.name.startswith(f"{home}/"):
        entry.uid = entry.gid = USER_NUMBER


def bond_arguments(part: Build, identity: BondIdentity, netdevs: list[str], root_node: list[str]) -> list[str]:
    """QEMU's arguments for a bond host, frozen or live: only the networks behind its NICs differ."""
    boot = ["-kernel", str(part.kernel), "-initrd", str(part.initrd), "-append", KERNEL_ARGUMENTS]
    devices = hardware(identity, netdevs)
    return [*base_hardware(part.accelerator, MEMORY_MIB), *boot, *root_node, *devices]
