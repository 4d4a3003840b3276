"""A real server with the real API, and the command line called as a shell would."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from changes import kinds
from changes.models import Change
from changes.services import plan_store
from execution import engine
from people.models import User
from people.services import token_issue
from recovery.kind import KIND
from regroup.cli import main
from tests.execution.local_session import LocalSession
from tests.execution.toy import ToyKind
from tests.pages.scene import Scene, a_host, a_vm, host_facts


@dataclass
class Said:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def this_machine(tmp_path: Path, settings, monkeypatch) -> None:
    """A worker that is there at once. The toy host is this machine; the other is as the scene has it."""
    settings.HOST_ROOT = str(tmp_path / "host")
    for module in ("lines", "engine"):
        monkeypatch.setattr(f"execution.{module}.open_session", lambda host: LocalSession())
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: WORK[task](number))
    monkeypatch.setattr("regroup.watch.PAUSE", 0.01)
    monkeypatch.setitem(kinds._KINDS, "toy", ToyKind())


def _plan(number: int) -> None:
    change = Change.objects.get(pk=number)
    if change.kind == KIND.key:
        plan_store(change, KIND.plan(change.params, host_facts()), host_facts())
    else:
        engine.plan(number)


def _look(number: int) -> None:
    """Toys are run; the scene's changes stay as it made them."""
    if Change.objects.get(pk=number).kind != KIND.key:
        engine.look(number)


WORK = {"plan": _plan, "look": _look, "facts": lambda host: None}


@pytest.fixture
def scene(transactional_db, rosa, amir, olu) -> Scene:
    a_host(), a_vm()
    return Scene(rosa, amir, olu)


@pytest.fixture
def shell(live_server, monkeypatch, capsys) -> Callable[..., Said]:
    """`shell(rosa, "show", 7)`: the command as that person, and what it said."""

    def run(user: User | None, *words: object, room: str = "recover") -> Said:
        monkeypatch.setenv("REGROUP_URL", live_server.url)
        monkeypatch.setenv("REGROUP_TOKEN", token_issue(user, secrets.token_hex(4))[1] if user else "")
        capsys.readouterr()
        try:
            code = main([room, *map(str, words)])
        except SystemExit as end:
            code = int(str(end.code))
        return Said(code, *capsys.readouterr())

    return run
