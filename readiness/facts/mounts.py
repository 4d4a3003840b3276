"""What is mounted, and what /etc/fstab says is to be."""

from __future__ import annotations

import re

from readiness.facts.values import Fstab, FstabLine, Mount, Told
from ssh.facts import FactError


def parse_mounts(text: str, what: str) -> tuple[Mount, ...]:
    """Lines of /proc/self/mountinfo in order. Raises FactError naming the line.

    A real line: `27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/RootVG-root rw,errors=remount-ro`.
    """
    found = []
    for line in text.splitlines():
        left, separator, right = line.partition(" - ")
        mine, theirs = left.split(), right.split()
        if not line.strip():
            continue
        if not separator or len(mine) < 6 or len(theirs) < 2:
            raise FactError(f"{what}: the line {line!r} of mountinfo names no mount.")
        state = f"{mine[5]},{theirs[2] if len(theirs) > 2 else ''}".split(",")
        found.append(
            Mount(unescaped(mine[4]), unescaped(theirs[1]), theirs[0], mine[2], "ro" in state, unescaped(mine[3]))
        )
    return tuple(found)


def parse_fstab(text: str, status: int, specs: str, verified: Told) -> Fstab:
    """Lines of fstab with what each leads to here. `specs` is of `part_specs`: spec, point, device, what is there.

    Real lines: `UUID=84e3… /var ext4 defaults 0 2`, and `/dev/mapper/RootVG-var<TAB>/var<TAB>/dev/dm-1<TAB>dir`.
    """
    if status:
        return Fstab((), (), True, verified)
    told = {(row[0], row[1]): (row[2], row[3]) for line in specs.splitlines() if len(row := line.split("\t")) == 4}
    lines, broken = list[FstabLine](), list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 3:
            broken.append(f"line {number}: {line.strip()}")
            continue
        device, at = told.get((words[0], words[1]), (None, ""))
        options = tuple(words[3].split(",")) if len(words) > 3 else ()
        lines.append(FstabLine(number, words[0].replace('"', ""), unescaped(words[1]), words[2], options, device, at))
    return Fstab(tuple(lines), tuple(broken), False, verified)


def unescaped(text: str) -> str:
    """`/srv/a\\040b` is `/srv/a b`."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
