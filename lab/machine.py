"""What this machine offers the lab: programs, package sources, the accelerator that really works."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from lab.errors import LabError, LabUnavailable
from lab.qemu import QEMU, running_qemu, wait_ended
from lab.recipe import SUITE, base_hardware

Say = Callable[[str], None]

# program -> the Debian package that has it
RUN_PROGRAMS = {
    QEMU: "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "ssh": "openssh-client",
    "setpriv": "util-linux",
}
BUILD_PROGRAMS = RUN_PROGRAMS | {
    "ssh-keygen": "openssh-client",
    "mmdebstrap": "mmdebstrap",
    "fakeroot": "fakeroot",
    "mkfs.ext4": "e2fsprogs",
}
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def which(program: str) -> str | None:
    """Where `program` is, looking in the sbin directories too (an ordinary user's PATH lacks them)."""
    return shutil.which(program, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")


def missing_packages(programs: dict[str, str]) -> list[str]:
    """Debian packages that have to be installed for `programs`."""
    missing = {package for program, package in programs.items() if which(program) is None}
    if programs is BUILD_PROGRAMS:
        if not KEYRING.exists():
            missing.add("debian-archive-keyring")
        if os.geteuid() != 0 and not _may_map_users():
            missing.add("fakechroot")
    return sorted(missing)


def _may_map_users() -> bool:
    """Whether an ordinary user can have a user namespace with many users (mmdebstrap's unshare mode)."""
    name = f"{os.geteuid()}"
    entries = [line.split(":")[0] for line in _lines(Path("/etc/subuid"))]
    login = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    return which("newuidmap") is not None and bool({name, login} & set(entries))


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def install_command(packages: Iterable[str]) -> str:
    """The command that installs `packages`, for a person to run."""
    return f"sudo apt-get install --no-install-recommends {' '.join(packages)}"


def require(programs: dict[str, str], say: Say, install: bool = False) -> None:
    """Make sure `programs` are there: install them if root and `install`, else LabUnavailable says how."""
    missing = missing_packages(programs)
    if not missing:
        return
    if not (install and os.geteuid() == 0 and which("apt-get")):
        raise LabUnavailable(f"the lab needs {', '.join(missing)}; install with: {install_command(missing)}")
    say(f"Installing {', '.join(missing)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["apt-get", "-q", "update"],
        ["apt-get", "-qy", "install", "--no-install-recommends", *missing],
    ):
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise LabUnavailable(f"{' '.join(words)} failed: {done.stderr.strip()[-400:]}")


# ---------------------------------------------------------------------------------- package sources


def debian_sources(etc_apt: Path = Path("/etc/apt")) -> list[str]:
    """One-line sources for SUITE at the mirrors this machine's own apt uses.

    LabUnavailable when its sources name no Debian mirror.
    """
    text = "\n".join(
        path.read_text()
        for path in (etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*")))
        if path.suffix in {".list", ".sources"} and path.exists()
    )
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    mirrors = dict.fromkeys(re.findall(r"\b(?:https?|file|copy):\S+", "\n".join(lines)))
    archive = [uri for uri in mirrors if re.search(r"/debian/?$", uri)]
    security = [uri for uri in mirrors if re.search(r"/debian-security/?$", uri)]
    if not archive:
        raise LabUnavailable("no Debian mirror (an address ending in /debian) in this machine's apt sources")
    suites = [(archive[0], SUITE), (archive[0], f"{SUITE}-updates")]
    suites += [(uri, f"{SUITE}-security") for uri in security[:1]]
    return [f"deb [signed-by={KEYRING}] {uri} {suite} main" for uri, suite in suites]


def apt_options() -> list[str]:
    """This machine's own apt settings about fetching (proxies, validity), as mmdebstrap arguments."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    kept = re.findall(r'^(Acquire::(?:http|https|Check-|Retries)\S* ".+");$', dump, re.MULTILINE)
    return [f"--aptopt={line}" for line in kept]


# ------------------------------------------------------------------------------------- accelerator


def qemu_version() -> str:
    """QEMU's version line, e.g. "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)"."""
    words = [which(QEMU) or QEMU, "--version"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()[0]


def processor() -> str:
    """This machine's processor: model name and a hash of its flags."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", cpuinfo, re.MULTILINE)
    flags = re.search(r"^flags\s*: (.*)$", cpuinfo, re.MULTILINE)
    digest = hashlib.sha256(flags[1].encode()).hexdigest()[:8] if flags else "-"
    return f"{model[1] if model else 'unknown'} {digest}"


def known_accelerator(cache: Path) -> str | None:
    """ "kvm" or "tcg" when it was tried here before, or forced by REGROUP_LAB_ACCEL; else None."""
    forced = os.environ.get("REGROUP_LAB_ACCEL")
    if forced:
        if forced not in {"kvm", "tcg"}:
            raise LabError(f"REGROUP_LAB_ACCEL is {forced!r}; it must be kvm or tcg")
        return forced
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    try:
        found = json.loads((cache / "accelerator.json").read_text()).get(_machine_now())
    except (FileNotFoundError, ValueError):
        return None
    return found if found in {"kvm", "tcg"} else None


def find_accelerator(cache: Path, kernel: Path, scratch: Path) -> str:
    """As `known_accelerator`, trying KVM with this kernel for at most 10 seconds where nobody knows yet.

    /dev/kvm may exist and still not boot a stock kernel (seen: hangs after "Probing EDD").
    """
    known = known_accelerator(cache)
    if known is None:
        known = "kvm" if _kvm_boots(kernel, scratch) else "tcg"
        part = cache / "accelerator.json.part"
        part.write_text(json.dumps({_machine_now(): known}))
        part.rename(cache / "accelerator.json")
    return known


def _machine_now() -> str:
    return f"{qemu_version()} | {processor()} | {os.uname().release}"


def _kvm_boots(kernel: Path, scratch: Path) -> bool:
    """A kernel without a root ends in a panic, and panic=-1 with -no-reboot ends QEMU: that proves it ran."""
    scratch.mkdir(parents=True, exist_ok=True)
    arguments = [*base_hardware("kvm"), "-no-reboot", "-kernel", str(kernel)]
    arguments += ["-append", "console=ttyS0 panic=-1"]
    try:
        with running_qemu(arguments, scratch, max_life=12) as mark:
            wait_ended(mark, timeout=10)
    except LabError:
        return False
    return "Unable to mount root fs" in (scratch / "console.log").read_text(errors="replace")
