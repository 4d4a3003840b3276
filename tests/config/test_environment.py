"""A bad setting stops the start with one sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.conftest import PROJECT


def refusal(state: Path, **environment: str) -> str:
    """What `manage.py check` prints when it does not start."""
    words = [sys.executable, "manage.py", "check"]
    surroundings = {**os.environ, "REGROUP_STATE": str(state), **environment}
    done = subprocess.run(words, cwd=PROJECT, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout
    return done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGROUP_PORT", "eighty"),
        ("REGROUP_PORT", "70000"),
        ("REGROUP_SECRET_KEY", "short"),
        ("REGROUP_DEBUG", "perhaps"),
        ("REGROUP_REDIS_URL", "localhost:6379"),
        ("REGROUP_DATABASE_URL", "nonsense"),
        ("REGROUP_STATE", "/proc/regroup"),
        ("REGROUP_LEASE", "0"),
    ],
)
def test_a_bad_value_gives_one_line_that_names_the_setting(tmp_path: Path, name: str, value: str) -> None:
    said = refusal(tmp_path, **{name: value}).strip().splitlines()
    assert len(said) == 1
    assert said[0].startswith("Regroup does not start: ")
    assert name in said[0]
