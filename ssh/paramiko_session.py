"""Real hosts over SSH: our own socket, a pinned host key, then the sign-in.

The order is fixed: TCP, key exchange, comparison of the host's key, and only then does
anything of ours (user name, key, password) go out.
"""

from __future__ import annotations

import contextlib
import io
import select
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import paramiko
from paramiko.common import cMSG_CHANNEL_DATA, cMSG_CHANNEL_EOF, cMSG_CHANNEL_REQUEST
from paramiko.message import Message
from paramiko.ssh_exception import IncompatiblePeer

from ssh import sentences, sudo
from ssh.command import Command, Secret
from ssh.hostkeys import HostKeyFormatError, PinnedKey
from ssh.kept import KeptSession, Switchboard
from ssh.paramiko_transport import BROKEN, Input, Transport
from ssh.sentences import broken, late, lost, not_accepted, too_much
from ssh.session import (
    AuthenticationRefused,
    HostKeyChanged,
    HostKeyUnknown,
    Result,
    Session,
    Unreachable,
)

KEEPALIVE = 30  # seconds
AGENT_KEYS = 5  # sshd ends the connection after MaxAuthTries (6)
IDLE_WAIT = 5.0
"""Seconds that a signed-in connection's thread sleeps where nothing comes; Paramiko's own tenth of a second costs a
core at some thousand kept connections."""

PIECE = 32768
TOO_OLD = (
    "offers only old methods (SHA-1 keys or ciphers), as OpenSSH 5.3 on RHEL 6 does. Regroup runs changes "
    "on hosts with OpenSSH 7.4 (RHEL 7) or newer."
)


@dataclass(frozen=True, slots=True)
class Target:
    """How to reach one host.

    name             what people call it; used in messages
    host_keys        the trusted keys; empty means that none is trusted yet
    key_text         an OpenSSH or PEM private key, with `key_passphrase` where it is encrypted
    key_file         path of a private key on our side
    use_agent        offer the keys of the ssh-agent
    jump             another target, through whose `direct-tcpip` channel this one is reached
    connect_timeout  seconds, for each of: TCP, banner, key exchange, sign-in, opening a channel

    Methods are tried in this order: key_text, key_file, agent, password.
    """

    name: str
    address: str
    port: int = 22
    user: str = "root"
    host_keys: tuple[PinnedKey, ...] = ()
    key_text: Secret | None = field(default=None, repr=False)
    key_passphrase: Secret | None = field(default=None, repr=False)
    password: Secret | None = field(default=None, repr=False)
    use_agent: bool = False
    key_file: str | None = None
    jump: Target | None = None
    connect_timeout: float = 10.0


def connect(
    target: Target, *, sock: socket.socket | None = None, through: ParamikoSession | None = None
) -> ParamikoSession:
    """An open session with a verified and signed-in host.

    sock     a TCP connection to it that is open already (`knock`); it is closed where this fails
    through  an open session with its jump host, which other targets share and its owner closes

    Raises Unreachable, HostKeyUnknown, HostKeyChanged, AuthenticationRefused; about the
    jump host the sentence names the jump host.
    """
    with contextlib.ExitStack() as undo:
        own = undo.enter_context(connect(target.jump)) if target.jump and through is None else None
        transport = _exchange_keys(target, through or own, sock)
        undo.callback(transport.close)
        _verify(target, _server_key(transport, target.name))
        _sign_in(transport, target)
        undo.pop_all()
        return _with_a_thread(target, transport, own)


def connect_kept(
    target: Target, board: Switchboard, sock: socket.socket | None = None
) -> KeptSession | ParamikoSession:
    """As `connect`, for a target without a jump host: a session that waits on `board`, with many others.

    A host whose packets do not tell their length (OpenSSH with neither GCM nor a MAC that comes last) gets a thread.
    """
    with contextlib.ExitStack() as undo:
        transport = _exchange_keys(target, None, sock, leaves=True)
        undo.callback(transport.close)
        transport.leaves = transport.tells_lengths
        _verify(target, _server_key(transport, target.name))
        _sign_in(transport, target)
        if transport.leaves:
            transport.join()
        undo.pop_all()
        return KeptSession(target, transport, board) if transport.leaves else _with_a_thread(target, transport)


def _with_a_thread(target: Target, transport: Transport, jump: ParamikoSession | None = None) -> ParamikoSession:
    transport.set_keepalive(KEEPALIVE)
    if isinstance(transport.sock, socket.socket):
        transport.sock.settimeout(IDLE_WAIT)
    return ParamikoSession(target, transport, jump)


