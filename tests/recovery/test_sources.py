"""The description of the old disk lies in a file on some host: it is read there, and nothing else ever is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from changes.models import Change
from changes.services import Request as Asked
from changes.services import change_create
from execution import engine
from recovery.facts.sources import AskSource
from recovery.kind import KIND, source_of
from recovery.lvm.upload import LIMIT
from recovery.request import Request, Source, problems
from ssh.command import Command
from ssh.facts import FactError
from ssh.session import Result, SessionError
from tests.pages.scene import BACKUP, a_host, a_vm, host_facts
from tests.recovery.story import params as story
from tests.recovery.story import plan


def read(path: Path | str) -> Any:
    """The real script on this machine."""
    fact = AskSource("app02", str(path))
    done = subprocess.run(fact.command().argv, capture_output=True)
    return fact.parse(Result(done.returncode, done.stdout, done.stderr))


def said(path: Path | str) -> str:
    with pytest.raises(FactError) as refused:
        read(path)
    return str(refused.value)


def test_a_file_comes_whole_with_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "RootVG").write_text(BACKUP)
    assert read(tmp_path / "RootVG") == {"metadata": BACKUP, "file_name": f"app02:{tmp_path}/RootVG"}


def test_what_is_not_lvms_text_never_leaves_the_host(tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text("root:$6$secret:20000::::::\n")
    assert "is not LVM text metadata" in said(tmp_path / "shadow")
    answer = subprocess.run(AskSource("app02", f"{tmp_path}/shadow").command().argv, capture_output=True)
    assert answer.stdout == b"foreign\n"


def test_what_cannot_be_read_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "large").write_bytes(b"x" * (LIMIT + 1))
    assert "app02 has no file" in said(tmp_path / "nothing")
    assert "leads elsewhere through a symbolic link" in said(tmp_path / "link")
    assert "is no regular file" in said(tmp_path)
    assert "never reaches 2 MiB" in said(tmp_path / "large")
    os.mkfifo(tmp_path / "pipe")
    assert "is no regular file" in said(tmp_path / "pipe")


def test_an_odd_answer_is_no_file() -> None:
    for odd in (b"file not-base64!\n", b"something\n", b""):
        with pytest.raises(FactError):
            AskSource("app02", "/x").parse(Result(0, odd, b""))


@pytest.mark.parametrize("path", ["RootVG", "/a/../b", "/a//b", "/a\nb", ""])
def test_a_path_that_cannot_be_meant_is_refused(path: str) -> None:
    asked = Request.from_json({**story(metadata=""), "source": {"host": "app02", "path": path}})
    assert [problem.field for problem in problems(asked)] == ["source"]


def test_the_plan_names_the_file_and_mounts_what_can_be_mounted() -> None:
    made = plan({**story(volumes=[]), "source": {"host": "app02", "path": "/restore/RootVG"}})
    assert made.target["source"]["file"] == "app02:/restore/RootVG"
    assert made.step("copy").files[0].note == "as read from app02:/restore/RootVG"
    assert [step.key for step in made.steps if step.key.startswith("mount-")] == ["mount-root", "mount-var"]
    assert any("was read from app02:/restore/RootVG and is of vm42" in line for line in made.warnings)


def test_a_request_without_a_source_lacks_nothing() -> None:
    assert source_of(story()) is None
    found = source_of({**story(), "source": {"host": "app02", "path": "/x"}})
    assert found is not None
    assert found.host == "app02"
    assert Request.from_json({**story(), "source": {"host": "a", "path": "/x"}}).source == Source("a", "/x")


class Here:
    """A session that answers on this machine."""

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, command: Command, **_: object) -> Result:
        done = subprocess.run(command.argv, capture_output=True)
        return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def asked(db, rosa, tmp_path: Path, monkeypatch) -> Any:
    """Rosa's request with a file on app02, planned by the engine; what app01 says is the scene's."""
    host, _ = a_host(), a_host("app02", "192.0.2.12")
    monkeypatch.setattr("execution.engine.open_session", lambda host: Here())
    monkeypatch.setattr(type(KIND), "gather", lambda self, params, ask: host_facts())
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)

    def ask(where: str = "app02") -> Change:
        wanted = {**story(metadata="", volumes=[]), "source": {"host": where, "path": f"{tmp_path}/RootVG"}}
        change = change_create(rosa, Asked(KIND.key, wanted, host.pk, a_vm().pk, "It does not boot."))
        engine.plan(change.pk)
        change.refresh_from_db()
        return change

    return ask


def test_it_is_read_when_the_plan_is_made_and_noted_in_the_audit(asked, tmp_path: Path) -> None:
    from audit.models import Entry

    (tmp_path / "RootVG").write_text(BACKUP)
    change = asked()
    assert change.status == "planned"
    assert change.params["metadata"] == BACKUP
    assert change.plan.step("copy").files[0].after == BACKUP
    assert Entry.objects.filter(action="change.source_read").count() == 1


def test_a_file_that_is_not_there_refuses_and_can_be_looked_for_again(asked, tmp_path: Path) -> None:
    change = asked()
    assert change.status == "refused"
    assert "app02 has no file" in change.refusal[0]


def test_a_host_that_is_gone_or_away_refuses_with_its_name(asked, monkeypatch) -> None:
    assert "knows no host called app09 any more" in asked("app09").refusal[0]

    def away(host: object) -> Here:
        raise SessionError("It does not answer.")

    monkeypatch.setattr("execution.engine.open_session", away)
    assert asked().refusal[0] == "app02 could not be asked for the file. It does not answer."
