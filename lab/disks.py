"""Test disks: raw sparse files, so that their hash is the hash of what the guest sees."""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

# QEMU marks an image in use by locks on bytes 100-299 of the file (block/file-posix.c).
_QEMU_LOCKS = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 100, 200, 0)
_F_OFD_GETLK = 36  # linux/fcntl.h; the fcntl module names only the process-owned kind on 3.11
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Disk:
    """A disk that can be attached to a lab host: a raw image file and the serial number it will show."""

    path: Path
    serial: str

    @property
    def size(self) -> int:
        """Size in bytes, as the guest sees it."""
        return self.path.stat().st_size

    def in_use(self) -> bool:
        """Whether some QEMU has the image open now."""
        descriptor = os.open(self.path, os.O_RDWR)
        try:
            answer = fcntl.fcntl(descriptor, _F_OFD_GETLK, _QEMU_LOCKS)
        finally:
            os.close(descriptor)
        return bool(struct.unpack("hhqqi4x", answer)[0] != fcntl.F_UNLCK)

    def sha256(self) -> str:
        """SHA-256 of the whole disk, in hex; LabError while a VM has it, for it may still change."""
        if self.in_use():
            raise LabError(f"disk {self.serial} is attached to a VM; detach it before taking its hash")
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def copy_sparse(source: Path, target: Path) -> None:
    """Copy an image byte for byte, leaving its holes holes; `target` appears whole or not at all."""
    part = target.with_name(target.name + ".part")
    with source.open("rb") as reader, part.open("wb") as writer:
        size = os.fstat(reader.fileno()).st_size
        writer.truncate(size)
        copy_data(reader.fileno(), writer.fileno(), 0, size)
    part.rename(target)


def make_overlay(base: Path | str, form: str, overlay: Path) -> None:
    """Make a qcow2 image that begins as `base` (of format `form`; a relative one is beside it) and takes the writes."""
    words = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", form, "-b", str(base), str(overlay)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"no overlay on {base}: {done.stderr.strip()}")


def copy_data(reader: int, writer: int, at: int, size: int) -> None:
    """Copy the data (not the holes) of `reader`'s first `size` bytes to offset `at` of `writer`."""
    position = 0
    while position < size:
        try:
            position = os.lseek(reader, position, os.SEEK_DATA)
        except OSError:  # ENXIO: only a hole is left
            return
        end = os.lseek(reader, position, os.SEEK_HOLE)
        while position < end:
            chunk = os.pread(reader, min(_CHUNK, end - position), position)
            os.pwrite(writer, chunk, at + position)
            position += len(chunk)
