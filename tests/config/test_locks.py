"""The lock files hold what pyproject.toml asks for, and name no machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.config.conftest import PROJECT

BASE, DEV = (PROJECT / "requirements" / f"{name}.txt" for name in ("base", "dev"))
PROJECT_FILE = tomllib.loads((PROJECT / "pyproject.toml").read_text())
PRODUCT = [*PROJECT_FILE["project"]["dependencies"], *PROJECT_FILE["project"]["optional-dependencies"]["postgres"]]


def pins(lock: Path) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in lock.read_text().splitlines():
        if line and line[0].isalnum():
            pin = Requirement(line.rstrip("\\ "))
            found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [(BASE, PRODUCT), (DEV, [*PRODUCT, *PROJECT_FILE["dependency-groups"]["dev"]])],
    ids=["base", "dev"],
)
def test_every_dependency_is_locked_to_a_version_it_allows(lock: Path, wanted: list[str]) -> None:
    locked = pins(lock)
    for text in wanted:
        asked = Requirement(text)
        versions = [next(iter(pin.specifier)).version for pin in locked.get(canonicalize_name(asked.name), [])]
        assert versions, f"{asked.name} is not locked: make lock"
        assert all(asked.specifier.contains(version) for version in versions), f"{text}: make lock"


def test_development_has_the_very_versions_of_the_product() -> None:
    dev = pins(DEV)
    for name, found in pins(BASE).items():
        assert {str(pin) for pin in found} == {str(pin) for pin in dev[name]}


@pytest.mark.parametrize("lock", [BASE, DEV], ids=["base", "dev"])
def test_every_pin_is_hashed(lock: Path) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", lock.read_text())
    assert all("--hash=sha256:" in entry for entry in entries if entry[0].isalnum())


@pytest.mark.parametrize("lock", [BASE, DEV], ids=["base", "dev"])
def test_no_address_stands_in_a_lock(lock: Path) -> None:
    assert "://" not in lock.read_text()
