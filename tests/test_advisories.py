"""docs/advisories.toml: every locked package is on the list, and no locked version is one that it warns of."""

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

LIST = tomllib.loads(Path("docs/advisories.toml").read_text())
PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[^]]*\])?==(\S+)", re.M)
LOCKS = {path.name: PINNED.findall(path.read_text()) for path in Path("requirements").glob("*.txt")}
LOCKED = {name for pins in LOCKS.values() for name, _ in pins}


def warnings(package: str, version: str) -> list[str]:
    """Ids of the advisories that this version lies in."""
    return [
        one["id"]
        for one in LIST["advisory"]
        if one["package"] == package
        and any(SpecifierSet(span).contains(Version(version), prereleases=True) for span in one["affected"])
    ]


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_no_locked_version_is_warned_of(lock):
    assert len(LOCKS[lock]) > 30
    found = {f"{name} {version}": warnings(name, version) for name, version in LOCKS[lock]}
    assert not {pin: ids for pin, ids in found.items() if ids}


def test_every_locked_package_is_on_the_list_and_nothing_else_is():
    """After a new dependency: look for its advisories, add them or its name under none_known, and the day."""
    with_some = {one["package"] for one in LIST["advisory"]}
    assert with_some | set(LIST["none_known"]) == LOCKED
    assert not with_some & set(LIST["none_known"])


def test_the_list_says_of_which_day_it_is():
    assert isinstance(LIST["checked"], date)
    assert LIST["checked"] <= datetime.now(UTC).date()


@pytest.mark.parametrize("one", LIST["advisory"], ids=lambda one: f"{one['package']}-{one['id']}")
def test_an_advisory_is_whole_and_its_fix_is_outside_of_it(one):
    assert re.fullmatch(r"CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3}|PYSEC-\d{4}-\d+", one["id"])
    assert one["words"].endswith(".") and one["source"]
    assert one["id"] not in warnings(one["package"], one["fixed"])


def test_a_version_that_is_warned_of_is_found():
    assert "CVE-2025-64459" in warnings("django", "5.2.7")
    assert warnings("paramiko", "3.3.1") == ["CVE-2023-48795"]
    assert "CVE-2023-46136" in warnings("werkzeug", "3.0.0")
