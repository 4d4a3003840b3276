"""What tells whether a host would boot, in one round trip; and what is in an initial file system, in another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from readiness.facts.elf import parse_userland
from readiness.facts.loader import parse_loader
from readiness.facts.mounts import parse_fstab, parse_mounts
from readiness.facts.numbers import moment, number
from readiness.facts.packages import parse_packages
from readiness.facts.storage import parse_ids, parse_lvm, parse_root, parse_space
from readiness.facts.values import NO_TOOL, BootFile, Contents, Facts, Kernels, Machine, Told
from readiness.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import Parts, ended_well, part, parts
from ssh.session import Result

WHAT = "What tells whether the host would boot"
VERIFY_SECONDS, UNPACK_SECONDS = 60, 60
MOST_BYTES = 512 << 10
MOST_LINES = 5_000
LINES = {"loader": 50_000}
"""Of one part of the answer; of others MOST_LINES. A host that was asked in earnest says a tenth of either."""


@dataclass(frozen=True, slots=True)
class AskReadiness:
    """The Facts of a host, in one round trip, as root, at the lowest priority.

    What a verdict relies on is parsed strictly; what a program of the host could not tell stays a `Told` with its
    status. Whole answers are in tests/readiness/samples.
    """

    verify_seconds: int = VERIFY_SECONDS
    name: str = field(default="readiness", init=False)

    def command(self) -> Command:
        words = ("nice", "-n", "19", "sh", "-c", script("parts.lib", "look"), "regroup", str(self.verify_seconds))
        return Command(words, sudo=True, timeout=90 + self.verify_seconds)

    def parse(self, result: Result) -> Facts:
        found = answered(result)
        for name, (_, text) in found.items():
            if text.count("\n") >= LINES.get(name, MOST_LINES):
                raise FactError(f"{WHAT}: the part {name[:40]!r} of the answer has too many lines, and is not read.")
        machine = _machine(part(found, "host", WHAT))
        mounts = parse_mounts(part(found, "mounts", WHAT), WHAT)
        ids = parse_ids(part(found, "ids", WHAT))
        root = next((one for one in reversed(mounts) if one.point == "/"), None)
        apart = any(one.point == "/boot" for one in mounts)
        fstab_status, fstab = found.get("fstab", (-1, ""))
        return Facts(
            machine=machine,
            userland=parse_userland(part(found, "elf", WHAT), WHAT),
            packages=parse_packages(
                part(found, "packages", WHAT),
                told_text(found, "archs"),
                told_text(found, "changed"),
                told(found, "verify"),
                WHAT,
            ),
            kernels=_kernels(part(found, "kernels", WHAT)),
            loader=parse_loader(
                part(found, "loader", WHAT), told(found, "grub_check"), told(found, "grubby"), apart, WHAT
            ),
            mounts=mounts,
            fstab=parse_fstab(fstab, fstab_status, told_text(found, "specs"), told(found, "verify_fstab")),
            encrypted=tuple(
                line for line in told_text(found, "crypttab").splitlines() if line.strip() and line[:1] != "#"
            ),
            root=parse_root(part(found, "root", WHAT), ids, root, WHAT),
            ids=ids,
            space=parse_space(told_text(found, "space"), told_text(found, "inodes")),
            lvm=parse_lvm(*(told(found, name) for name in ("vgs", "pvs", "lvs", "devices_file"))),
            kernel_log=told(found, "kernel_log"),
            ext_errors=_counts(told_text(found, "ext_errors")),
            failed=told(found, "failed"),
            target=told(found, "target"),
            logins=told(found, "logins"),
            boots=told(found, "boots"),
            touched={
                path: seconds for at, path in _pairs(told_text(found, "touched")) if (seconds := moment(at)) is not None
            },
        )


@dataclass(frozen=True, slots=True)
class AskContents:
    """The Contents of one initial file system, with the modules that the kernel of `version` has built in."""

    path: str
    version: str
    seconds: int = UNPACK_SECONDS
    name: str = field(default="initramfs", init=False)

    def command(self) -> Command:
        words = ("nice", "-n", "19", "sh", "-c", script("parts.lib", "initramfs"), "regroup")
        return Command((*words, self.path, self.version, str(self.seconds)), sudo=True, timeout=30 + self.seconds)

    def parse(self, result: Result) -> Contents:
        found = answered(result)
        listed = told(found, "list")
        values = dict(line.split("=", 1) for line in listed.lines if re.fullmatch(r"(tool|status|count)=.*", line))
        paths = [line[1:] for line in listed.lines if line.startswith("|")]
        status, count = number(values.get("status", str(listed.status))), number(values.get("count", "0"))
        if status is None or count is None:
            raise FactError(f"{WHAT}: the host does not say how listing {self.path} ended.")
        why = {
            124: "listing it took too long",
            125: "the host has no `timeout` to limit it with",
            NO_TOOL: ("the host has neither lsinitramfs nor lsinitrd to look into it with"),
        }.get(status, "")
        if listed.status == 2:
            why = "the file is not there"
        return Contents(
            path=self.path,
            tool=values.get("tool", ""),
            count=count,
            modules=frozenset(module_name(path) for path in paths if re.search(r"\.ko(\.|$)", path)),
            programs=frozenset(path.rsplit("/", 1)[-1] for path in paths if not re.search(r"\.ko(\.|$)", path)),
            devices_file=any(path.endswith("system.devices") for path in paths),
            builtin=frozenset(name.replace("-", "_") for name in told_text(found, "builtin").split()),
            why=why,
            damaged=not why and (status != 0 or count < 10),
        )


def answered(result: Result) -> Parts:
    """The parts of an answer. Raises FactError, for one that is too long before it is looked into."""
    if len(result.stdout) > MOST_BYTES:
        raise FactError(
            f"{WHAT}: the answer has {len(result.stdout):,} bytes, and more than {MOST_BYTES:,} are not read."
        )
    return parts(ended_well(result, WHAT), WHAT)


def module_name(path: str) -> str:
    """`…/drivers/md/dm-mod.ko.xz` is `dm_mod`, as the kernel calls it."""
    return re.sub(r"\.ko(\.\w+)?$", "", path.rsplit("/", 1)[-1]).replace("-", "_")


def told(found: Parts, name: str) -> Told:
    if name not in found:
        return Told()
    status, text = found[name]
    return Told(tuple(line for line in text.splitlines() if line.strip()), status)


def told_text(found: Parts, name: str) -> str:
    return found.get(name, (-1, ""))[1]


def _machine(text: str) -> Machine:
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("tool="))
    try:
        uptime, now = moment(values["uptime"]), moment(values["now"])
        names = {name: values[name] for name in ("machine_id", "boot_id", "hostname", "kernel", "arch", "cmdline")}
    except KeyError as error:
        raise FactError(f"{WHAT}: the host does not say what it is ({error}).") from error
    if uptime is None or now is None:
        raise FactError(f"{WHAT}: the host does not say what it is (its clock, or for how long it is up).")
    if not names["kernel"] or not names["arch"]:
        raise FactError(f"{WHAT}: the host does not say which kernel it runs.")
    container = values.get("container", "")
    return Machine(
        **names,
        uptime=uptime,
        now=now,
        os=values.get("os", ""),
        efi="efi" in values,
        container="" if container == "none" else container,
        autorelabel="autorelabel" in values,
        reboot_required="reboot_required" in values,
        selinux_now=values.get("selinux_now", ""),
        selinux_file=values.get("selinux_file", ""),
        tools=frozenset(line.removeprefix("tool=") for line in text.splitlines() if line.startswith("tool=")),
    )


def _kernels(text: str) -> Kernels:
    """Raises FactError naming the line. A real line: `kernel 14186432 1794824260 /boot/vmlinuz-6.1.0-56-amd64`."""
    kernels, images, modules, links = list[BootFile](), list[BootFile](), dict[str, int](), dict[str, str]()
    for line in filter(None, text.splitlines()):
        words = line.split(" ", 3)
        size, at = (number(words[1]), number(words[2])) if len(words) == 4 else (None, None)
        if size is None or at is None:
            raise FactError(f"{WHAT}: the line {line!r} names no kernel, initial file system or modules.")
        kind, path = words[0], words[3]
        if kind == "kernel":
            kernels.append(BootFile(path, size, at))
        elif kind == "initramfs":
            images.append(BootFile(path, size, at))
        elif kind == "modules":
            modules[path.rsplit("/", 1)[-1]] = size
        else:
            link, _, target = path.partition(" ")
            links[link] = target
    return Kernels(tuple(kernels), tuple(images), modules, links)


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(words[0], words[1]) for line in text.splitlines() if len(words := line.split(None, 1)) == 2]


def _counts(text: str) -> Mapping[str, int]:
    return {name: found for name, count in _pairs(text) if (found := number(count)) is not None}
