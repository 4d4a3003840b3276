"""Paramiko's transport as we want it: no weak methods, and a thread that leaves once we are signed in, where asked to.

A connection without a thread of its own is served by one loop together with many others (`ssh.kept`).
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import paramiko
import paramiko.transport
from paramiko.common import (
    MSG_CHANNEL_REQUEST,
    MSG_DEBUG,
    MSG_DISCONNECT,
    MSG_IGNORE,
    MSG_UNIMPLEMENTED,
    cMSG_UNIMPLEMENTED,
)
from paramiko.message import Message
from paramiko.packet import Packetizer

BROKEN = (paramiko.SSHException, OSError, EOFError)
"""What Paramiko raises on a connection that dies."""

LARGEST = 1 << 18
"""Bytes of one packet; OpenSSH takes no larger one either."""

FETCHES = 8
"""Times 64 KiB that are taken from one host before others have their turn."""

KEX_MESSAGES = range(30, 42)


class Input(Message):
    """A message about a command's input, which the transport drops where the channel was closed before its turn.

    Paramiko sends it after letting go of the channel's lock; meanwhile the host may close
    the channel, and sshd ends the whole connection over data for a channel that is gone.
    """

    def __init__(self, channel: Any, kind: bytes) -> None:
        super().__init__()
        self.channel = channel
        self.add_byte(kind)
        self.add_int(channel.remote_chanid)


def exit_status_of(name: str) -> int:
    """128 + N for a command that signal N ended; `name` without its SIG."""
    name = f"SIG{name}"
    return 128 + (signal.Signals[name].value if name in signal.Signals.__members__ else 127)


def _note_exit_signal(channel: Any, message: Message) -> None:
    """Paramiko ignores `exit-signal`, which would look like a lost connection: keep it as 128 + N."""
    if message.get_text() == "exit-signal":
        message.get_boolean()
        channel.exit_status = exit_status_of(message.get_text())
        channel.status_event.set()
        return
    message.rewind()
    message.get_int()  # the channel's number, which the transport had read already
    channel._handle_request(message)


_PARAMIKO: Any = paramiko.Transport  # its published types leave out these two tables
_HANDLERS: dict[int, Callable[[Any, Message], None]] = _PARAMIKO._channel_handler_table
_KEY_TYPES: tuple[str, ...] = _PARAMIKO._preferred_keys
_THREADS: list[paramiko.Transport] = paramiko.transport._active_threads  # type: ignore[attr-defined]  # not published


class _Left(BaseException):
    """The transport's thread leaves its loop. No Exception: Paramiko would take it for the end of the connection."""


class Transport(paramiko.Transport):
    """Paramiko's transport with the weak methods switched off and the pinned keys' types first.

    leaves  its thread ends as soon as we are signed in, and the connection stands
    """

    _preferred_ciphers = (
        "aes256-gcm@openssh.com",
        "aes128-gcm@openssh.com",
        "aes256-ctr",
        "aes192-ctr",
        "aes128-ctr",
    )
    _preferred_macs = (
        "hmac-sha2-256-etm@openssh.com",
        "hmac-sha2-512-etm@openssh.com",
        "hmac-sha2-256",
        "hmac-sha2-512",
    )
    _channel_handler_table = {**_HANDLERS, MSG_CHANNEL_REQUEST: _note_exit_signal}
    first_key_types: tuple[str, ...] = ()

    def __init__(self, sock: Any, leaves: bool = False) -> None:
        self.leaves = leaves
        packets: Any = partial(Packets, self) if leaves else None
        super().__init__(sock, packetizer_class=packets)

    def _send_message(self, data: Message) -> None:
        """The turn of one message: while it is being sent, no other is, and so none that closes its channel."""
        if not (isinstance(data, Input) and data.channel.closed):
            _PARAMIKO._send_message(self, data)

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """Host key types we ask for: plain keys only, because a pin names a key and not a certificate."""
        plain = tuple(name for name in _KEY_TYPES if name not in self.first_key_types)
        return (*self.first_key_types, *plain)

    @property
    def tells_lengths(self) -> bool:
        """Whether a packet's length can be read before it is deciphered: with GCM, and where its MAC comes last."""
        inside: Any = self
        return "gcm@" in inside.remote_cipher or "-etm@" in inside.remote_mac

    def run(self) -> None:
        try:
            super().run()
        except _Left:
            _THREADS.remove(self)

    def heed(self, kind: int, message: Message) -> None:
        """What is not about a command, for a connection without a thread, as Paramiko's own loop would.

        Raises SSHException, and EOFError where the host takes its leave.
        """
        inside: Any = self
        if kind in (MSG_IGNORE, MSG_DEBUG, MSG_UNIMPLEMENTED):
            return
        if kind == MSG_DISCONNECT:
            raise EOFError
        if inside._expected_packet:
            if kind not in inside._expected_packet:
                raise paramiko.SSHException(f"got {kind} in an exchange of keys")
            inside._expected_packet = ()
            if kind in KEX_MESSAGES:
                inside.kex_engine.parse_next(kind, message)
                return
        if kind in inside._handler_table:
            inside._handler_table[kind](message)
            return
        answer = Message()
        answer.add_byte(cMSG_UNIMPLEMENTED)
        answer.add_int(message.seqno)
        self._send_message(answer)


class Packets(Packetizer):
    """Paramiko's packets; without a thread, over buffers of ours, so that nothing here waits for a socket."""

    def __init__(self, transport: Transport, sock: socket.socket) -> None:
        super().__init__(sock)
        self.sock, self.transport = sock, transport
        self.buffered = False
        self.came, self.to_send = bytearray(), bytearray()

    def read_message(self) -> tuple[int, Message]:
        if self.transport.leaves and not self.buffered and self.transport.is_authenticated():
            self.buffered = True
            raise _Left
        kind, message = super().read_message()
        return kind, message

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        if not self.buffered:
            read: bytes = super().read_all(n, check_rekey)
            return read
        piece = bytes(self.came[:n])
        del self.came[:n]
        return piece

    def write_all(self, out: Any) -> None:
        if not self.buffered:
            super().write_all(out)
            return
        self.to_send += out

    def fetch(self) -> bool:
        """Take what has come, without waiting; False where the host hung up. Raises OSError."""
        for _ in range(FETCHES):
            try:
                piece = self.sock.recv(1 << 16)
            except BlockingIOError:
                return True
            self.came += piece
            if len(piece) < 1 << 16:
                return bool(piece)
        return True

    def whole(self) -> bool:
        """Whether a whole packet has come. Raises SSHException for one that nobody would send."""
        if len(self.came) < 4:
            return False
        size = int.from_bytes(self.came[:4], "big")
        if size > LARGEST:
            raise paramiko.SSHException("a packet too large")
        return len(self.came) >= 4 + size + self.get_mac_size_in()

    def flush(self) -> bool:
        """Send what can be sent without waiting; True where nothing is left. Raises OSError."""
        if self.to_send:
            with suppress(BlockingIOError):
                del self.to_send[: self.sock.send(self.to_send)]
        return not self.to_send
