"""Reads the /etc/fstab of a lost VM: which volume was mounted where. Pure, and strict.

A line has four to six fields between blanks (source, mount point, type, options, dump, pass); the last three may be
left out. Blanks inside a field are written as octal escapes (`\\040`). Bytes that are no UTF-8 are shown, `\\xe9`.
Source: fstab(5), and util-linux's libmount/src/tab_parse.c.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

LIMIT = 64 * 1024
"""Bytes. A real one has one or two KiB."""

ESCAPE = re.compile(rb"\\([0-7]{3})")
TAG = re.compile(r"(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)", re.DOTALL)
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smbfs", "smb3", "ceph", "glusterfs", "9p", "afs", "fuse.sshfs"})
KERNEL = frozenset({"proc", "sysfs", "tmpfs", "devpts", "devtmpfs", "cgroup", "cgroup2", "debugfs", "hugetlbfs"})


class FstabError(ValueError):
    """The text is no fstab; the message is one sentence for the person."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `line` counts from 1; `target` is `none` (or anything) for swap space.

    tag     UUID, LABEL, PARTUUID or PARTLABEL where the source is named by one; else empty
    source  the tag's value, or the source as written: a device, a directory, `server:/export`, `tmpfs`
    """

    line: int
    tag: str
    source: str
    target: str
    type: str
    options: tuple[str, ...]

    @property
    def is_swap(self) -> bool:
        return self.type == "swap"

    @property
    def is_bind(self) -> bool:
        """Whether it shows a directory a second time, and no file system of its own."""
        return not {"bind", "rbind"}.isdisjoint(self.options)

    @property
    def is_network(self) -> bool:
        return self.type in NETWORK or "_netdev" in self.options

    @property
    def is_automatic(self) -> bool:
        """Whether `mount -a` would mount it at boot."""
        return "noauto" not in self.options

    @property
    def is_mount(self) -> bool:
        """Whether a file system of a disk is mounted by it."""
        special = self.is_swap or self.is_bind or self.type in NETWORK | KERNEL
        return not special and self.target.startswith("/")


def decode_fstab(data: bytes) -> str:
    """The text of an uploaded fstab, bytes that are no UTF-8 written out. Raises FstabError; no entry is read yet."""
    if len(data) > LIMIT:
        raise FstabError(f"This is larger than {LIMIT // 1024} KiB, so it is no /etc/fstab; choose the right file.")
    if b"\0" in data:
        raise FstabError("This has NUL bytes in it, so it is no /etc/fstab but a program's file; choose the right one.")
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "backslashreplace")
    return text.replace("\r\n", "\n")


def parse_fstab(text: str) -> tuple[Entry, ...]:
    """The entries in their order. Raises FstabError with a sentence that names the line."""
    if len(text) > LIMIT or "\0" in text:
        decode_fstab(text.encode("utf-8", "backslashreplace"))
    entries = tuple(
        _entry(number, line)
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip(" \t\r") and not line.lstrip(" \t").startswith("#")
    )
    if not entries:
        raise FstabError("There is no entry in this /etc/fstab; choose the lost VM's file, or leave it out.")
    return entries


def _entry(number: int, line: str) -> Entry:
    fields = re.split(r"[ \t]+", line.strip(" \t\r"))
    said = next((n for n, field in enumerate(fields) if n >= 3 and field.startswith("#")), len(fields))
    fields = fields[:said]
    if not 3 <= len(fields) <= 6:
        raise FstabError(
            f"Line {number} of the old /etc/fstab has {len(fields)} field{'s' if len(fields) > 1 else ''}, where three"
            " to six belong (source, mount point, type, options, dump, pass); mend the line or take it out."
        )
    for figure in fields[4:]:
        if not re.fullmatch(r"[0-9]{1,3}", figure):
            raise FstabError(
                f"Line {number} of the old /etc/fstab has {figure[:40]!r} where a number belongs (dump and pass); mend"
                " the line or take it out."
            )
    source, target, kind, options = (_plain(number, field) for field in (*fields, "defaults")[:4])
    tag, value = _tagged(source)
    if not value:
        raise FstabError(f"Line {number} of the old /etc/fstab names no source; mend the line or take it out.")
    place = posixpath.normpath(target) if target.startswith("/") else target
    return Entry(number, tag, value, re.sub("^//", "/", place), kind, tuple(filter(None, options.split(","))))


def _plain(number: int, field: str) -> str:
    """A field without its octal escapes, which stand for bytes. Raises FstabError for one that no path can have."""

    def byte(match: re.Match[bytes]) -> bytes:
        value = int(match[1], 8)
        if not 0 < value < 256:
            raise FstabError(
                f"Line {number} of the old /etc/fstab has \\{match[1].decode()}, which is no character of a path; mend"
                " the line or take it out."
            )
        return bytes((value,))

    return ESCAPE.sub(byte, field.encode("utf-8", "backslashreplace")).decode("utf-8", "backslashreplace")


def _tagged(source: str) -> tuple[str, str]:
    match = TAG.fullmatch(source)
    if not match:
        return "", source
    value = match[2]
    return match[1], value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
