"""A line to a real server that a test cuts, stalls or slows: TCP on loopback, each connection pumped by two threads."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

RESET = struct.pack("ii", 1, 0)
SLOW = 4_000
"""Bytes a second of a slow line."""
STRIKES = ("cut", "stall", "slow", "refuse")


class Line:
    """What lies between a worker and a host."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self._slow = self._refuses = False
        threading.Thread(target=self._accept, daemon=True).start()

    def strike(self, how: str, seconds: float) -> None:
        """cut: reset what is open. stall: nothing passes, then what is open is reset. slow: it crawls. refuse: cut, and
        nobody is let in. All but the cut last so long."""
        if how == "cut":
            return self._reset()
        if how == "refuse":
            self._refuses = True
            self._reset()
        elif how == "stall":
            self._flows.clear()
        else:
            self._slow = True
        time.sleep(seconds)
        self._slow = self._refuses = False
        if how == "stall":
            self._reset()
            self._flows.set()

    def close(self) -> None:
        self._door.close()
        self._flows.set()
        self._reset()

    def _reset(self) -> None:
        mine, self._sockets = self._sockets, []
        for each in mine:
            with suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._door.accept()
                if self._refuses:
                    here.close()
                    continue
                there = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(SLOW // 10 if self._slow else 65_536):
                self._flows.wait()
                if self._slow:
                    time.sleep(len(data) / SLOW)
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    try:
        yield line
    finally:
        line.close()
