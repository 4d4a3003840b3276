"""Small files of /proc and sysfs as `grep -H ''` prints them, and where links of sysfs lead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ssh.facts import FactError

NET = "/sys/class/net/"
LINE = re.compile(r"(/(?:proc/net|sys/class/net|etc|run)/[^:]*):(.*)")

Tree = Mapping[str, str]
"""Path → text, without the last newline."""


def parse_tree(text: str, what: str) -> Tree:
    """Raises FactError naming the line that begins with no path.

    A real line: `/sys/class/net/eth0/speed:10000`.
    """
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        match = LINE.fullmatch(line)
        if match:
            found.setdefault(match[1], []).append(match[2])
        elif line:
            raise FactError(f"{what}: the line {line!r} does not begin with the path of a file.")
    return {path: "\n".join(lines) for path, lines in found.items()}


def parse_links(text: str) -> Tree:
    """Path → where it leads, off `ls -l`; what leads nowhere maps to nothing.

    A real line: `lrwxrwxrwx 1 root root 0 Nov 25 16:12 /sys/class/net/eth0/master -> ../../virtual/net/bond0`.
    """
    links = (line[line.index(NET) :].partition(" -> ") for line in text.splitlines() if NET in line)
    return {path: target for path, _, target in links}


def below(paths: Mapping[str, str], folder: str) -> Iterator[tuple[str, str]]:
    """Name and value of what stands in a folder, by name."""
    prefix = folder.rstrip("/") + "/"
    for path in sorted(paths):
        if path.startswith(prefix) and "/" not in path[len(prefix) :]:
            yield path[len(prefix) :], paths[path]
