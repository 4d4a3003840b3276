"""The heads of ELF files, as `od` prints them: their width, their machine, and the dynamic loader that they name."""

from __future__ import annotations

import struct

from readiness.facts.values import Elf, Userland
from ssh.facts import FactError

MACHINES = {
    3: "x86",
    8: "mips",
    20: "powerpc",
    21: "powerpc64",
    22: "s390",
    40: "arm",
    50: "ia64",
    62: "x86-64",
    183: "aarch64",
    243: "riscv",
    258: "loongarch",
}
KERNELS = {
    "x86_64": (64, "x86-64"),
    "aarch64": (64, "aarch64"),
    "arm64": (64, "aarch64"),
    "ppc64le": (64, "powerpc64"),
    "ppc64": (64, "powerpc64"),
    "s390x": (64, "s390"),
    "riscv64": (64, "riscv"),
    "loongarch64": (64, "loongarch"),
    "i386": (32, "x86"),
    "i486": (32, "x86"),
    "i586": (32, "x86"),
    "i686": (32, "x86"),
    "armv7l": (32, "arm"),
    "armv6l": (32, "arm"),
}
"""What `uname -m` says → the width and machine of programs made for that kernel."""

PT_INTERP = 3
MOST_HEADERS = 64
"""A program has about ten; entries of no size could be walked 65,535 times in a file's head."""


def parse_userland(text: str, what: str) -> Userland:
    """Raises FactError naming the line.

    A real answer, shortened:

        file /sbin/init /usr/lib/systemd/systemd
         7f 45 4c 46 02 01 01 00 00 00 00 00 00 00 00 00
        loader /lib64/ld-linux-x86-64.so.2
        link /bin usr/bin
    """
    heads: dict[tuple[str, str], list[str]] = {}
    dangling, absent, links, loaders = list[str](), list[str](), dict[str, str](), dict[str, bool]()
    head: list[str] = []
    for line in text.splitlines():
        if line.startswith(" "):
            head.append(line)
            continue
        word, _, rest = line.partition(" ")
        if word == "file":
            path, _, real = rest.partition(" ")
            head = heads.setdefault((path, real), [])
        elif word == "dangling":
            dangling.append(rest)
        elif word == "absent":
            absent.append(rest)
        elif word == "link":
            path, _, target = rest.partition(" ")
            links[path] = target
        elif word in ("loader", "no-loader"):
            loaders[rest] = word == "loader"
        elif line:
            raise FactError(f"{what}: the line {line!r} is none of a file's head.")
    files = {path: elf_of(path, real, _bytes(lines, what)) for (path, real), lines in heads.items()}
    return Userland(files, tuple(dangling), tuple(absent), links, loaders)


def _bytes(lines: list[str], what: str) -> bytes:
    try:
        return bytes.fromhex(" ".join(lines))
    except ValueError as error:
        raise FactError(f"{what}: the head of a file is no hexadecimal: {error}.") from error


def elf_of(path: str, real: str, head: bytes) -> Elf:
    """What the head of a file says. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html"""
    if head[:4] != b"\x7fELF" or len(head) < 52 or head[4] not in (1, 2) or head[5] not in (1, 2):
        return Elf(path, real, 0, "")
    order, wide = "<" if head[5] == 1 else ">", head[4] == 2
    (machine,) = struct.unpack_from(f"{order}H", head, 18)
    name = MACHINES.get(machine, f"machine {machine}")
    return Elf(path, real, 64 if wide else 32, name, _loader(head, order, wide))


def _loader(head: bytes, order: str, wide: bool) -> str | None:
    """PT_INTERP: None where there is none, empty where the head ends before it."""
    try:
        if wide:
            (start,) = struct.unpack_from(f"{order}Q", head, 32)
            size, count = struct.unpack_from(f"{order}HH", head, 54)
        else:
            (start,) = struct.unpack_from(f"{order}I", head, 28)
            size, count = struct.unpack_from(f"{order}HH", head, 42)
        for number in range(min(count, MOST_HEADERS)):
            at = start + number * size
            if struct.unpack_from(f"{order}I", head, at)[0] != PT_INTERP:
                continue
            if wide:
                offset, length = (
                    struct.unpack_from(f"{order}Q", head, at + 8)[0],
                    struct.unpack_from(f"{order}Q", head, at + 32)[0],
                )
            else:
                offset, length = (
                    struct.unpack_from(f"{order}I", head, at + 4)[0],
                    struct.unpack_from(f"{order}I", head, at + 16)[0],
                )
            text = head[offset : offset + length]
            return text.rstrip(b"\0").decode("utf-8", "replace") if len(text) == length else ""
    except struct.error:
        return ""
    return None
