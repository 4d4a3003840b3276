"""The doctor sees what is wrong and says how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config import doctor
from config.doctor import Finding
from inventory.credentials import credential_create
from inventory.models import Credential, Host
from people.actor import Actor
from people.models import User
from people.vault import open_vault


def one(check: Callable[[], object], title: str) -> Finding:
    return next(finding for finding in check() if finding.title == title)  # type: ignore[attr-defined]


def test_a_finding_that_is_wrong_says_how_to_mend_it() -> None:
    assert Finding(False, "Thing", "broken", "mend it").text() == "✗ Thing: broken\n    → mend it"


def test_a_finding_that_is_well_says_no_more() -> None:
    assert Finding(True, "Thing", "fine", "mend it").text() == "✓ Thing: fine"


def test_a_state_directory_that_others_may_read_is_wrong(settings, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    tmp_path.chmod(0o755)
    found = one(doctor.state_directory, "State directory")
    assert found.ok is False
    assert found.mend == f"chmod 700 {tmp_path}"


def test_packages_that_differ_from_the_lock_are_named(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "django==1.0 \\\n    --hash=sha256:00\nno-such-thing==1 \\\n    --hash=sha256:00\n"
        "colorama==0.1 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    )
    django, missing = doctor.differing(lock)
    assert django.startswith("django ")
    assert missing == "no-such-thing not installed (1)"


@pytest.mark.django_db
def test_a_whole_database_is_well(settings) -> None:
    assert [finding.ok for finding in doctor.database()][:2] == [True, True]


def test_a_message_goes_there_and_back_through_the_queue_of_files(settings, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    folder = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    settings.BROKER_URL, settings.BROKER_OPTIONS = "filesystem://", folder
    assert one(doctor.queue, "Queue").ok is True


def test_a_queue_that_nobody_serves_is_wrong(settings, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    settings.BROKER_URL = f"redis+socket://{tmp_path}/nobody.sock"
    assert one(doctor.queue, "Queue").ok is False


@pytest.mark.django_db
def test_a_stored_secret_whose_key_is_gone_is_named(settings, ada: User, as_actor: Callable[[User], Actor]) -> None:
    credential_create("the key", Credential.Kind.PASSWORD, secret="secret", by=as_actor(ada))
    assert one(doctor.credentials, "Credentials").ok is True
    os.unlink(settings.CREDENTIAL_KEYS)
    open_vault(Path(settings.CREDENTIAL_KEYS))
    found = one(doctor.credentials, "Credentials")
    assert found.ok is False
    assert "the key" in found.detail


@pytest.mark.django_db
def test_a_key_list_that_others_may_read_is_wrong(settings, ada: User, as_actor: Callable[[User], Actor]) -> None:
    credential_create("the key", Credential.Kind.PASSWORD, secret="secret", by=as_actor(ada))
    Path(settings.CREDENTIAL_KEYS).chmod(0o644)
    assert one(doctor.credentials, "Credential keys").ok is False


@pytest.mark.django_db
def test_a_host_without_a_trusted_key_is_wrong_and_says_why() -> None:
    Host.objects.create(name="app01", address="127.0.0.1", port=9)
    found = one(doctor.hosts, "Host app01")
    assert found.ok is False
    assert "no trusted host key" in found.detail
