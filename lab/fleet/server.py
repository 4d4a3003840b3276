"""SSH for the simulated hosts: one process, one listening socket a host, one thread a connection. Loopback only.

It signs in one key and answers a handful of known questions; any other command is refused. A host that is off does
not listen; a silent one takes connections and never speaks.
"""

from __future__ import annotations

import base64
import hashlib
import io
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

import paramiko
from cryptography.hazmat.primitives import serialization as coding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from lab.fleet.world import SimHost, World

PORT = 2222
IDLE_WAIT = 60.0
"""Seconds that a signed-in connection's thread sleeps where nothing comes."""

GRACE = 120.0
"""Seconds that a client has to speak and to sign in, as OpenSSH's LoginGraceTime."""

Questions = Mapping[str, Callable[[SimHost], str]]
"""The exact command → what a host prints for it."""


def host_key(seed: int, number: int) -> Ed25519PrivateKey:
    """A simulated host's own key, the same for the same seed. It guards nothing."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"host key {seed} {number}".encode()).digest())


def public_line(key: Ed25519PrivateKey) -> str:
    """The two words of an OpenSSH public key line."""
    return key.public_key().public_bytes(coding.Encoding.OpenSSH, coding.PublicFormat.OpenSSH).decode()


class _Transport(paramiko.Transport):
    """A connection to one host, whose thread answers by itself."""

    waiting: set[paramiko.Channel]

    def _queue_incoming_channel(self, channel: paramiko.Channel) -> None:
        """Nobody accepts channels here: they answer one command. Paramiko itself holds them weakly."""
        self.waiting.add(channel)


class _Seat(paramiko.ServerInterface):
    """What one connection may do."""

    def __init__(self, fleet: FleetServer, number: int, transport: paramiko.Transport) -> None:
        self.fleet, self.number, self.transport = fleet, number, transport

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if key.asbytes() != self.fleet.client_key:
            return AUTH_FAILED
        sock: Any = self.transport.sock
        sock.settimeout(IDLE_WAIT)
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.fleet.answers.put((channel, self.number, command.decode("utf-8", "replace")))
        return True


class FleetServer:
    """Listens for the hosts of a world from number `first` on; use as a context manager.

    client_key  the only public key that is let in, its wire form
    """

    def __init__(
        self,
        world: World,
        questions: Questions,
        client_line: str,
        numbers: range | None = None,
        port: int = PORT,
    ) -> None:
        self.world, self.questions, self.port = world, questions, port
        self.client_key = base64.b64decode(client_line.split()[1])
        self.answers: SimpleQueue[tuple[paramiko.Channel, int, str] | None] = SimpleQueue()
        self._numbers = numbers if numbers is not None else range(world.count)
        self._doors = selectors.DefaultSelector()
        self._keys: dict[int, paramiko.PKey] = {}
        self._silent: list[socket.socket] = []
        self._open: set[paramiko.Transport] = set()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._accept, self._answer)]

    def __enter__(self) -> FleetServer:
        for number in self._numbers:
            host = self.world.hosts[number]
            if not host.off:
                door = socket.create_server((host.address, self.port), backlog=16)
                door.setblocking(False)
                self._doors.register(door, selectors.EVENT_READ, number)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.answers.put(None)
        for thread in self._threads:
            thread.join(10)
        for key in list(self._doors.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # our own sockets
        self._doors.close()
        for sock in self._silent:
            sock.close()
        for transport in list(self._open):
            with suppress(OSError):
                transport.sock.shutdown(socket.SHUT_RDWR)
            transport.close()

    @property
    def connections(self) -> int:
        return sum(transport.is_active() for transport in list(self._open))

    def _accept(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._doors.select(0.5):
                with suppress(BlockingIOError, ConnectionError):
                    sock, _ = key.fileobj.accept()  # type: ignore[union-attr]  # a listening socket
                    self._begin(sock, key.data)

    def _begin(self, sock: socket.socket, number: int) -> None:
        if self.world.hosts[number].silent:
            self._silent.append(sock)
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = _Transport(sock)
        transport.waiting = set()
        transport.banner_timeout = transport.auth_timeout = GRACE
        transport.add_server_key(self._key(number))
        transport.start_server(event=threading.Event(), server=_Seat(self, number, transport))
        self._open = {one for one in self._open if one.is_active()} if len(self._open) % 500 == 499 else self._open
        self._open.add(transport)

    def _key(self, number: int) -> paramiko.PKey:
        if number not in self._keys:
            text = host_key(self.world.seed, number).private_bytes(
                coding.Encoding.PEM, coding.PrivateFormat.OpenSSH, coding.NoEncryption()
            )
            self._keys[number] = paramiko.Ed25519Key.from_private_key(io.StringIO(text.decode()))
        return self._keys[number]

    def _answer(self) -> None:
        while (asked := self.answers.get()) is not None:
            channel, number, command = asked
            with suppress(paramiko.SSHException, OSError, EOFError):
                teller = self.questions.get(command)
                if teller:
                    channel.sendall(teller(self.world.look(number)).encode())
                else:
                    channel.sendall_stderr(b"A simulated host knows no such command.\n")
                channel.send_exit_status(0 if teller else 127)
                channel.close()
            channel.get_transport().waiting.discard(channel)  # type: ignore[attr-defined]  # ours
