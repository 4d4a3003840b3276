"""Connections that are kept without a thread each: one loop waits for all of them and speaks for whoever asks.

Paramiko opens the connection, compares the host's key and signs in (`paramiko_session.connect_kept`); then its thread
leaves. Ciphers, and new keys that the host may want, stay Paramiko's; commands and answers (RFC 4254) are spoken here.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from paramiko.common import (
    MSG_CHANNEL_CLOSE,
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EOF,
    MSG_CHANNEL_EXTENDED_DATA,
    MSG_CHANNEL_FAILURE,
    MSG_CHANNEL_OPEN_FAILURE,
    MSG_CHANNEL_OPEN_SUCCESS,
    MSG_CHANNEL_REQUEST,
    MSG_CHANNEL_SUCCESS,
    MSG_CHANNEL_WINDOW_ADJUST,
    cMSG_CHANNEL_CLOSE,
    cMSG_CHANNEL_DATA,
    cMSG_CHANNEL_EOF,
    cMSG_CHANNEL_FAILURE,
    cMSG_CHANNEL_OPEN,
    cMSG_CHANNEL_REQUEST,
    cMSG_CHANNEL_WINDOW_ADJUST,
)
from paramiko.message import Message

from ssh import sentences, sudo
from ssh.command import Command
from ssh.paramiko_transport import BROKEN, Packets, Transport, exit_status_of
from ssh.session import Result, Session, SessionError

if TYPE_CHECKING:
    from ssh.paramiko_session import Target

WINDOW, PIECE = 1 << 21, 1 << 15
ABOUT_COMMANDS = range(MSG_CHANNEL_OPEN_SUCCESS, MSG_CHANNEL_FAILURE + 1)
BACKLOG = 1 << 20
"""Bytes of a command's input that wait to be sent; more is taken from it only when these are gone."""


class Switchboard:
    """The loop, in a thread of its own, and `most` commands under way at once; further ones wait their turn."""

    def __init__(self, most: int) -> None:
        self._most, self._running = most, 0
        self._waiting: deque[_Talk] = deque()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True, name="kept connections")
        self._thread.start()

    def do(self, what: Any, *args: Any) -> bool:
        """Have the loop do it; False where the loop has ended."""
        try:
            self.loop.call_soon_threadsafe(what, *args)
        except RuntimeError:
            return False
        return True

    def begin(self, talk: _Talk) -> None:
        """In the loop: now, or when another has ended."""
        self._waiting.append(talk)
        self._next()

    def ended(self) -> None:
        self._running -= 1
        self._next()

    def close(self) -> None:
        """End the loop; sessions are closed before."""
        self.do(self.loop.stop)
        self._thread.join(10)

    def _next(self) -> None:
        while self._waiting and self._running < self._most:
            self._running += 1
            talk = self._waiting.popleft()
            talk.session.begin(talk)

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.close()


@dataclass(slots=True, eq=False)
class _Talk:
    """One command on one connection, and what came of it so far.

    number, theirs  the channel's numbers, ours and the host's; theirs is -1 until it is open
    window, piece   bytes that the host takes now, and in one message
    """

    session: KeptSession
    command: Command
    future: Future[Result] = field(default_factory=Future)
    number: int = -1
    theirs: int = -1
    window: int = 0
    piece: int = 0
    to_send: memoryview = field(default_factory=lambda: memoryview(b""))
    out: list[bytes] = field(default_factory=list)
    err: list[bytes] = field(default_factory=list)
    size: int = 0
    read: int = 0
    status: int | None = None
    accepted: bool = False
    eof: bool = False
    eof_sent: bool = False
    until: float = 0.0
    timer: asyncio.TimerHandle | None = None


