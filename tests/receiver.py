"""A receiver of webhooks on a socket of this machine: it keeps what it gets, and answers as it is told."""

from __future__ import annotations

from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import serving


class Receiver(ThreadingHTTPServer):
    """`got` has (path, headers, body), oldest first; `answers` are statuses to give, then 200 for ever.

    `methods` are those of what it got; `retry_after` is sent with an answer that is not 200.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.methods: list[str] = []
        self.redirect = self.retry_after = ""
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


class Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.methods.append(self.command)
        self.server.got.append((self.path, {name.lower(): text for name, text in self.headers.items()}, body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        if self.server.retry_after and status != 200:
            self.send_header("Retry-After", self.server.retry_after)
        if self.server.redirect:
            self.send_header("Location", self.server.redirect)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_POST

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def receiver() -> AbstractContextManager[Receiver]:
    return serving(Receiver())
