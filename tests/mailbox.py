"""A mail server on a socket of this machine, so that nothing of Django's is replaced."""

from __future__ import annotations

import email
import socketserver
from contextlib import AbstractContextManager
from email.message import Message

from tests.serving import serving


class Mailbox(socketserver.ThreadingTCPServer):
    """What was delivered, oldest first. It has no mailbox for nobody@ anything."""

    daemon_threads = True

    def __init__(self) -> None:
        self.mails: list[Message] = []
        super().__init__(("127.0.0.1", 0), Conversation)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs that sends mails."""

    server: Mailbox

    def handle(self) -> None:
        self.say("220 mail.example ready")
        for line in self.rfile:
            word = line.decode().split()[0].upper()
            if word == "DATA":
                self.say("354 end with a dot")
                data = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(email.message_from_bytes(data))
            elif word == "RCPT" and b"nobody@" in line:
                self.say("550 no such mailbox")
                continue
            self.say("221 bye" if word == "QUIT" else "250 well")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def mailbox() -> AbstractContextManager[Mailbox]:
    return serving(Mailbox())
