"""Whether the kernel that would be started is there, with its modules."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.facts.values import version_of
from readiness.judges.finding import Point, amber, green, red, unknown
from readiness.judges.known import Known

LEAST_KERNEL = 1 << 20
IN_A_CONTAINER = "This host is a container: it starts no kernel of its own."


def judge(known: Known) -> Iterator[Point]:
    facts, entry = known.facts, known.boot.entry
    if facts.machine.container:
        yield unknown(IN_A_CONTAINER, f"systemd-detect-virt: {facts.machine.container}")
        return
    if entry is None:
        yield unknown("Nobody can tell which kernel would be started.", facts.loader.why)
        return
    kept = facts.kernels
    there = [f"{one.path}, {one.size:,} bytes" for one in kept.kernels] or ["/boot has no kernel"]
    by = f"default: {entry.title}" if not known.boot.guessed else "no boot loader: judged by the kernel that runs"
    kernel = kept.kernel(entry.kernel)
    version = entry.version or version_of(kept.links.get(entry.kernel, ""))
    if kernel is None and entry.kernel in kept.links:
        kernel = kept.kernel(kept.links[entry.kernel])
    problems = list[Point]()
    if kernel is None:
        problems.append(
            red(
                f"The kernel that would be started, {entry.kernel}, is not there.",
                by,
                *there,
                todo="Install its package again, or make an entry the default whose kernel is there.",
            )
        )
    elif kernel.size < LEAST_KERNEL:
        problems.append(
            red(
                f"{kernel.path} has only {kernel.size:,} bytes, which is no whole kernel.",
                by,
                *there,
                todo="Install its package again once /boot has room.",
            )
        )
    if version and version not in kept.modules:
        problems.append(
            red(
                f"There are no modules for the kernel that would be started: /lib/modules/{version} is missing.",
                by,
                *(f"/lib/modules/{name}" for name in kept.modules),
                todo="Install the kernel's package again.",
            )
        )
    elif version and not kept.modules[version]:
        problems.append(
            red(
                f"/lib/modules/{version}/modules.dep is missing or empty, so no module is found.",
                by,
                todo=f"Run depmod {version}, then make its initial file system anew.",
            )
        )
    running = facts.machine.kernel
    if running != version and running not in kept.modules:
        problems.append(
            amber(
                f"The modules of the kernel that runs, {running}, are gone: what it has not loaded yet it cannot.",
                *(f"/lib/modules/{name}" for name in kept.modules),
                todo="Reboot once all else is well.",
            )
        )
    yield from problems
    if not problems and kernel:
        yield green(
            f"The kernel and its modules are there: {version or entry.kernel}.",
            by,
            f"{kernel.path}, {kernel.size:,} bytes",
        )
