"""Build the lab once: Debian packages, volume groups by the real LVM, hosts frozen after a cold boot.

Every stage writes into a folder ending in `.part` that is renamed when whole, so a build that was
killed leaves nothing that looks finished and starts again at the last whole stage.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import machine, recipe
from lab.cache import Build, build_key, build_lock, cache_root, find_build
from lab.disks import copy_data
from lab.errors import LabError
from lab.freeze import freeze
from lab.old_disks import DISKS
from lab.qemu import running_qemu, wait_ended
from lab.recipe import HOSTS, MIB, ROOT_DISK_MIB, ROOT_GROUP, ROOT_VOLUMES, HostIdentity

SEED_ROOT_MIB = 1024
OUT_MIB = 4
UNUSED_SECONDS = 7 * 24 * 3600


def build(say: machine.Say) -> Build:
    """The finished build for this machine, made now if there is none. Minutes the first time.

    `say` gets one line per stage. LabUnavailable when something must be installed first, LabError with
    the reason when a stage fails.
    """
    machine.require(machine.BUILD_PROGRAMS, say, install=True)
    root = cache_root()
    with build_lock(root, say):
        found = find_build()
        if found:
            return found
        started = time.monotonic()
        say("1/5 Debian packages (about 1 minute)")
        unpacked = debian_packages(root)
        say("2/5 Accelerator")
        accelerator = machine.find_accelerator(root, unpacked / "vmlinuz", root / "probe.part")
        shutil.rmtree(root / "probe.part", ignore_errors=True)
        say(f"    {accelerator}" + ("" if accelerator == "kvm" else " (no usable KVM: slower, but the same)"))
        finished = Build(root / build_key(accelerator), accelerator)
        part = Build(finished.folder.with_suffix(".part"), accelerator)
        shutil.rmtree(part.folder, ignore_errors=True)
        part.folder.mkdir(mode=0o700)
        _fill(part, unpacked, say)
        part.folder.rename(finished.folder)
        _forget_unused(root)
        say(f"The lab is built, in {time.monotonic() - started:.0f} s: {finished.folder}")
    return finished


def _fill(part: Build, packages: Path, say: machine.Say) -> None:
    for name in ("vmlinuz", "initrd"):
        shutil.copy(packages / name, part.folder / name)
    keygen(part.private_key, "regroup lab")
    work = part.folder / "work"
    work.mkdir()
    say("3/5 Volume groups and old disks, by LVM in a VM (about 1 minute)")
    _seed(part, packages, work)
    say(f"4/5 Root disks of {' and '.join(host.name for host in HOSTS)} (about 1 minute)")
    for host in HOSTS:
        _host_disk(part, packages, work, host)
    shutil.rmtree(work)
    say("5/5 Cold boot, then freeze (about 2 minutes)")
    with ThreadPoolExecutor(len(HOSTS)) as pool:
        list(pool.map(lambda host: freeze(part, host), HOSTS))


def _forget_unused(root: Path) -> None:
    """Remove builds that no instance has used for a week; each is well over a gigabyte."""
    for folder in root.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def run(words: list[str], what: str) -> None:
    environment = os.environ | {"PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"}
    words = ["setpriv", "--pdeathsig", "TERM", *words]  # a killed build leaves nothing running
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise LabError(f"{what} failed (exit {done.returncode}): {(done.stderr or done.stdout).strip()[-800:]}")


def keygen(path: Path, comment: str) -> None:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)], "ssh-keygen")


# ------------------------------------------------------------------------------- Debian's packages


def debian_packages(root: Path) -> Path:
    """The folder with rootfs.tar, vmlinuz and initrd; independent of QEMU and accelerator."""
    finished = root / f"packages-{recipe.packages_hash()}"
    if finished.is_dir():
        os.utime(finished)
        return finished
    part = finished.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    sources = part / "sources.list"
    sources.write_text("\n".join(machine.debian_sources()) + "\n")
    # The hook goes as text: in a user namespace the project's own folder may not be readable.
    hook = (recipe.GUEST / "customize.sh").read_text()
    words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(recipe.PACKAGES)}"]
    words += machine.apt_options() + ['--aptopt=Acquire::Languages "none"']
    words += [f"--dpkgopt=path-exclude={path}" for path in recipe.EXCLUDED_PATHS]
    words += [f"--customize-hook={hook}", recipe.SUITE, str(part / "rootfs.tar"), str(sources)]
    run([*apart(part), *words], "mmdebstrap")
    with tarfile.open(part / "rootfs.tar") as tar:
        for name, pattern in (("vmlinuz", r"\./boot/vmlinuz-.*"), ("initrd", r"\./boot/initrd\.img-.*")):
            member = next(entry for entry in tar if re.fullmatch(pattern, entry.name))
            data = tar.extractfile(member)
            if data is None:
                raise LabError(f"{member.name} of the Debian root file system is not a file")
            (part / name).write_bytes(data.read())
    part.rename(finished)
    return finished


def apart(scratch: Path) -> list[str]:
    """Words that keep root's mounts and processes, and the new root itself, to the build alone.

    As root, mmdebstrap mounts /proc, /sys and the machine's own /dev/shm into the new root. Killed, it
    would leave them there for everybody, and whoever then removed the folder would empty /dev/shm.
    An ordinary user's build has a namespace of its own anyway.
    """
    words = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0 or subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        return []
    return ["setpriv", "--pdeathsig", "KILL", *words, "env", f"TMPDIR={scratch}"]


# --------------------------------------------------------------------- volume groups, by real LVM


def _seed(part: Build, packages: Path, work: Path) -> None:
    """Boot a VM whose first process makes every volume group, and keep what it says about them."""
    overlay = work / "seed-overlay"
    overlay.mkdir()
    shutil.copy(recipe.GUEST / "seed.sh", overlay / "seed")
    (overlay / "seed").chmod(0o755)
    overlay.chmod(0o755)
    ext4_images(packages, overlay, work, (work / "seed.ext4", SEED_ROOT_MIB), (work / "unused", 0))
    _sparse(work / "out.img", OUT_MIB)
    _seed_input(work / "in.tar")
    disks = [(host.name, part.root_disk(host.name), ROOT_DISK_MIB) for host in HOSTS]
    disks += [(disk.serial, part.disk(disk.name), disk.mib) for disk in DISKS]
    arguments = [*recipe.base_hardware(part.accelerator, memory_mib=768), "-no-reboot"]
    arguments += ["-kernel", str(part.kernel), "-initrd", str(part.initrd)]
    arguments += ["-append", f"root=/dev/vda rw console=ttyS0 {recipe.QUICK} quiet panic=-1 init=/seed"]
    for name, serial in (("seed.ext4", "root"), ("in.tar", "in"), ("out.img", "out")):
        file = f"file={work / name},format=raw,if=none,id={serial},cache=unsafe"
        arguments += ["-drive", file, "-device", f"virtio-blk-pci,drive={serial},serial={serial}"]
    arguments += ["-device", "virtio-scsi-pci,id=scsi0"]
    for target, (serial, path, mib) in enumerate(disks):
        path.parent.mkdir(exist_ok=True)
        _sparse(path, mib)
        arguments += ["-drive", f"file={path},format=raw,if=none,id=d{target},cache=unsafe"]
        arguments += ["-device", f"scsi-hd,bus=scsi0.0,scsi-id={target},drive=d{target},serial={serial}"]
    with running_qemu(arguments, work, max_life=400) as mark:
        wait_ended(mark, timeout=390)
    _take_seed_output(work, part)


def _sparse(path: Path, mib: int) -> None:
    with path.open("wb") as file:
        file.truncate(mib * MIB)


def _seed_input(path: Path) -> None:
    """The tar that `seed.sh` reads: which groups, their volumes, the files that go on them."""
    host_volumes = [(v.name, v.mib, v.content if v.content == "swap" else "image") for v in ROOT_VOLUMES]
    groups = [(ROOT_GROUP, host.name, host_volumes) for host in HOSTS]
    groups += [(d.group, d.owner, [(v.name, v.mib, v.content) for v in d.volumes]) for d in DISKS]
    files = {"groups": "".join(f"{n} {group} {owner}\n" for n, (group, owner, _) in enumerate(groups)).encode()}
    for _, owner, volumes in groups:
        files[f"{owner}/volumes"] = "".join(f"{n} {mib} {content}\n" for n, mib, content in volumes).encode()
    for disk in DISKS:
        for volume, contents in disk.files.items():
            files |= {f"{disk.owner}/trees/{volume}/{name}": data for name, data in contents.items()}
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), 0o644, 1335326400  # 25 April 2012
            tar.addfile(entry, io.BytesIO(data))
    _pad(path, 512)


def _pad(path: Path, block: int) -> None:
    with path.open("ab") as file:
        file.write(b"\0" * (-path.stat().st_size % block))


def _take_seed_output(work: Path, part: Build) -> None:
    (work / "out").mkdir()
    # `tar` and not tarfile: extraction filters are not in every Python 3.11.
    subprocess.run(["tar", "-C", str(work / "out"), "-xf", str(work / "out.img")], capture_output=True, check=False)
    if not (work / "out" / "done").exists():
        console = (work / "console.log").read_text(errors="replace")
        raise LabError(f"LVM in the seed VM did not finish; its console ends: {console.strip()[-1200:]}")
    for owner, group in [(h.name, ROOT_GROUP) for h in HOSTS] + [(d.owner, d.group) for d in DISKS]:
        text = part.backup(owner, group)
        text.parent.mkdir(parents=True)
        shutil.copy(work / "out" / owner / group, text)


# ------------------------------------------------------------------------------------ root disks


def ext4_images(packages: Path, overlay: Path, work: Path, root: tuple[Path, int], var: tuple[Path, int]) -> None:
    words = [] if os.geteuid() == 0 else ["fakeroot", "--"]
    words += ["sh", str(recipe.GUEST / "host-image.sh"), str(packages / "rootfs.tar"), str(overlay)]
    words += [str(work / "unpacked"), str(root[0]), str(root[1]), str(var[0]), str(var[1])]
    run(words, "making a root file system")


def _host_disk(part: Build, packages: Path, work: Path, host: HostIdentity) -> None:
    """Write the host's root and /var into the logical volumes that LVM laid out on its disk."""
    overlay = work / f"{host.name}-overlay"
    _host_files(part, overlay, host)
    sizes = {volume.name: volume.mib for volume in ROOT_VOLUMES}
    images = {name: work / f"{host.name}-{name}.ext4" for name in ("root", "var")}
    ext4_images(packages, overlay, work, (images["root"], sizes["root"]), (images["var"], sizes["var"]))
    offsets = _volume_offsets(work / "out" / host.name)
    for name, image in images.items():
        with image.open("rb") as reader, part.root_disk(host.name).open("r+b") as writer:
            copy_data(reader.fileno(), writer.fileno(), offsets[name], sizes[name] * MIB)
        image.unlink()


