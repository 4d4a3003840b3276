"""A connection to a lab host that stands by for the commands to come, by OpenSSH's multiplexing.

To log in costs a host without KVM most of a second, a command over a connection that stands a tenth of one. The process
that holds it ends with the host, with this program, or once nobody asked for a while.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

LIFE = 60
"""Seconds without a command after which it is closed."""
LOST = ("mux_client_request_session: ", "mux_client_hello_exchange: ")
"""What ssh says when the connection had ended before it took the command."""


@cache
def _folder() -> Path:
    """A short one, for a socket's path may have 107 bytes; gone with this program."""
    folder = Path(tempfile.mkdtemp(prefix="lab-ssh-"))
    atexit.register(_close_all, folder)
    return folder


def options(port: int) -> list[str]:
    """What `ssh` needs to be told to use the connection to this loopback port, or to open it."""
    given = {"ControlMaster": "auto", "ControlPath": str(_folder() / str(port)), "ControlPersist": str(LIFE)}
    return [word for name, value in given.items() for word in ("-o", f"{name}={value}")]


def lost(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the command was never begun: the connection ended with a restart that nobody told us of."""
    return done.returncode == 255 and done.stderr.startswith(LOST)


def close(port: int) -> None:
    """End the connection to this port where there is one: its host is about to end or to restart."""
    path = _folder() / str(port)
    if path.exists():
        with contextlib.suppress(subprocess.TimeoutExpired):
            words = ["ssh", "-F", "none", "-O", "exit", "-o", f"ControlPath={path}", "lab"]
            subprocess.run(words, capture_output=True, timeout=5)
        path.unlink(missing_ok=True)


def _close_all(folder: Path) -> None:
    for path in folder.iterdir():
        close(int(path.name))
    shutil.rmtree(folder, ignore_errors=True)
