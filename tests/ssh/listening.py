"""An SSH server inside the test process that writes down every message a client sends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from paramiko.message import Message
from paramiko.packet import Packetizer

SERVICE_REQUEST, USERAUTH_REQUEST = 5, 50


@dataclass
class Listener:
    """What was seen: message numbers, the messages themselves, deciphered; sign-in attempts as (method, user)."""

    port: int
    messages: list[int] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    sign_ins: list[tuple[str, str]] = field(default_factory=list)


class _Gate(paramiko.ServerInterface):
    def __init__(self, listener: Listener, password: str, delay: float) -> None:
        self.listener, self.password, self.delay = listener, password, delay

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_none(self, username: str) -> int:
        self.listener.sign_ins.append(("none", username))
        return paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.listener.sign_ins.append(("publickey", username))
        time.sleep(self.delay)
        return paramiko.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self.listener.sign_ins.append(("password", username))
        time.sleep(self.delay)
        return paramiko.AUTH_SUCCESSFUL if password == self.password else paramiko.AUTH_FAILED


@contextmanager
def listening(host_key: Path | paramiko.PKey, password: str = "", delay: float = 0) -> Iterator[Listener]:
    """One connection at a time, on loopback, until the block ends."""
    key = paramiko.Ed25519Key.from_private_key_file(str(host_key)) if isinstance(host_key, Path) else host_key
    door = socket.create_server(("127.0.0.1", 0))
    listener = Listener(port=door.getsockname()[1])

    class Recorder(Packetizer):
        def read_message(self) -> tuple[int, Message]:
            number, message = super().read_message()
            listener.messages.append(number)
            listener.sent.append(message.asbytes())
            return number, message

    def serve() -> None:
        while True:
            try:
                sock, _ = door.accept()
            except OSError:
                return
            transport = paramiko.Transport(sock, packetizer_class=Recorder)
            transport.add_server_key(key)
            with suppress(paramiko.SSHException, EOFError, OSError):  # the client hangs up, which is the point
                transport.start_server(server=_Gate(listener, password, delay))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join(5)
