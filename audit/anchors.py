"""Where the end of the chain is written down once a minute: whoever owns the database cannot make it anew unseen.

A place is the path of a file that only grows, or `syslog:` with the path of syslog's socket. A line says
`regroup audit anchor {"at": …, "hash": …, "position": …}`, so that a file of syslog's can be read as it is.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from audit.chain import ANCHOR, Anchor

SYSLOG = "syslog:"
NOTICE_OF_AUTH = 4 * 8 + 5
"""RFC 5424: facility auth, severity notice."""


def line_of(anchor: Anchor) -> str:
    told = {"position": anchor.position, "hash": anchor.hash, "at": anchor.at}
    return f"{ANCHOR} {json.dumps(told, sort_keys=True)}"


def put(place: str, anchor: Anchor) -> None:
    """Write it down so that it outlives a power cut, as far as that is ours to say. Raises OSError."""
    if place.startswith(SYSLOG):
        _send(place.removeprefix(SYSLOG), line_of(anchor))
    else:
        _append(Path(place), line_of(anchor))


def _send(address: str, line: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.settimeout(5)
        syslog.connect(address)
        syslog.send(f"<{NOTICE_OF_AUTH}>regroup[{os.getpid()}]: {line}".encode())


def _append(path: Path, line: str) -> None:
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # a power cut in the middle of the last line
        os.write(descriptor, f"{chr(10) * torn}{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    """So that a new file's name is on the disk as well."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
