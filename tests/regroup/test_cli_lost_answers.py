"""An answer that is lost on the way is asked for again, under the same key: what was asked for is done once."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from changes.states import State
from regroup.outcome import Exit


class Wire(BaseHTTPRequestHandler):
    """Hands every request on; the answers to the first POSTs get lost, so many as are `to_lose`."""

    behind = ""
    to_lose = 0
    keys: list[str] = []

    def do_GET(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        line = http.client.HTTPConnection(urlsplit(self.behind).netloc, timeout=60)
        line.request(self.command, self.path, body or None, dict(self.headers))
        answer = line.getresponse()
        said = answer.read()
        line.close()
        if self.command == "POST":
            self.keys.append(self.headers["Idempotency-Key"])
            if len(self.keys) <= self.to_lose:
                self.close_connection = True
                return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_GET

    def log_message(self, *words):
        """Nothing."""


@pytest.fixture
def lossy(live_server, monkeypatch):
    """The command line speaks through the wire."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Wire)
    monkeypatch.setattr(Wire, "behind", live_server.url)
    monkeypatch.setattr(Wire, "keys", [])
    monkeypatch.setattr("regroup.client.PAUSE", 0.01)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_was_done_is_told_though_its_answer_was_lost_twice(shell, rosa, scene, lossy, monkeypatch):
    change = scene.planned()
    monkeypatch.setattr(Wire, "to_lose", 2)
    said = shell(rosa, "submit", change.pk, "--url", lossy)
    assert said.code == Exit.DONE, said.err
    assert len(Wire.keys) == 3
    assert len(set(Wire.keys)) == 1
    change.refresh_from_db()
    assert change.state is State.IN_REVIEW
    assert change.transitions.filter(new=State.IN_REVIEW).count() == 1


def test_where_every_answer_is_lost_it_says_so(shell, rosa, scene, lossy, monkeypatch):
    change = scene.planned()
    monkeypatch.setattr(Wire, "to_lose", 100)
    said = shell(rosa, "submit", change.pk, "--url", lossy)
    assert said.code == Exit.UNREACHABLE
    assert "cannot be reached" in said.err
