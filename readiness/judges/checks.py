"""Every check, in the order in which a boot would come to it; and the verdict on a host."""

from __future__ import annotations

from collections.abc import Iterable

from readiness.judges import cmdline, fstab, initramfs, kernel, loader, lvm, packages, running, space, userland
from readiness.judges.finding import Check, Finding, found
from readiness.judges.known import Known
from readiness.lights import Light, worst

CHECKS = (
    Check(
        "loader",
        "Boot loader",
        "What the firmware starts first: with a mistake in it there is only its prompt.",
        loader.judge,
    ),
    Check(
        "kernel",
        "Kernel and its modules",
        "An entry whose kernel is gone, or has no modules, does not start.",
        kernel.judge,
    ),
    Check(
        "initramfs",
        "Initial file system",
        "It has to find the disks and the root file system with what is in it alone.",
        initramfs.judge,
    ),
    Check(
        "cmdline",
        "Kernel's command line",
        "A name of the root file system that is not true any more ends in a shell of the initial file system.",
        cmdline.judge,
    ),
    Check("lvm", "LVM", "What is active now is only found again if its disks and names are plain.", lvm.judge),
    Check(
        "userland",
        "Init and libc",
        "The kernel starts init next. A 32-bit one copied over a 64-bit system runs until the reboot and not after it.",
        userland.judge,
    ),
    Check(
        "packages",
        "Core packages",
        "Files copied over by hand are what no package manager knows of, and no backup mends.",
        packages.judge,
    ),
    Check(
        "fstab",
        "What fstab wants",
        "A line whose device is not there stops the boot at a question for root's password.",
        fstab.judge,
    ),
    Check(
        "mounted",
        "Mounted against fstab",
        "What is mounted by hand is not there after a reboot, though all is well otherwise.",
        fstab.judge_mounted,
    ),
    Check(
        "space",
        "Room in /boot and /",
        "A kernel written to a full or unmounted /boot is cut short or lost.",
        space.judge,
    ),
    Check(
        "storage", "Disks and file systems", "What the kernel has given up is read anew at boot.", running.judge_storage
    ),
    Check(
        "services",
        "Units and target",
        "A host that boots without its services has not come back.",
        running.judge_services,
    ),
    Check(
        "selinux", "SELinux", "A change of its state is felt at the next boot, and takes long.", running.judge_selinux
    ),
    Check(
        "changes",
        "Changes since the last boot",
        "Whatever has changed since was never proven by a boot.",
        running.judge_changes,
    ),
    Check("people", "Who was here last", "If it does not come back, somebody has to be asked.", running.judge_people),
    Check("backup", "Last backup", "It is the way back if all else fails.", running.judge_backup),
)


def findings(known: Known) -> tuple[Finding, ...]:
    """One of each check that has anything to say, in their order."""
    return tuple(found(check, known) for check in CHECKS if any(True for _ in check.judge(known)))


def verdict(rows: Iterable[Finding]) -> Light:
    """The worst of what is known."""
    return worst(finding.light for finding in rows)


def reasons(rows: Iterable[Finding]) -> list[str]:
    """Sentences of the red points, else of the amber ones."""
    points = [point for finding in rows for point in finding.points]
    light = worst(point.light for point in points)
    return [point.sentence for point in points if point.light is light] if light in (Light.RED, Light.AMBER) else []


def unknowns(rows: Iterable[Finding]) -> int:
    """How many checks have something that nobody can tell."""
    return sum(any(point.light is Light.UNKNOWN for point in finding.points) for finding in rows)
