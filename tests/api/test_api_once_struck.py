"""Keys of requests that were killed, or that came at the same time: real processes on a real database."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from people.services import token_issue

HERE = Path(__file__).parents[2]


@pytest.fixture
def told(transactional_db, rosa, app02, vm42, tmp_path):
    """What the scenes of struck.py gave, on a copy of these rows or, on PostgreSQL, here."""
    token = token_issue(rosa, "script")[1]
    place = {name: str(connection.settings_dict[name]) for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    if connection.vendor == "sqlite":
        place["NAME"] = str(tmp_path / "copy.sqlite3")
        connection.ensure_connection()
        copy = sqlite3.connect(place["NAME"])
        connection.connection.backup(copy)
        copy.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.api.struck"],
        input=json.dumps({"database": place, "token": token}),
        capture_output=True,
        text=True,
        timeout=300,
        cwd=HERE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "REGROUP_STATE": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_of_many_does_it_and_a_kill_neither_doubles_nor_loses(told):
    statuses = [answer["status"] for answer in told["at once"]]
    assert statuses.count(201) >= 1
    assert set(statuses) <= {201, 409}
    assert len({answer["number"] for answer in told["at once"]} - {None}) == 1
    assert (told["after all"]["status"], told["after all"]["again"]) == (201, "true")

    assert told["killed before"] is None
    assert told["soon after"]["status"] == 409
    assert (told["later"]["status"], told["later"]["again"]) == (201, None)

    assert told["killed after"] is None
    assert (told["then"]["status"], told["then"]["again"]) == (201, "true")
    assert told["then"]["number"] == told["last"]

    assert told["changes"] == [1, 1, 2, 3, 3]
