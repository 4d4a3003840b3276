"""The process that is the lab's switches: `python -m lab.switch_process` in the folder where its sockets are to be.

Each NIC of each bond host has a unix socket of its own here, `<host>-<nic>`, that QEMU's `stream` network connects to
(four bytes of length, then the frame), `control` takes one JSON request a connection. It ends when the last host has
left, and when a host that was announced does not come.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from lab.forwarding import Port, Switches
from lab.lldp import announcement

ANNOUNCE_EVERY = 4.0
WAIT_FOR_HOST = 60.0
QUEUE = 1 << 20
"""Bytes that wait for a slow guest; what comes then is dropped, as on a switch."""


class Line:
    """One NIC's connection: frames in, frames out."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._came = bytearray()
        self._waiting = bytearray()

    def frames(self) -> list[bytes] | None:
        """What has come in since; None when the other end has gone."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not data:
            return None
        self._came += data
        found, at = [], 0
        while len(self._came) - at >= 4:
            (length,) = struct.unpack_from("!I", self._came, at)
            if len(self._came) - at - 4 < length:
                break
            found.append(bytes(self._came[at + 4 : at + 4 + length]))
            at += 4 + length
        del self._came[:at]
        return found

    def send(self, frame: bytes) -> bool:
        """Queue a frame; False when the queue is full."""
        if len(self._waiting) > QUEUE:
            return False
        self._waiting += struct.pack("!I", len(frame)) + frame
        self.flush()
        return True

    def flush(self) -> None:
        with contextlib.suppress(OSError):  # full: later; gone: the next read says so
            while self._waiting:
                del self._waiting[: self.socket.send(self._waiting)]

    @property
    def events(self) -> int:
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._waiting else 0)


class Process:
    """The loop: every line, the control socket, the clock of the announcements."""

    def __init__(self) -> None:
        self.switches = Switches()
        self._lines: dict[str, Line] = {}
        self._selector = selectors.DefaultSelector()
        self._awaited: dict[str, float] = {"": time.monotonic() + WAIT_FOR_HOST}
        for port in self.switches.ports.values():
            self._listen(port.name, partial(self._plug, port))
        self._listen("control", self._answer)

    def _listen(self, name: str, take: Callable[[socket.socket], None]) -> None:
        Path(name).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(name)
        listener.listen(16)
        self._selector.register(listener, selectors.EVENT_READ, lambda events: take(listener.accept()[0]))

    def run(self) -> None:
        due = 0.0
        while self._lines or self._awaited:
            for key, events in self._selector.select(timeout=0.5):
                key.data(events)
            now = time.monotonic()
            if now >= due:
                self._announce()
                due = now + ANNOUNCE_EVERY
            self._awaited = {host: until for host, until in self._awaited.items() if until > now}

    # ----------------------------------------------------------------------------------- frames

    def _plug(self, port: Port, connection: socket.socket) -> None:
        self._unplug(port)
        connection.setblocking(False)
        line = self._lines[port.name] = Line(connection)
        self._selector.register(connection, selectors.EVENT_READ, lambda events: self._serve(port, line, events))
        self._awaited.pop("", None)
        self._awaited.pop(port.host, None)

    def _unplug(self, port: Port) -> None:
        line = self._lines.pop(port.name, None)
        if line:
            self._selector.unregister(line.socket)
            line.socket.close()
            self.switches.forget(port)

    def _serve(self, port: Port, line: Line, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            line.flush()
            self._watch(line, port)
        frames = line.frames() if events & selectors.EVENT_READ else []
        if frames is None:
            self._unplug(port)
            return
        for frame in frames:
            for target in self.switches.forward(frame, port):
                self._send(frame, target)

    def _send(self, frame: bytes, port: Port) -> None:
        line = self._lines.get(port.name)
        if line is None:
            return
        if line.send(frame):
            port.sent += 1
        else:
            port.dropped += 1
        self._watch(line, port)

    def _watch(self, line: Line, port: Port) -> None:
        key = self._selector.get_key(line.socket)
        if key.events != line.events:
            self._selector.modify(line.socket, line.events, key.data)

    def _announce(self) -> None:
        for name in list(self._lines):
            port = self.switches.ports[name]
            if port.announces and port.passes and port.nic.startswith("eth"):
                self._send(announcement(port.switch, port.label, port.vlan, int(ANNOUNCE_EVERY * 4)), port)

    # ---------------------------------------------------------------------------------- control

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(2)
            request = json.loads(connection.makefile("rb").readline() or b"{}")
            try:
                answer: Any = {"return": self._do(**request)}
            except (KeyError, TypeError, ValueError) as error:
                answer = {"error": str(error)}
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _do(self, do: str, port: str = "", host: str = "", **values: Any) -> Any:
        if do == "await":  # `host` is about to start: its NICs are plugged in afresh, and we stay until it comes
            self._awaited[host] = time.monotonic() + WAIT_FOR_HOST
            self.switches.reset(host)
        elif do == "set":
            self.switches.change(self.switches.ports[port], values)
            self._announce()
        elif do == "trunk":
            self.switches.trunk = bool(values["up"])
        elif do == "reset":
            self.switches.reset(host)
        elif do == "ports":
            return [asdict(port) | {"plugged": port.name in self._lines} for port in self.switches.ports.values()]
        elif do == "learned":
            return {mac.hex(":"): port.name for (_, mac), port in self.switches.learned.items()}
        else:
            raise ValueError(f"the switch cannot {do!r}")
        return None


if __name__ == "__main__":
    Process().run()
