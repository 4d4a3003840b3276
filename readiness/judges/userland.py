"""Whether what the kernel starts first can run on it: the article's 32-bit userland on a 64-bit kernel."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.facts.elf import KERNELS
from readiness.facts.values import Elf, Facts
from readiness.judges.finding import Point, amber, green, red, unknown
from readiness.judges.known import Known

DEB = {"i386": 32, "armhf": 32, "armel": 32}
RPM = {"i386": 32, "i486": 32, "i586": 32, "i686": 32, "armv7hl": 32}
LIBC = ("libc6", "glibc")
PROGRAMS = ("/sbin/init", "/bin/sh", "/bin/mount", "/usr/sbin/lvm", "/sbin/lvm")
FROM_PACKAGES = "Install the package that owns it again, for the architecture of the kernel, before anything reboots."


def judge(known: Known) -> Iterator[Point]:
    facts = known.facts
    if facts.machine.arch not in KERNELS:
        yield unknown(
            f"Regroup does not know what programs a kernel of {facts.machine.arch} runs.",
            f"uname -m: {facts.machine.arch}",
        )
        return
    problems = [*_links(facts), *_programs(facts, known.facts.root.on_lvm), *_libc(facts)]
    yield from problems
    init = facts.userland.files.get("/sbin/init")
    if not problems and init:
        loader = init.loader or "none"
        yield green(
            "Init, shell, mount and libc are for this kernel, and their loader is there.",
            f"{init.path} is {init.real}: {init.words}",
            f"loader: {loader}",
            f"uname -m: {facts.machine.arch}",
        )


def wanted(facts: Facts) -> tuple[int, str]:
    """Width and machine that programs need: the packages' own where they say libc is 32-bit, else the kernel's."""
    bits, machine = KERNELS[facts.machine.arch]
    widths = {(DEB | RPM).get(package.arch, 64) for package in facts.packages.core if package.name in LIBC}
    if widths == {32} and bits == 64:
        return 32, {"x86-64": "x86", "aarch64": "arm"}.get(machine, machine)
    return bits, machine


def _links(facts: Facts) -> Iterator[Point]:
    userland = facts.userland
    for path in userland.absent:
        yield red(f"There is no {path}: the kernel would have nothing to start.", f"{path}: absent", todo=FROM_PACKAGES)
    for path in dict.fromkeys(userland.dangling):
        yield red(
            f"{path} is a link that leads nowhere.",
            f"{path}: dangling",
            todo="Let it lead to where its package has it lead.",
        )
    for path, target in userland.links.items():
        if target.startswith("/") and path in ("/bin", "/sbin", "/lib", "/lib64"):
            yield amber(
                f"{path} is a link to an absolute path, which initial file systems may be made wrong by.",
                f"{path} -> {target}",
                todo=f"Make it relative: ln -sfn {target.lstrip('/')} {path}",
            )


def _programs(facts: Facts, lvm: bool) -> Iterator[Point]:
    bits, machine = wanted(facts)
    for path in PROGRAMS:
        file = facts.userland.files.get(path)
        if file is None or (path.endswith("lvm") and not lvm):
            continue
        said = f"{path} is {file.real}: {file.words}"
        kernel = f"uname -m: {facts.machine.arch}"
        if not file.bits:
            if path == "/sbin/init":
                yield amber(f"{path} is no ELF file, so nobody can tell what it needs.", said, todo=FROM_PACKAGES)
        elif (file.bits, file.machine) != (bits, machine):
            packages = [
                f"{one.name} {one.version} is for {one.arch}" for one in facts.packages.core if one.name in LIBC
            ]
            yield red(
                f"{path} is {file.words}, and this system's programs are {bits}-bit {machine}.",
                said,
                kernel,
                *packages,
                todo=FROM_PACKAGES,
            )
        elif file.loader == "":
            yield unknown(f"The loader of {path} stands further back than Regroup reads.", said)
        elif file.loader and not facts.userland.loaders.get(file.loader, True):
            yield red(
                f"{path} needs {file.loader}, which is not there: it cannot start.",
                said,
                f"{file.loader}: absent",
                todo="Install libc again for the architecture of the kernel.",
            )


def _libc(facts: Facts) -> Iterator[Point]:
    bits, machine = wanted(facts)
    found = [file for path, file in facts.userland.files.items() if path.endswith("/libc.so.6")]
    init = facts.userland.files.get("/sbin/init")
    if not found and init and init.loader and "ld-linux" in init.loader:
        yield red(
            "There is no libc.so.6 where the loader looks for it.",
            f"{init.path} needs {init.loader}",
            todo=FROM_PACKAGES,
        )
    if found and not any(_fits(file, bits, machine) for file in found):
        listed = [f"{file.path} is {file.real}: {file.words}" for file in found]
        yield red(f"No libc is {bits}-bit {machine}.", *listed, f"uname -m: {facts.machine.arch}", todo=FROM_PACKAGES)


def _fits(file: Elf, bits: int, machine: str) -> bool:
    return (file.bits, file.machine) == (bits, machine)
