"""`evidence N`: the signed archive in a file, whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

import evidence.verify
from audit.services import anchor, seal_all
from evidence.keys import signing_key
from regroup.outcome import Exit


@pytest.fixture
def number(scene, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    change = scene.succeeded()
    seal_all()
    anchor()
    return change.pk


@pytest.fixture(autouse=True)
def sealed(monkeypatch):
    """Nothing seals here by itself: what is asked for waits no longer than a moment."""
    monkeypatch.setattr("evidence.services.PATIENCE", 0.0)


def test_it_is_fetched_and_verifies_offline(shell, vera, number, tmp_path):
    said = shell(vera, "evidence", number)
    assert said.code == Exit.DONE, said.err
    file = tmp_path / f"evidence-{number}.zip"
    assert file.name in said.out
    key = signing_key().public.hex
    done = subprocess.run([sys.executable, evidence.verify.__file__, str(file), "--key", key], capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_file_that_is_there_is_left_alone(shell, vera, number):
    Path("mine.zip").write_text("mine")
    said = shell(vera, "evidence", number, "--output", "mine.zip")
    assert (said.code, "is there already" in said.err, Path("mine.zip").read_text()) == (Exit.USAGE, True, "mine")


def test_a_refusal_leaves_no_file(shell, vera, number, tmp_path):
    said = shell(vera, "evidence", 999)
    assert (said.code, list(tmp_path.glob("*evidence-999*"))) == (Exit.REFUSED, [])


def test_where_nothing_can_be_written_it_says_so(shell, vera, number):
    said = shell(vera, "evidence", number, "--output", "no/such/place.zip")
    assert (said.code, "cannot be written" in said.err) == (Exit.USAGE, True)
