"""Bond hosts on disk: one root image for all, and for each host a frozen state that is made when it is first wanted."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tarfile
from pathlib import Path

from lab import machine
from lab.bond_hosts import (
    FILES_NAME,
    KERNEL_ARGUMENTS,
    MEMORY_MIB,
    UNITS,
    BondIdentity,
    bonds_hash,
    hardware,
    netdevs_frozen,
)
from lab.cache import Build, build_lock, cache_root
from lab.disks import make_overlay
from lab.freeze import boot_and_freeze
from lab.image import debian_packages, ext4_images, identity_files
from lab.recipe import base_hardware

GUEST = Path(__file__).parent / "bond_guest"
ROOT_MIB = 960
SHARED = ("vmlinuz", "initrd", "key", "key.pub")
USER_NUMBER = 1000

# The units that a login does not wait for are started before the memory is saved.
_SETTLE = "sudo true && systemctl is-system-running --wait; sudo lldpcli show neighbors >/dev/null; sync"


def bonds(build: Build) -> Build:
    """The part of a build that the bond hosts are in; whatever is missing there is made by `frozen`."""
    scripts = [(path.name, path.read_bytes()) for path in sorted(GUEST.iterdir())]
    return Build(build.folder / f"bonds-{bonds_hash(scripts)}", build.accelerator)


def frozen_disk(part: Build, name: str) -> Path:
    """The read-only root disk of a frozen bond host: qcow2 over the image that all share."""
    return part.folder / name / "root.qcow2"


def frozen(build: Build, identity: BondIdentity, say: machine.Say) -> Build:
    """`bonds(build)`, with `identity` frozen in it: booted cold now if this never happened (half a minute)."""
    found = bonds(build)
    if not (found.folder / identity.name).is_dir():
        with build_lock(cache_root(), say):
            _make_image(found)
            if not (found.folder / identity.name).is_dir():
                say(f"{identity.name}: cold boot with {identity.chosen.title}, then freeze (half a minute, once)")
                _make(found, identity)
    os.utime(found.folder)
    return found


def _make_image(found: Build) -> None:
    """The root file system that is everybody's, and links to what the build has already."""
    if (found.folder / "root.raw").exists():
        return
    found.folder.mkdir(exist_ok=True, mode=0o700)
    work = found.folder / "work.part"
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
    for name in SHARED:
        with contextlib.suppress(FileExistsError):
            os.link(found.folder.parent / name, found.folder / name)
    image.chmod(0o444)
    image.rename(found.folder / "root.raw")
    shutil.rmtree(work)


def _make(found: Build, identity: BondIdentity) -> None:
    part = Build(found.folder / f"{identity.name}.part", found.accelerator)
    shutil.rmtree(part.folder, ignore_errors=True)
    (part.folder / identity.name).mkdir(parents=True)
    for name in (*SHARED, "root.raw"):
        os.link(found.folder / name, part.folder / name)
    files = part.folder / "files.tar"
    files.touch(mode=0o600)
    _pack(identity_files(part, identity) | dict(_own_files(identity)), files)
    disk = frozen_disk(part, identity.name)
    make_overlay("../root.raw", "raw", disk)
    node = ["-blockdev", f"driver=qcow2,node-name=root,cache.no-flush=on,file.driver=file,file.filename={disk}"]
    given = ["-fw_cfg", f"name={FILES_NAME},file={files}"]

    def arguments(port: int) -> list[str]:
        return [*bond_arguments(part, identity, netdevs_frozen(identity, port), node), *given]

    boot_and_freeze(part, identity.name, arguments, _SETTLE)
    disk.chmod(0o444)
    (part.folder / identity.name).rename(found.folder / identity.name)
    shutil.rmtree(part.folder)


def _own_files(identity: BondIdentity) -> list[tuple[str, tuple[str, int]]]:
    address = f"{identity.inside}/24"
    units = " ".join((*UNITS, *identity.chosen.units))
    files = {
        "etc/fstab": ("/dev/vda / ext4 errors=remount-ro 0 1\n", 0o644),
        "usr/lib/lab/units": (f"{units}\n", 0o644),
        "usr/lib/lab/removed": ("".join(f"{path}\n" for path in identity.chosen.removed), 0o644),
        **identity.chosen.files(address, identity.mac(0)),
    }
    return list(files.items())


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