def knock(target: Target) -> socket.socket:
    """A TCP connection to a host that is reached directly and has begun to speak; nothing is sent. Raises Unreachable.

    What a host that is off costs is spent here, where nobody else has to wait.
    """
    sock: socket.socket = _socket(target, None)
    waiter = select.poll()
    waiter.register(sock, select.POLLIN)
    if waiter.poll(target.connect_timeout * 1000):
        return sock
    sock.close()
    where = f"{target.address}:{target.port}"
    raise Unreachable(
        f"{target.name} took the connection at {where} and said nothing for {target.connect_timeout:g} s."
    )


def scan(address: str, port: int = 22, timeout: float = 10.0, jump: Target | None = None) -> PinnedKey:
    """The key a host shows now, for a person to compare. Nothing but the key exchange is sent to it.

    Raises Unreachable, and about the jump host whatever `connect` raises.
    """
    target = Target(name=address, address=address, port=port, jump=jump, connect_timeout=timeout)
    with contextlib.ExitStack() as undo:
        way = undo.enter_context(connect(jump)) if jump else None
        transport = _exchange_keys(target, way)
        undo.callback(transport.close)
        return _server_key(transport, address)


class ParamikoSession(Session):
    """An open way to one host. Several threads may run commands on it at once."""

    def __init__(self, target: Target, transport: paramiko.Transport, jump: ParamikoSession | None = None) -> None:
        self.target = target
        self._transport = transport
        self._jump = jump

    @property
    def server_key(self) -> PinnedKey:
        """The key the host showed, which is one of the target's trusted keys."""
        return _server_key(self._transport, self.target.name)

    def is_alive(self) -> bool:
        """Whether the connection stands, as far as our side knows."""
        return self._transport.is_active()

    def run(self, command: Command) -> Result:
        """Run one command to its end.

        Raises SudoRefused where `sudo -n` said no; CommandTimeout after `command.timeout`
        seconds; SessionError on a lost connection or more than `sentences.OUTPUT_LIMIT` bytes of output.
        A command ended by signal N has status 128 + N.
        """
        deadline = time.monotonic() + command.timeout
        channel = self._open_channel()
        try:
            result = _Exchange(channel, command, self.target.name, deadline).result()
        finally:
            with contextlib.suppress(*BROKEN):  # a connection that breaks just now has nothing to close any more
                channel.close()
        if command.sudo:
            sudo.check(result, self.target.name, self.target.user)
        return result

    def close(self) -> None:
        with contextlib.suppress(OSError):  # wakes the connection's thread, which else sleeps on for IDLE_WAIT
            if isinstance(self._transport.sock, socket.socket):
                self._transport.sock.shutdown(socket.SHUT_RD)
        self._transport.close()
        if self._jump is not None:
            self._jump.close()

    def _open_channel(self) -> paramiko.Channel:
        try:
            return self._transport.open_session(timeout=self.target.connect_timeout)
        except BROKEN as error:
            raise broken(self.target.name, _words(error)) from None


