"""What every back-end offers: to read a host's files as bonds, and to render a bond as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from networking.bonding.model import Addressing, Bond
from networking.facts.values import Network

Files = Mapping[str, str]
"""Absolute path → text."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in a file that the manager would choke on or read otherwise than it looks: where, and a sentence."""

    path: str
    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Configured:
    """What a host's files say.

    bonds   as far as they can be read, in the order of their names
    plain   interface → its addressing, for interfaces that are no port and no bond
    owner   interface → the file that configures it
    """

    bonds: tuple[Bond, ...] = ()
    plain: Mapping[str, Addressing] = field(default_factory=dict)
    owner: Mapping[str, str] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it is to be: None removes it. `mode` in octal digits, owner root."""

    path: str
    text: str | None
    mode: str = "0644"
    note: str = ""


class Unrenderable(Exception):
    """The bond cannot be written for this manager; the message is a sentence for a person."""


class Backend(Protocol):
    """One network manager."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def patterns(self) -> tuple[str, ...]:
        """Shell patterns of the files it reads, such as /etc/netplan/*.yaml."""
        ...

    def on(self, machine_id: str) -> Backend:
        """The same for one host: names that have to differ from host to host are made from its machine-id."""
        ...

    def read(self, files: Files) -> Configured:
        """Tolerant as the manager itself is; what it would choke on is told as a flaw."""
        ...

    def render(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        """Every file that changes so that the host comes up with this bond and its ports are nothing else.

        `files` are the host's as they are: what belongs to others stays as it is. Raises Unrenderable.
        """
        ...

    def remove(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        """Files without the bond, its first port addressed as the bond was. Raises Unrenderable."""
        ...

    def apply(self, bond: Bond, now: Network) -> str:
        """POSIX sh text that makes the running host be what the files say, from the host's state `now`.

        It runs detached as root, survives the loss of the session, takes the shortest outage that the manager allows,
        and ends with a non-zero status where the manager said no. It never waits for a person.
        """
        ...

    def reload(self) -> str:
        """POSIX sh text that makes the running host be what its files say, whatever they are: used to go back."""
        ...
