"""Whether everything that /etc/fstab wants is there, and whether what is mounted would be again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from readiness.facts.values import Facts, FstabLine, Mount
from readiness.judges.cmdline import device_path, mapper_path
from readiness.judges.finding import Point, amber, few, green, red, unknown
from readiness.judges.known import Known

NO_POINT = ("none", "swap", "-")
PASSING = re.compile(
    r"/(run|media|proc|sys|dev|snap|var/lib/(docker|containers|kubelet|containerd|snapd|lxc|libvirt))(/|$)|/tmp/|/var/tmp/|/boot/efi$|/efi$"
)
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "glusterfs", "fuse.glusterfs", "ceph", "lustre", "fuse.sshfs")
TOLD = ("nofail", "_netdev", "noauto", "ro", "rw")
"""Options that are shown, with those of systemd; others may hold a password."""
MEND = "Mend the line, or give it nofail if the host can do without; then findmnt --verify."


def judge(known: Known) -> Iterator[Point]:
    fstab = known.facts.fstab
    if fstab.missing:
        yield red(
            "There is no /etc/fstab: nothing but / would be mounted.", todo="Write it again from what is mounted now."
        )
        return
    problems = [*_absent(fstab.lines), *_root(known.facts), *_shape(known.facts)]
    yield from problems
    said = fstab.verified.lines
    errors = [line.strip() for line in said if "[E]" in line or "parse error" in line]
    if errors and not problems:
        yield amber("findmnt finds mistakes in /etc/fstab.", *errors, todo=MEND)
    if not problems and not errors:
        by = (
            f"findmnt --verify: {said[-1].strip()}"
            if said and not fstab.verified.why
            else "findmnt --verify: not asked"
        )
        unasked = sum(
            1 for line in fstab.lines if line.device is None and line.spec.startswith(("/dev/", "UUID=", "LABEL="))
        )
        if unasked:
            yield unknown(f"Of {unasked} lines nobody can tell whether their device is there.", by)
        yield green(
            f"What /etc/fstab names is there: {len(fstab.lines)} lines.", *(line.words for line in fstab.lines), by
        )


def _absent(lines: tuple[FstabLine, ...]) -> Iterator[Point]:
    for line in lines:
        if line.device != "" or "noauto" in line.options or line.fstype in NETWORK:
            continue
        if line.fstype == "swap":
            yield amber(
                f"{line.spec} is not there, and the boot waits a minute and a half for it as swap.",
                line.words,
                todo=MEND,
            )
        elif line.nofail:
            yield amber(
                f"{line.spec} is not there; the boot goes on without {line.point}, since it has nofail.",
                line.words,
                todo=MEND,
            )
        else:
            yield red(
                f"{line.spec}, to be mounted on {line.point}, is not there: the boot would stop and ask for help.",
                line.words,
                f"options: {_options(line)}",
                todo=MEND,
            )


def _options(line: FstabLine) -> str:
    shown = [word for word in line.options if word in TOLD or word.startswith("x-systemd.")]
    return ",".join(shown) or "neither nofail nor noauto"


def _root(facts: Facts) -> Iterator[Point]:
    line = next((line for line in facts.fstab.lines if line.point == "/"), None)
    if line is None:
        yield amber(
            "/etc/fstab has no line for /, so it stays as the kernel mounts it, read-only on many systems.",
            todo="Write the line from findmnt /.",
        )
    elif line.device and not {line.device, mapper_path(device_path(line.spec))} & facts.root.names:
        yield red(
            f"/etc/fstab names {line.spec} for /, and / is {facts.root.source}.",
            line.words,
            f"{line.spec} is {line.device}",
            todo=MEND,
        )


def _shape(facts: Facts) -> Iterator[Point]:
    for text in facts.fstab.broken:
        yield amber("A line of /etc/fstab is no line of one, and is passed over.", text, todo=MEND)
    counts = Counter(line.point for line in facts.fstab.lines if line.point not in NO_POINT)
    for point, count in counts.items():
        if count > 1:
            yield amber(
                f"{point} stands in /etc/fstab {count} times; the later one covers the others.",
                *(line.words for line in facts.fstab.lines if line.point == point),
                todo=MEND,
            )
    for line in facts.fstab.lines:
        if (
            line.at == "file"
            and line.point not in NO_POINT
            and line.device != ""
            and line.fstype not in NETWORK
            and "bind" not in line.options
        ):
            yield red(f"{line.point} is to be mounted on, and is no directory.", line.words, todo=MEND)


def judge_mounted(known: Known) -> Iterator[Point]:
    """What is mounted against what would be."""
    facts = known.facts
    points = {line.point for line in facts.fstab.lines}
    lost = [mount for mount in facts.mounts if _counts(mount) and mount.point not in points]
    mounted = {mount.point for mount in facts.mounts}
    idle = [
        line
        for line in facts.fstab.lines
        if line.point not in NO_POINT and line.point not in mounted and "noauto" not in line.options and line.device
    ]
    if lost:
        yield amber(
            f"Mounted now, in no line of /etc/fstab, and so not there again: {few(m.point for m in lost)}.",
            *(f"{m.source} on {m.point}, {m.fstype}" for m in lost),
            todo="Write it into /etc/fstab, unless a unit or a program mounts it.",
        )
    if idle:
        yield amber(
            f"What /etc/fstab wants is not mounted now: {few(line.point for line in idle)}.",
            *(line.words for line in idle),
            todo="Mount it now (mount -a), so that what is wrong shows while somebody is there.",
        )
    if not lost and not idle:
        yield green(
            "What is mounted is what would be mounted again.",
            *(f"{m.source} on {m.point}" for m in facts.mounts if _counts(m)),
        )


def _counts(mount: Mount) -> bool:
    """File systems of disks or of the network; not what programs mount for themselves, nor a part of another one."""
    kept = mount.source.startswith("/dev/") or mount.fstype in NETWORK
    own = mount.root == "/" or mount.fstype == "btrfs"
    return kept and own and not mount.source.startswith("/dev/loop") and not PASSING.match(mount.point)