class _Exchange:
    """One command on one channel: feeds stdin and drains both streams in turns, so neither can block."""

    def __init__(self, channel: paramiko.Channel, command: Command, name: str, deadline: float) -> None:
        # Any: the published types leave out what we use of a channel besides recv and send
        self.channel: Any = channel
        self.command, self.name, self.deadline = command, name, deadline
        self.to_send = memoryview(command.payload())
        self.streams: tuple[list[bytes], list[bytes]] = ([], [])
        self.size = 0

    def result(self) -> Result:
        try:
            self._request()
            for _ in self._turns():
                self._feed()
                self._drain()
        except BROKEN:
            raise lost(self.name, self.command) from None
        if self.channel.exit_status == -1:
            raise (lost if self.channel.event_ready else not_accepted)(self.name, self.command)
        if not self.channel.eof_received:  # sshd tells the status before the last of the output
            raise lost(self.name, self.command)
        out, error = (b"".join(pieces) for pieces in self.streams)
        return Result(self.channel.exit_status, out, error)

    def _request(self) -> None:
        """Ask for the command and do not wait for the answer.

        `Channel.exec_command` waits without a limit; here a refusal closes the channel and
        is seen by the loop, under the command's own deadline.
        """
        message = Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(self.channel.remote_chanid)
        message.add_string("exec")
        message.add_boolean(True)
        message.add_string(self.command.to_run())
        self.channel.get_transport()._send_user_message(message)

    def _turns(self) -> Iterator[None]:
        """Yields while there is something to do; waits in between for output, never past the deadline."""
        waiter = select.poll()
        waiter.register(self.channel.fileno(), select.POLLIN)
        while not self._ended():
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise late(self.name, self.command)
            yield
            if self._ended():
                return
            if self.channel.eof_received:  # the descriptor stays readable from here on
                self.channel.status_event.wait(min(left, 1.0))
            else:
                # a window that opens does not wake the descriptor: look again soon while sending
                waiter.poll(min(left, 0.01 if self.to_send else 1.0) * 1000)

    def _ended(self) -> bool:
        quiet = not self.channel.recv_ready() and not self.channel.recv_stderr_ready()
        over = self.channel.closed or (self.channel.eof_received and self.channel.status_event.is_set())
        return bool(over and quiet)

    def _feed(self) -> None:
        if self.channel.eof_sent or self.channel.closed:
            return
        while self.to_send and self.channel.send_ready() and not self.channel.recv_ready():
            sent = self._send(bytes(self.to_send[:PIECE]))
            if sent == 0:  # the host closed its side: what is left is not wanted
                self.to_send = self.to_send[len(self.to_send) :]
                return
            self.to_send = self.to_send[sent:]
        if not self.to_send:
            self._end_input()

    def _send(self, piece: bytes) -> int:
        """Send what the host's window takes of `piece`, in bytes; 0 once the channel is closed.

        Not by `Channel.send`, which raises where the command ends between the question and
        the sending: a command need not read its input. How it ended is judged at the end.
        """
        with self.channel.lock:
            size: int = self.channel._wait_for_send_window(len(piece))
        if size:
            message = Input(self.channel, cMSG_CHANNEL_DATA)
            message.add_string(piece[:size])
            self.channel.get_transport()._send_user_message(message)
        return size

    def _end_input(self) -> None:
        with self.channel.lock:
            if self.channel.eof_sent:
                return
            self.channel.eof_sent = True
        self.channel.get_transport()._send_user_message(Input(self.channel, cMSG_CHANNEL_EOF))

    def _drain(self) -> None:
        sources: tuple[tuple[Callable[[], bool], Callable[[int], bytes]], ...] = (
            (self.channel.recv_ready, self.channel.recv),
            (self.channel.recv_stderr_ready, self.channel.recv_stderr),
        )
        for pieces, (ready, receive) in zip(self.streams, sources, strict=True):
            while ready():
                piece = receive(1 << 20)
                pieces.append(piece)
                self.size += len(piece)
                if self.size > sentences.OUTPUT_LIMIT:
                    raise too_much(self.name, self.command)


def _exchange_keys(
    target: Target, jump: ParamikoSession | None, sock: socket.socket | None = None, leaves: bool = False
) -> Transport:
    """A transport after the key exchange; nothing of ours was sent."""
    transport = Transport(sock or _socket(target, jump), leaves)
    transport.first_key_types = _negotiation_names(target.host_keys)
    transport.banner_timeout = transport.handshake_timeout = target.connect_timeout
    transport.auth_timeout = transport.channel_timeout = target.connect_timeout
    reason = ""
    try:
        transport.start_client(timeout=2 * target.connect_timeout)
        if not transport.initial_kex_done:
            reason = f"{target.name} did not finish the key exchange in time."
    except IncompatiblePeer:
        reason = f"{target.name} {TOO_OLD}"
    except BROKEN as error:
        reason = f"{target.name} does not speak SSH at {target.address}:{target.port} ({_words(error)})."
    if reason:
        transport.close()
        raise Unreachable(reason)
    return transport


def _socket(target: Target, jump: ParamikoSession | None) -> Any:
    """A connected socket with TCP_NODELAY, or a channel through the jump host."""
    where = f"{target.address}:{target.port}"
    try:
        if jump is None:
            return _tune(socket.create_connection((target.address, target.port), target.connect_timeout))
        return jump._transport.open_channel(
            "direct-tcpip", (target.address, target.port), ("127.0.0.1", 0), timeout=target.connect_timeout
        )
    except socket.gaierror:
        reason = f"The name {target.address} of {target.name} cannot be resolved."
    except TimeoutError:
        reason = f"{target.name} did not answer at {where} within {target.connect_timeout:g} seconds."
    except BROKEN as error:
        through = f" through {jump.target.name}" if jump else ""
        reason = f"{target.name} cannot be reached at {where}{through} ({_words(error)})."
    raise Unreachable(reason)


