"""What can be wrong before Regroup is even asked: one clear sentence, and the token goes nowhere else."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from regroup.cli import main
from regroup.outcome import Exit


class Stranger(BaseHTTPRequestHandler):
    """A web server that is not Regroup; it notes the tokens that it is shown."""

    tokens: list[str | None] = []

    def do_GET(self):
        self.tokens.append(self.headers["Authorization"])
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        else:
            self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *words):
        """Nothing."""


@pytest.fixture
def stranger():
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    Stranger.tokens = []
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def token(bare, monkeypatch) -> str:
    monkeypatch.setenv("REGROUP_TOKEN", "rgp_secret")
    return "rgp_secret"


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    monkeypatch.delenv("REGROUP_URL", raising=False)
    monkeypatch.delenv("REGROUP_TOKEN", raising=False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Say where Regroup is"),
        (("--url", "ftp://x"), "no address of Regroup"),
        (("--url", "https://user@x"), "no address of Regroup"),
        (("--url", "http://["), "no address of Regroup"),
        (("--url", "http://regroup.example"), "not encrypted"),
        (("--url", "http://127.0.0.1:9", "--token-file", "/no/such"), "cannot be read"),
    ],
)
def test_a_wrong_command_line_is_told_and_nothing_is_sent(capsys, token, words, sentence):
    assert main(["recover", "list", *words]) == Exit.USAGE
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(("token", "sentence"), [("", "Say who you are"), ("rgp x", "characters that no token has")])
def test_a_token_that_cannot_be_one_is_not_sent(capsys, monkeypatch, stranger, token, sentence):
    monkeypatch.setenv("REGROUP_TOKEN", token)
    assert main(["recover", "list", "--url", stranger]) == Exit.USAGE
    assert sentence in capsys.readouterr().err
    assert Stranger.tokens == []


def test_a_token_on_the_command_line_is_no_option_and_is_not_repeated(capsys, stranger):
    with pytest.raises(SystemExit):
        main(["recover", "list", "--url", stranger, "--token-fil", "rgp_secret"])
    with pytest.raises(SystemExit):
        main(["recover", "list", "--url", stranger, "--token", "rgp_secret"])
    assert Stranger.tokens == []


def test_a_regroup_that_is_not_there_has_its_own_code(capsys, token):
    assert main(["recover", "list", "--url", "http://127.0.0.1:9"]) == Exit.UNREACHABLE
    assert "cannot be reached" in capsys.readouterr().err


def test_the_token_does_not_follow_a_redirect(capsys, token, stranger):
    code = main(["recover", "list", "--url", f"{stranger}/moved"])
    assert code == Exit.UNREACHABLE
    assert "give the address that it leads to" in capsys.readouterr().err
    assert Stranger.tokens == ["Bearer rgp_secret"]


def test_something_else_at_the_address_is_said(capsys, token, stranger):
    assert main(["recover", "list", "--url", stranger]) == Exit.UNREACHABLE
    assert "is not Regroup's API" in capsys.readouterr().err


def test_a_token_that_is_none_is_refused(capsys, token, live_server):
    assert main(["recover", "list", "--url", live_server.url]) == Exit.REFUSED
    assert "token is not valid" in capsys.readouterr().err


def test_the_token_may_stand_in_a_file(capsys, live_server, vera, tmp_path):
    from people.services import token_issue

    (tmp_path / "token").write_text(token_issue(vera, "cli")[1] + "\n")
    assert main(["recover", "list", "--url", live_server.url, "--token-file", str(tmp_path / "token")]) == Exit.DONE


def test_it_runs_as_a_module_without_django():
    code = "import sys, regroup.cli; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    done = subprocess.run(
        [sys.executable, "-m", "regroup", "recover", "--help"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "exit codes: 0 done" in done.stdout) == (0, True)
