"""Packages that a boot needs, and what of them is not on the disk as it was packed: dpkg and rpm."""

from __future__ import annotations

import re

from readiness.facts.numbers import moment, number
from readiness.facts.values import Changed, Package, Packages, Told
from ssh.facts import FactError

LINE = re.compile(
    r"(?P<how>missing|[S.?][M.?][5.?][D.?][L.?][U.?][G.?][T.?][P.?]?)\s+(?P<kind>[cdglr]\s+)?(?P<path>/.*)"
)
"""Of `rpm -V`, and of `dpkg -V`, which writes in rpm's way."""


def parse_packages(core: str, archs: str, recent: str, verified: Told, what: str) -> Packages:
    """Raises FactError naming the line. Real lines of the three, and of `verified`:

    `libc6 amd64 2.36-9+deb12u14`, `    194 amd64`, `1795710380 zlib1g:amd64`, `S.5......  c /etc/sysconfig/grub`.
    """
    family, rows = "", list[Package]()
    for line in core.splitlines():
        words = line.split()
        if line.startswith("family="):
            family = line.removeprefix("family=")
        elif len(words) == 3:
            rows.append(Package(*words))
        elif words:
            raise FactError(f"{what}: the line {line!r} names no package.")
    counts = {
        words[1]: count
        for line in archs.splitlines()
        if len(words := line.split()) == 2 and (count := number(words[0])) is not None
    }
    times = [
        (at, words[1])
        for line in recent.splitlines()
        if len(words := line.split()) == 2 and (at := moment(words[0])) is not None
    ]
    changed = [changed_of(line) for line in verified.lines]
    return Packages(family, tuple(rows), tuple(one for one in changed if one), verified, counts, tuple(times))


def changed_of(line: str) -> Changed | None:
    """A file that differs; None for what is only said beside (`Unsatisfied dependencies …`), and for mode and owner."""
    match = LINE.fullmatch(line.strip())
    if not match:
        return None
    how = match["how"]
    if how != "missing" and not re.search("[S5L]", how):
        return None
    return Changed(
        match["path"].removesuffix(" (replaced)"), how, (match["kind"] or "").strip() in ("c", "d", "g", "r")
    )
