"""A session with a lab host as Regroup opens one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Protocol

from ssh.hostkeys import parse_public_key
from ssh.paramiko_session import ParamikoSession, Target, connect


class Reached(Protocol):
    """A host, a hypervisor or a guest of the lab."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def private_key(self) -> Path: ...
    @property
    def public_key(self) -> str: ...


def logged_in(host: Reached) -> closing[ParamikoSession]:
    """Its key is pinned, and it is closed at the end of the block."""
    key = (parse_public_key(host.public_key),)
    target = Target(host.name, host.address, host.port, host.user, key, key_file=str(host.private_key))
    return closing(connect(target))
