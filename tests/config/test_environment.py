"""A bad setting stops the start with one sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import price
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
        ("REGROUP_SECRET_KEY", "k" * 60),
        ("REGROUP_DEBUG", "perhaps"),
        ("REGROUP_REDIS_URL", "localhost:6379"),
        ("REGROUP_DATABASE_URL", "nonsense"),
        ("REGROUP_STATE", "/proc/regroup"),
        ("REGROUP_LEASE", "0"),
        ("REGROUP_SECOND_FACTOR_ROLES", "approver, root"),
        ("REGROUP_GROUP_ROLES", "linux-ops=superuser"),
        ("REGROUP_LDAP_URI", "directory.example.org"),
        ("REGROUP_OIDC_ISSUER", "http://sign-in.example.org"),
        ("REGROUP_DATABASE_URL_FILE", "/nowhere"),
        ("REGROUP_SECRET_KEY_FILE", "/dev/null"),
        ("REGROUP_METRICS_TOKEN", "too short"),
        ("REGROUP_METRICS_TOKEN_FILE", "/nowhere"),
        ("REGROUP_LOG", "xml"),
    ],
)
def test_a_bad_value_gives_one_line_that_names_the_setting(tmp_path: Path, name: str, value: str) -> None:
    said = refusal(tmp_path, **{name: value}).strip().splitlines()
    assert len(said) == 1
    assert said[0].startswith("Regroup does not start: ")
    assert name in said[0]


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789" * 6 + "\n")
    (tmp_path / "url").write_text(f"sqlite:///{tmp_path}/other.sqlite3")
    given = {
        f"REGROUP_{name}_FILE": str(tmp_path / path) for name, path in (("SECRET_KEY", "key"), ("DATABASE_URL", "url"))
    }
    words = [
        sys.executable,
        "manage.py",
        "shell",
        "-c",
        "from django.conf import settings as s; print(s.SECRET_KEY, s.DATABASES)",
    ]
    environment = {**os.environ, "REGROUP_STATE": str(tmp_path / "state"), **given}
    said = subprocess.run(words, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True).stdout
    assert f"{'0123456789' * 6} " in said
    assert "other.sqlite3" in said


def test_a_secret_given_twice_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789" * 6)
    said = refusal(tmp_path, REGROUP_SECRET_KEY="a key" * 12, REGROUP_SECRET_KEY_FILE=str(tmp_path / "key"))
    assert "REGROUP_SECRET_KEY and REGROUP_SECRET_KEY_FILE are both set; keep one of them." in said


@pytest.mark.parametrize(
    ("text", "amount"),
    [("", (None, "")), ("120 EUR a year", (Decimal("120"), "EUR a year")), ("99.50", (Decimal("99.50"), ""))],
)
def test_a_price_is_an_amount_with_its_unit_in_free_text(monkeypatch, text, amount):
    monkeypatch.setenv("REGROUP_PORT_PRICE", text)
    assert price("REGROUP_PORT_PRICE") == amount


@pytest.mark.parametrize("text", ["EUR 120", "-5 EUR", "1,5 EUR", "1e3 EUR"])
def test_a_price_that_begins_with_no_amount_stops_the_start(monkeypatch, text):
    monkeypatch.setenv("REGROUP_PORT_PRICE", text)
    with pytest.raises(ImproperlyConfigured, match="must begin with an amount"):
        price("REGROUP_PORT_PRICE")


def test_django_finds_nothing_to_warn_of_in_a_deployment(tmp_path):
    words = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "REGROUP_"))}
    deployed = ours | {"REGROUP_STATE": str(tmp_path), "REGROUP_HTTPS": "1", "REGROUP_HOSTS": "regroup.example"}
    done = subprocess.run(words, cwd=PROJECT, env=deployed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
