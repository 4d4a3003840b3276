"""A copy read back elsewhere is the same Regroup: rows, audit, keys. Whatever is no whole copy changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.config.conftest import PROJECT

FILL = """
from audit.services import seal
from inventory.credentials import credential_create
from inventory.models import Host
from people.actor import Actor
from people.roles import Role
from people.services import token_issue, user_create

ada = user_create("ada", password="correct horse battery", display_name="Ada März", roles=[Role.ADMINISTRATOR])
by = Actor(ada.pk, "ada", "Ada März", frozenset({Role.ADMINISTRATOR}))
credential_create("root of app01", "password", user="root", secret="hunter2 hunter2", by=by)
jump = Host.objects.create(name="zjump", address="192.0.2.1")
Host.objects.create(name="app01", address="192.0.2.2", jump=jump)
token_issue(ada, "for the script", by=by)
seal()
"""

OPEN = """
from inventory.credentials import credential_secrets
from inventory.models import Credential, Host

secret, _ = credential_secrets(Credential.objects.get())
assert secret.value == "hunter2 hunter2"
assert Host.objects.get(name="app01").jump.name == "zjump"
print("the secret opens")
"""

GROW = """
from inventory.models import Host

assert Host.objects.create(name="late", address="192.0.2.3").pk
print("a new row")
"""


def manage(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`manage.py …` on a state directory of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGROUP_")}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=PROJECT,
        env={**kept, "REGROUP_STATE": str(state)},
        capture_output=True,
        text=True,
    )


def done(state: Path, *words: str) -> str:
    result = manage(state, *words)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    """The state directory of a Regroup that nobody has used; to be copied."""
    state: Path = tmp_path_factory.mktemp("empty")
    done(state, "migrate", "-v0")
    return state


@pytest.fixture(scope="module")
def full(empty: Path, tmp_path_factory) -> Path:
    """The state directory of a Regroup with people, a host, a stored key and a sealed audit."""
    state = another(empty, tmp_path_factory.mktemp("full"))
    done(state, "shell", "-v0", "-c", FILL)
    return state


def another(empty: Path, folder: Path) -> Path:
    """The same rows as the empty one's; a key of its own is made when it is first needed."""
    state = folder / "state"
    shutil.copytree(empty, state, ignore=shutil.ignore_patterns("secret_key"))
    return state


@pytest.fixture(scope="module")
def copy(full: Path, tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("copies") / "copy.tar"
    assert "with the keys: keep it secret" in done(full, "regroup", "backup", str(path))
    return path


def rows(copy: Path) -> list[dict[str, object]]:
    with tarfile.open(copy) as tar:
        part = tar.extractfile("rows.jsonl")
        assert part is not None
        return [json.loads(line) for line in part]


def test_a_copy_read_back_is_the_same_regroup(empty: Path, copy: Path, tmp_path: Path) -> None:
    state = another(empty, tmp_path)
    said = done(state, "regroup", "restore", str(copy))
    assert "rows are back" in said
    assert "The audit is whole." in said
    again = tmp_path / "again.tar"
    done(state, "regroup", "backup", str(again))
    assert rows(again) == rows(copy)
    assert {row["model"] for row in rows(copy)} >= {
        "people.user",
        "inventory.host",
        "inventory.credential",
        "audit.entry",
    }
    assert done(state, "shell", "-v0", "-c", OPEN).strip().endswith("the secret opens")
    assert done(state, "shell", "-v0", "-c", GROW).strip().endswith("a new row")


def test_a_copy_is_private_and_never_written_over(full: Path, copy: Path) -> None:
    assert copy.stat().st_mode & 0o777 == 0o600
    again = manage(full, "regroup", "backup", str(copy))
    assert again.returncode == 1
    assert "Name a new file" in again.stderr


def test_a_copy_without_keys_has_none(full: Path, tmp_path: Path) -> None:
    path = tmp_path / "bare.tar"
    assert "keep them yourself" in done(full, "regroup", "backup", "--without-keys", str(path))
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["manifest.json", "rows.jsonl"]


def test_a_regroup_that_holds_something_is_not_written_over(full: Path, copy: Path) -> None:
    refused = manage(full, "regroup", "restore", str(copy))
    assert refused.returncode == 1
    assert "into an empty one only" in refused.stderr


def test_what_is_no_whole_copy_changes_nothing(empty: Path, copy: Path, tmp_path: Path) -> None:
    state = another(empty, tmp_path)
    for content, sentence in spoiled(copy):
        path = tmp_path / "spoiled.tar"
        path.write_bytes(content)
        refused = manage(state, "regroup", "restore", str(path))
        assert refused.returncode == 1
        assert sentence in refused.stderr
    assert "rows are back" in done(state, "regroup", "restore", str(copy))


def spoiled(copy: Path) -> list[tuple[bytes, str]]:
    whole = copy.read_bytes()
    at = whole.index(b'"username": "') + 13
    return [
        (b"nothing of the kind", "is no copy that `regroup backup` made"),
        (whole[:at], "Take another"),
        (whole[:at] + b"#" + whole[at + 1 :], "is damaged: rows.jsonl"),
        (whole.replace(b'"audit.0001_initial"', b'"audit.0009_initial"'), "was made by another version"),
    ]
