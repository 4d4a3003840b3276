"""Whether the files that a boot needs are the ones that were installed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readiness.judges.finding import Point, amber, green, red, unknown
from readiness.judges.known import Known

NEEDED = re.compile(r"/(usr/)?(s?bin|lib|lib64|libexec)/|/boot/(vmlinuz|vmlinux|kernel)")
TODO = "Find out who changed them and why; else install the packages again, and have the host asked again."


def judge(known: Known) -> Iterator[Point]:
    packages = known.facts.packages
    if not packages.family:
        yield unknown(
            "This host has neither dpkg nor rpm, so nobody can tell whether its files are as they were installed."
        )
        return
    asked = ", ".join(package.name for package in packages.core)
    differ = [one for one in packages.changed if not one.config]
    needed = [one for one in differ if NEEDED.match(one.path)]
    others = [one for one in differ if one not in needed]
    if needed:
        many = "1 file that a boot needs is" if len(needed) == 1 else f"{len(needed)} files that a boot needs are"
        yield red(
            f"{many} not as installed.",
            *(f"{one.how} {one.path}" for one in needed),
            todo=TODO,
        )
    if others:
        yield amber(
            f"Files of core packages are not as they were installed: {len(others)}.",
            *(f"{one.how} {one.path}" for one in others),
            todo=TODO,
        )
    if packages.verified.why:
        yield unknown(
            f"Not every file was compared with its package: {packages.verified.why}.",
            f"packages: {asked}",
            todo=f"Run {'dpkg -V' if packages.family == 'deb' else 'rpm -V'} for them by hand, in a quiet hour.",
        )
    elif not differ:
        kinds = ", ".join(f"{count} {arch}" for arch, count in sorted(packages.archs.items()))
        yield green(
            "The core packages are on the disk as they were installed.", f"compared: {asked}", f"installed: {kinds}"
        )
