"""The cast: Rosa requests, Amir approves, Olu operates, Vera only views, Mallory must be refused, Ada administers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError
from django.db import OperationalError, connections
from django.test import Client, TransactionTestCase

from audit import guard
from people.actor import Actor
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from people.services import user_create

PASSWORD = "a long password to type"


SEES_ALL = Actor(0, "vera", "Vera", frozenset({Role.VIEWER}))
"""Somebody who sees every machine, for what is asked in a person's name."""


def a_person(username: str, *roles: Role) -> User:
    return user_create(username, password=PASSWORD, display_name=username.capitalize(), roles=roles)


@pytest.fixture
def rosa(db) -> User:
    """She asks for the whole fleet; whoever is a requester and nothing else sees their own (tests/rights)."""
    return a_person("rosa", Role.REQUESTER, Role.VIEWER)


@pytest.fixture
def amir(db) -> User:
    return a_person("amir", Role.APPROVER)


@pytest.fixture
def olu(db) -> User:
    return a_person("olu", Role.OPERATOR)


@pytest.fixture
def vera(db) -> User:
    return a_person("vera", Role.VIEWER)


@pytest.fixture
def mallory(db) -> User:
    return a_person("mallory")


@pytest.fixture
def ada(db) -> User:
    return a_person("ada", Role.ADMINISTRATOR)


@pytest.fixture
def as_actor() -> Callable[[User], Actor]:
    return actor_of


@pytest.fixture
def as_user() -> Callable[[Client, User], Client]:
    """The client, signed in as the person."""

    def sign_in(client: Client, user: User) -> Client:
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture(autouse=True)
def own_state(settings, tmp_path: Path) -> None:
    """No test reads or makes the key lists of this installation, or anchors its audit."""
    settings.CREDENTIAL_KEYS = str(tmp_path / "credential_keys")
    settings.EVIDENCE_KEYS = str(tmp_path / "evidence_keys")
    settings.AUDIT_ANCHOR = str(tmp_path / "audit_anchors")


@pytest.fixture
def own_queue(settings, tmp_path: Path) -> None:
    """An empty queue to look at: that of the other tests holds whatever they rang for."""
    queue = tmp_path / "queue"
    (queue / "processed").mkdir(parents=True)
    folders = {"data_folder_in": str(queue), "data_folder_out": str(queue), "control_folder": str(queue)}
    settings.BROKER_URL = "filesystem://"
    settings.BROKER_OPTIONS = {**folders, "processed_folder": str(queue / "processed"), "store_processed": True}


@pytest.fixture(autouse=True, scope="session")
def own_static_root(tmp_path_factory) -> None:
    """WhiteNoise warns where nothing was collected yet; for the whole session, as the live server lives so long."""
    django_settings.STATIC_ROOT = str(tmp_path_factory.mktemp("static"))


@pytest.fixture(autouse=True, scope="session")
def dropped_all_the_same() -> Iterator[None]:
    """A thread of a live server or of a loop leaves its connection to the collector; PostgreSQL then drops nothing."""
    if connections["default"].vendor != "postgresql":
        yield
        return
    from django.db.backends.postgresql.creation import DatabaseCreation

    def drop(creation: DatabaseCreation, name: str, verbosity: int) -> None:
        with creation._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {creation.connection.ops.quote_name(name)} WITH (FORCE)")

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseCreation, "_destroy_test_db", drop)
    yield


@pytest.fixture(autouse=True, scope="session")
def guard_lifted_for_the_flush() -> Iterator[None]:
    """Transactional tests empty all tables at their end; only then is the audit's guard lifted."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        """A live server may still answer what a page asked for as it was closed: SQLite's tables are locked then."""
        end = time.monotonic() + 30
        while True:
            try:
                return empty(case)
            except (OperationalError, CommandError) as error:
                if "locked" not in f"{error} {error.__cause__}" or time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def empty(case: TransactionTestCase) -> None:
        names = case._databases_names(include_mirrors=False)
        for name in names:
            guard.run(connections[name], guard.LIFT)
        flush(case)
        for name in names:
            guard.run(connections[name], guard.SET)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
    yield
    patch.undo()