def _tune(sock: socket.socket) -> socket.socket:
    """Without TCP_NODELAY an open connection runs 15 times fewer commands a second (measured)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # a dead peer shows even while we are the ones who send
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)
    return sock


def _negotiation_names(keys: tuple[PinnedKey, ...]) -> tuple[str, ...]:
    """What to ask for so that a host with several keys shows the pinned one."""
    names: list[str] = []
    for key in keys:
        names += ["rsa-sha2-512", "rsa-sha2-256"] if key.algorithm == "ssh-rsa" else [key.algorithm]
    return tuple(dict.fromkeys(names))


def _server_key(transport: paramiko.Transport, name: str) -> PinnedKey:
    key = transport.get_remote_server_key()
    try:
        return PinnedKey(key.get_name(), key.get_base64())
    except HostKeyFormatError as error:
        raise Unreachable(f"{name} showed a host key that cannot be used: {error}") from None


def _verify(target: Target, shown: PinnedKey) -> None:
    """Raises unless the key is one of the trusted ones; every trusted key is compared."""
    matches = [shown.same_as(key) for key in target.host_keys]
    if any(matches):
        return
    details = {"algorithm": shown.algorithm, "key": shown.key_base64, "fingerprint": shown.fingerprint()}
    if not target.host_keys:
        raise HostKeyUnknown(
            f"{target.name} has no trusted host key yet; it shows {shown.algorithm} {shown.fingerprint()}. "
            "Nothing was sent. Compare this fingerprint with the host's console and confirm it.",
            **details,
        )
    trusted = ", ".join(key.fingerprint() for key in target.host_keys)
    raise HostKeyChanged(
        f"{target.name} shows another host key than the trusted one: {shown.fingerprint()} instead of "
        f"{trusted}. Nothing was sent. Find out whether the host was reinstalled or somebody stands in "
        "between.",
        **details,
    )


def _sign_in(transport: paramiko.Transport, target: Target) -> None:
    """Try each method in turn. Raises AuthenticationRefused, or Unreachable where no answer came."""
    tried: list[str] = []
    for label, attempt in _methods(transport, target):
        reason = _try(attempt, target, label)
        if not reason:
            return
        tried.append(reason)
        if not transport.is_active():
            break
    if not tried:
        raise AuthenticationRefused(
            f"There is nothing to sign in to {target.name} with: give a key, a key file, an agent or a password."
        )
    raise AuthenticationRefused(f"{target.name} does not let {target.user} in: {'; '.join(tried)}.")


def _methods(transport: paramiko.Transport, target: Target) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    user = target.user
    passphrase = target.key_passphrase.value if target.key_passphrase else None
    if target.key_text is not None:
        text = target.key_text.value
        yield "the stored key", lambda: transport.auth_publickey(user, _key_from_text(text, passphrase))
    if target.key_file is not None:
        path = target.key_file
        yield f"the key file {path}", lambda: transport.auth_publickey(user, _key_from_file(path, passphrase))
    if target.use_agent:
        yield from _agent_methods(transport, user)
    if target.password is not None:
        password = target.password.value
        yield "the password", lambda: transport.auth_password(user, password)


def _agent_methods(transport: paramiko.Transport, user: str) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    agent = paramiko.Agent()
    try:
        for key in agent.get_keys()[:AGENT_KEYS]:
            yield f"the agent's {key.get_name()} key", partial(transport.auth_publickey, user, key)
    finally:
        agent.close()


class _UnusableKey(Exception):
    """A private key of ours that cannot be read; the message is the reason, without any of its text."""


def _try(attempt: Callable[[], list[str]], target: Target, label: str) -> str:
    """Empty where we are in, else the reason. No exception of paramiko leaves: its frames hold secrets."""
    try:
        further = attempt()
        return f"{label} is not enough, it also wants {' and '.join(further)}" if further else ""
    except _UnusableKey as error:
        return f"{label} {error}"
    except paramiko.BadAuthenticationType as error:
        return f"{label} is not allowed there (it allows {', '.join(error.allowed_types)})"
    except paramiko.AuthenticationException as error:
        slow = "timeout" in str(error).lower()
    except Exception:  # whatever it is: the frames behind it hold the password or the key
        return f"{label} was not accepted and the sign-in broke off"
    if slow:
        raise Unreachable(f"{target.name} did not answer the sign-in within {target.connect_timeout:g} seconds.")
    return f"{label} was not accepted"


def _key_from_text(text: str, passphrase: str | None) -> paramiko.PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with contextlib.suppress(Exception):
            return kind.from_private_key(io.StringIO(text), password=passphrase)
    raise _UnusableKey(_why_unusable(passphrase))


def _key_from_file(path: str, passphrase: str | None) -> paramiko.PKey:
    try:
        with open(path, encoding="ascii") as file:
            text = file.read(65536)
    except (OSError, UnicodeDecodeError):
        text = None
    if text is None:
        raise _UnusableKey("cannot be read")
    return _key_from_text(text, passphrase)


def _why_unusable(passphrase: str | None) -> str:
    if passphrase is None:
        return "cannot be used: it is not an Ed25519, ECDSA or RSA private key, or it needs a passphrase"
    return "cannot be used: the passphrase is wrong, or it is not an Ed25519, ECDSA or RSA private key"


def _words(error: BaseException) -> str:
    """An error's own words in one line, or its kind where it has none."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__