def _volume_offsets(told: Path) -> dict[str, int]:
    """{volume: its first byte on the disk}, from what pvs and lvs said; each must be one piece."""
    pe_start, extent = (int(float(word)) * 512 for word in (told / "extents").read_text().split())
    offsets: dict[str, int] = {}
    for line in (told / "segments").read_text().splitlines():
        name, ranges = line.split(maxsplit=1)
        found = re.fullmatch(r"/dev/sda:(\d+)-\d+", ranges.strip())
        if found is None or name in offsets:
            raise LabError(f"LVM laid volume {name} out in pieces: {ranges}")
        offsets[name] = pe_start + int(found[1]) * extent
    return offsets


def _host_files(part: Build, overlay: Path, host: HostIdentity) -> None:
    """The files that make the host itself: name, machine-id, keys, fstab, management address."""
    network = f"[Match]\nMACAddress={host.mac(2)}\n\n[Network]\nAddress=10.0.2.15/24\nLinkLocalAddressing=no\n"
    fstab = (
        f"/dev/mapper/{ROOT_GROUP}-root / ext4 errors=remount-ro 0 1\n"
        f"/dev/mapper/{ROOT_GROUP}-var /var ext4 defaults 0 2\n"
        f"/dev/mapper/{ROOT_GROUP}-swap none swap sw 0 0\n"
    )
    files = identity_files(part, host) | {
        "etc/fstab": (fstab, 0o644),
        "etc/systemd/network/10-management.network": (network, 0o644),
        f"etc/lvm/backup/{ROOT_GROUP}": (part.backup(host.name, ROOT_GROUP).read_text(), 0o600),
    }
    for name, (text, mode) in files.items():
        path = overlay / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    for folder in (overlay, *(path for path in overlay.rglob("*") if path.is_dir())):
        folder.chmod(0o755)  # whatever the builder's umask is
    (overlay / "home/regroup/.ssh").chmod(0o700)


def identity_files(build: Build, host: HostIdentity) -> dict[str, tuple[str, int]]:
    """{path: (text, mode)} of name, machine-id and keys. A host key is made; its public half stays in the build."""
    key = build.folder / host.name / "host_key"
    keygen(key, host.name)
    files = {
        "etc/hostname": (host.name + "\n", 0o644),
        "etc/hosts": (f"127.0.0.1 localhost\n127.0.1.1 {host.name}\n", 0o644),
        "etc/machine-id": (host.machine_id + "\n", 0o444),
        "etc/ssh/ssh_host_ed25519_key": (key.read_text(), 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": (key.with_suffix(".pub").read_text(), 0o644),
        "home/regroup/.ssh/authorized_keys": (build.private_key.with_suffix(".pub").read_text(), 0o600),
    }
    key.unlink()  # the private half is only on the host
    return files