class KeptSession(Session):
    """An open way to one host, as `ParamikoSession`; all but its public methods run in the switchboard's loop."""

    def __init__(self, target: Target, transport: Transport, board: Switchboard) -> None:
        self.target, self._transport, self._board = target, transport, board
        self._inside: Any = transport  # the published types leave out what we use of it
        self._packets = cast(Packets, transport.packetizer)
        self._talks: dict[int, _Talk] = {}
        self._held: list[Message] = []
        self._last, self._writing, self._open = 0, False, True
        self._packets.sock.setblocking(False)
        board.do(self._attend)

    def is_alive(self) -> bool:
        """Whether the connection stands, as far as our side knows."""
        return self._open

    def ask(self, command: Command) -> Future[Result]:
        """Have a command run; the Future has its Result, or raises as `run`. Its callbacks run in the loop."""
        talk = _Talk(self, command)
        if not self._open or not self._board.do(self._board.begin, talk):
            talk.future.set_exception(sentences.broken(self.target.name, "it is closed"))
        return talk.future

    def run(self, command: Command) -> Result:
        """Run one command to its end. Raises as `ParamikoSession.run`."""
        return self.ask(command).result()

    def close(self) -> None:
        self._open = False
        if not self._board.do(self._end):
            self._transport.close()

    def begin(self, talk: _Talk) -> None:
        """Open a channel for it; its time runs from now on."""
        if not self._open:
            self._fail(talk, sentences.broken(self.target.name, "it is closed"))
            return
        self._last += 1
        talk.number = self._last
        talk.to_send = memoryview(talk.command.payload())
        now = self._board.loop.time()
        talk.until = now + talk.command.timeout
        self._within(talk, min(talk.until, now + self.target.connect_timeout))
        self._talks[talk.number] = talk
        message = Message()
        message.add_byte(cMSG_CHANNEL_OPEN)
        message.add_string("session")
        for number in (talk.number, WINDOW, PIECE):
            message.add_int(number)
        self._safely(self._say, message)

    def _attend(self) -> None:
        if self._open:
            self._board.loop.add_reader(self._packets.sock, self._safely, self._read)
            self._safely(self._read)

    def _safely(self, what: Any, *args: Any) -> None:
        """Do it, and send what it had to say; whatever goes wrong ends this connection and no other."""
        try:
            what(*args)
            self._send()
        except BROKEN:
            self._end()
        except Exception as error:
            self._end(f"{type(error).__name__}: {error}")

    def _read(self) -> None:
        there = self._packets.fetch()
        while self._packets.whole():
            kind, message = self._packets.read_message()
            if kind in ABOUT_COMMANDS:
                talk = self._talks.get(message.get_int())
                if talk is not None:
                    self._hear(talk, kind, message)
                elif kind == MSG_CHANNEL_OPEN_SUCCESS:  # too late
                    self._say(_about(message.get_int(), cMSG_CHANNEL_CLOSE))
            else:
                self._transport.heed(kind, message)
                self._say_held()
        if self._packets.need_rekey() and not self._inside.in_kex:
            self._inside._send_kex_init()
        if not there:
            raise EOFError

    def _say(self, message: Message) -> None:
        """Send it, or keep it until an exchange of keys is over."""
        if self._inside.clear_to_send.is_set():
            self._inside._send_message(message)
        else:
            self._held.append(message)

    def _say_held(self) -> None:
        if self._held and self._inside.clear_to_send.is_set():
            held, self._held = self._held, []
            for message in held:
                self._say(message)

    def _send(self) -> None:
        """Hand the socket what it takes, and have the loop say when it takes more."""
        while True:
            done = self._packets.flush()
            if not done or not sum(self._feed(talk) for talk in self._talks.values()):
                break
        if done == self._writing:
            self._writing = not done
            if done:
                self._board.loop.remove_writer(self._packets.sock)
            else:
                self._board.loop.add_writer(self._packets.sock, self._safely, self._send)

    def _hear(self, talk: _Talk, kind: int, message: Message) -> None:
        if kind == MSG_CHANNEL_OPEN_SUCCESS:
            talk.theirs, talk.window, talk.piece = (message.get_int() for _ in range(3))
            self._within(talk, talk.until)
            self._request(talk)
        elif kind == MSG_CHANNEL_OPEN_FAILURE:
            message.get_int()
            self._fail(talk, sentences.broken(self.target.name, message.get_text() or "no channel"))
        elif kind == MSG_CHANNEL_SUCCESS:
            talk.accepted = True
        elif kind == MSG_CHANNEL_FAILURE:
            self._fail(talk, sentences.not_accepted(self.target.name, talk.command))
        elif kind == MSG_CHANNEL_WINDOW_ADJUST:
            talk.window += message.get_int()
        elif kind == MSG_CHANNEL_DATA:
            self._take(talk, talk.out, message.get_string())
        elif kind == MSG_CHANNEL_EXTENDED_DATA:
            message.get_int()
            self._take(talk, talk.err, message.get_string())
        elif kind == MSG_CHANNEL_REQUEST:
            self._note(talk, message)
        elif kind == MSG_CHANNEL_EOF:
            talk.eof = True
        elif kind == MSG_CHANNEL_CLOSE:
            self._over(talk)
            return
        if talk.eof and talk.status is not None:
            self._over(talk)

    def _request(self, talk: _Talk) -> None:
        message = _about(talk.theirs, cMSG_CHANNEL_REQUEST)
        message.add_string("exec")
        message.add_boolean(True)
        message.add_string(talk.command.to_run())
        self._say(message)

    def _feed(self, talk: _Talk) -> bool:
        """A piece of a command's input, and at its end that it has ended; whether anything was said."""
        if talk.theirs < 0 or talk.eof_sent or not self._inside.clear_to_send.is_set():
            return False
        said = bool(talk.to_send and talk.window)
        while talk.to_send and talk.window and len(self._packets.to_send) < BACKLOG:
            size = min(len(talk.to_send), talk.window, max(talk.piece, 1), PIECE)
            message = _about(talk.theirs, cMSG_CHANNEL_DATA)
            message.add_string(bytes(talk.to_send[:size]))
            talk.to_send, talk.window = talk.to_send[size:], talk.window - size
            self._say(message)
        if not talk.to_send:
            talk.eof_sent = said = True
            self._say(_about(talk.theirs, cMSG_CHANNEL_EOF))
        return said

    def _take(self, talk: _Talk, stream: list[bytes], piece: bytes) -> None:
        stream.append(piece)
        talk.size += len(piece)
        talk.read += len(piece)
        if talk.size > sentences.OUTPUT_LIMIT:
            self._fail(talk, sentences.too_much(self.target.name, talk.command))
        elif talk.read > WINDOW // 2:
            message = _about(talk.theirs, cMSG_CHANNEL_WINDOW_ADJUST)
            message.add_int(talk.read)
            talk.read = 0
            self._say(message)

    def _note(self, talk: _Talk, message: Message) -> None:
        what, wants = message.get_text(), message.get_boolean()
        if what == "exit-status":
            talk.status = message.get_int()
        elif what == "exit-signal":
            talk.status = exit_status_of(message.get_text())
        if wants:
            self._say(_about(talk.theirs, cMSG_CHANNEL_FAILURE))

    def _over(self, talk: _Talk) -> None:
        """The host says that the command has ended, or that it speaks of it no more."""
        name, command = self.target.name, talk.command
        if talk.status is None and not talk.accepted:
            self._fail(talk, sentences.not_accepted(name, command))
        elif talk.status is None or not talk.eof:  # sshd tells the status before the last of the output
            self._fail(talk, sentences.lost(name, command))
        else:
            result = Result(talk.status, b"".join(talk.out), b"".join(talk.err))
            try:
                if command.sudo:
                    sudo.check(result, name, self.target.user)
            except SessionError as error:
                self._fail(talk, error)
            else:
                self._forget(talk)
                talk.future.set_result(result)

    def _within(self, talk: _Talk, when: float) -> None:
        if talk.timer:
            talk.timer.cancel()
        talk.timer = self._board.loop.call_at(when, self._late, talk)

    def _late(self, talk: _Talk) -> None:
        if talk.theirs < 0:
            self._end("it does not answer")
        else:
            self._safely(self._fail, talk, sentences.late(self.target.name, talk.command))

    def _fail(self, talk: _Talk, error: SessionError) -> None:
        self._forget(talk)
        talk.future.set_exception(error)

    def _forget(self, talk: _Talk) -> None:
        """Its channel is closed, and what is still said of it is not listened to."""
        if talk.timer:
            talk.timer.cancel()
        if self._talks.pop(talk.number, None) and talk.theirs >= 0 and self._open:
            self._say(_about(talk.theirs, cMSG_CHANNEL_CLOSE))
        self._board.loop.call_soon(self._board.ended)

    def _end(self, reason: str = "it was lost") -> None:
        """Close the connection, and tell whoever waits for it."""
        self._open = False
        if self._packets.sock.fileno() >= 0:
            self._board.loop.remove_reader(self._packets.sock)
            self._board.loop.remove_writer(self._packets.sock)
        self._transport.close()
        for talk in list(self._talks.values()):
            asked = talk.theirs >= 0
            name = self.target.name
            self._fail(talk, sentences.lost(name, talk.command) if asked else sentences.broken(name, reason))


def _about(theirs: int, kind: bytes) -> Message:
    """The beginning of each message about a channel, whose number at the host is `theirs`."""
    message = Message()
    message.add_byte(kind)
    message.add_int(theirs)
    return message
