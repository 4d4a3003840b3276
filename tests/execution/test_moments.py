"""The verify of a step is the check of the next, as long as it is the same moment; a short step is one round trip."""

import pytest

from execution import engine, hands
from tests.execution.local_session import LocalSession

pytestmark = pytest.mark.django_db


class Heard(LocalSession):
    """Notes what is asked of the host: `ask` for a fact, `start`, `look` for a probe, `ready` for the preparation."""

    def __init__(self, heard: list[str]) -> None:
        self.heard = heard

    def run(self, command):
        self.heard.append(_kind(command))
        return super().run(command)


def _kind(command):
    if command.argv[1] == "-c":
        return "ask"
    script = command.payload().decode()
    return "start" if "claim()" in script else "ready" if "df -Pk" in script else "look"


@pytest.fixture
def walked(queued_toy, monkeypatch):
    """What is asked of the host from the gate on, while these steps are walked; `sign in` for a session."""

    def walk(*steps):
        heard: list[str] = []

        def opened(host):
            heard.append("sign in")
            return Heard(heard)

        monkeypatch.setattr("execution.lines.open_session", opened)
        engine.look(queued_toy(*steps).pk)
        return heard

    return walk


def test_gate_and_walk_sign_in_once(walked):
    assert walked("a", "wait").count("sign in") == 1


def test_the_verify_of_a_step_is_the_check_of_the_next(walked):
    assert walked("a", "b") == ["sign in", "ask", "ask", "ready", "start", "ask", "start", "ask"]


def test_what_is_no_moment_ago_is_asked_again(walked, monkeypatch):
    monkeypatch.setattr(hands, "MOMENT", 0)
    assert walked("a", "b") == ["sign in", "ask", "ask", "ready", "start", "ask", "ask", "start", "ask"]


def test_a_step_that_takes_its_time_is_looked_at_until_it_ends(walked, journal):
    heard = walked("slow")
    assert heard[2:6] == ["ask", "ready", "start", "look"]
    assert heard[-1] == "ask"
    assert journal() == ["slow"]
