"""A database of the first release is migrated, and all in it reads as before: pages, digests, audit, a backup of it."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.config.conftest import PROJECT

SAMPLE = Path(__file__).parent / "samples" / "80c0183.sql.gz"

LOOK = """
import json
from django.test import Client
from changes.models import Change
from execution.logs import every_line
from people.models import User
client = Client(HTTP_HOST="localhost")
client.force_login(User.objects.get(username="ada"))
rows = []
for change in Change.objects.order_by("pk"):
    page = client.get(f"/changes/{change.pk}/")
    plan = change.plan
    rows.append({
        "status": change.status, "page": page.status_code, "title": change.title in page.content.decode(),
        "same": None if plan is None else plan.digest() == change.digest, "refusal": bool(change.refusal),
        "lines": [[line.seq, line.step, line.text] for run in change.runs.all() for line in every_line(run)],
        "approvals": change.approvals.count(),
    })
pages = [client.get(path).status_code for path in ("/", "/hosts/", "/audit/")]
roles = {user.username: sorted(user.groups.values_list("name", flat=True)) for user in User.objects.all()}
asked = [sorted(change.deciders.values_list("role", flat=True)) for change in Change.objects.order_by("pk")]
print("ANSWER " + json.dumps({"changes": rows, "pages": pages, "roles": roles, "asked": asked}))
"""


def manage(state: Path, *words: str, text: str = "") -> str:
    environment = {**os.environ, "REGROUP_STATE": str(state)}
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, input=text)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def look(state: Path) -> dict[str, Any]:
    manage(state, "collectstatic", "--noinput", "-v0")
    said = manage(state, "shell", "-v0", text=LOOK)
    return json.loads(said.rpartition("ANSWER ")[2])


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The state directory as the first release left it, migrated."""
    state = tmp_path / "old"
    state.mkdir(mode=0o700)
    database = sqlite3.connect(state / "regroup.sqlite3")
    database.executescript(gzip.decompress(SAMPLE.read_bytes()).decode())
    database.close()
    manage(state, "migrate", "--noinput", "-v0")
    return state


def test_all_of_it_reads_as_before_and_can_be_backed_up_and_restored(old: Path, tmp_path: Path) -> None:
    found = look(old)
    assert [change["status"] for change in found["changes"]] == ["undone", "refused", "approved"]
    assert all(change["page"] == 200 and change["title"] for change in found["changes"])
    assert [change["same"] for change in found["changes"]] == [True, None, True]
    undone, refused, approved = found["changes"]
    assert len(undone["lines"]) > 20
    assert refused["refusal"]
    assert approved["approvals"] == 1
    assert found["pages"] == [200, 200, 200]
    assert found["roles"]["rosa"] == ["requester", "viewer"], "she sees what she saw before there were rights"
    assert found["asked"] == [[], [], ["approver"]], "an open request's policy was frozen, and asks as before"
    assert "The audit is whole." in manage(old, "regroup", "verify_audit")

    manage(old, "regroup", "backup", str(tmp_path / "copy"))
    new = tmp_path / "new"
    manage(new, "migrate", "--noinput", "-v0")
    assert "The audit is whole." in manage(new, "regroup", "restore", str(tmp_path / "copy"))
    assert look(new) == found
