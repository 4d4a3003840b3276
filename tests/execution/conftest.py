from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from changes import kinds
from changes.models import Change
from changes.services import Request, change_approve, change_create, change_submit
from execution import engine, services
from inventory.models import Host
from ssh.session import Unreachable
from tests.execution.local_session import LocalSession
from tests.execution.toy import ToyKind


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """The directory that the toy kind changes."""
    place = tmp_path / "world"
    place.mkdir()
    (place / "journal").touch()
    return place


@pytest.fixture(autouse=True)
def this_machine(tmp_path: Path, settings, monkeypatch) -> Iterator[None]:
    """The toy host is this very machine: commands really run, under a root of the test's own."""
    settings.HOST_ROOT = str(tmp_path / "host")
    for module in ("lines", "engine"):
        monkeypatch.setattr(f"execution.{module}.open_session", lambda host: LocalSession())
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    monkeypatch.setitem(kinds._KINDS, "toy", ToyKind())
    yield


@pytest.fixture
def toyhost(db) -> Host:
    return Host.objects.create(name="toyhost", address="127.0.0.1", port=2222)


@pytest.fixture
def request_toy(world: Path, toyhost: Host, rosa) -> Callable[..., Change]:
    """Rosa asks for a toy change, and it is planned."""

    def request(*steps: str) -> Change:
        params = {"host": "toyhost", "world": str(world), "steps": list(steps)}
        change = change_create(rosa, Request("toy", params, toyhost.pk, None, "to see it work"))
        engine.plan(change.pk)
        change.refresh_from_db()
        return change

    return request


@pytest.fixture
def approved_toy(request_toy, rosa, amir) -> Callable[..., Change]:
    """A toy change that Amir has approved."""

    def approve(*steps: str) -> Change:
        change = request_toy(*steps)
        change_submit(rosa, change)
        return change_approve(amir, Change.objects.get(pk=change.pk), change.digest, "read it")

    return approve


@pytest.fixture
def queued_toy(approved_toy, olu) -> Callable[..., Change]:
    """A toy change that Olu has started and no worker has looked at."""

    def queue(*steps: str) -> Change:
        change = approved_toy(*steps)
        services.run_request(olu, change)
        return Change.objects.get(pk=change.pk)

    return queue


@pytest.fixture
def parked(queued_toy) -> Change:
    """Waits for somebody, and nothing is written yet."""
    change = queued_toy("wait", "a")
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


@pytest.fixture
def come(world: Path) -> Callable[[], int]:
    """What it waits for is there, for whoever looks."""
    return lambda: (world / "journal").write_text("wait\n")


@pytest.fixture
def journal(world: Path) -> Callable[[], list[str]]:
    return lambda: (world / "journal").read_text().split()


@pytest.fixture
def lost(monkeypatch) -> Callable[[Change], None]:
    """A worker looks at a change, and from the middle of its step on the host does not answer any more."""

    def lose(*_: object, **__: object) -> None:
        raise Unreachable("No answer.")

    def look(change: Change) -> None:
        with monkeypatch.context() as away:
            away.setattr("execution.hands.PAUSES", ())
            away.setattr("ssh.detached.read", lose)
            away.setattr("ssh.detached.follow", lose)
            engine.look(change.pk)

    return look
