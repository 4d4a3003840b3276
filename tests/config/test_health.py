"""What /healthz and /livez say, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from config import health
from execution.models import Pulse

pytestmark = pytest.mark.django_db


def seen(name: str, seconds_ago: float) -> None:
    Pulse.objects.create(name=name, at=timezone.now() - timedelta(seconds=seconds_ago))


def all_seen() -> None:
    for name in health.WORKERS:
        seen(name, 1)


def test_it_is_well_when_all_workers_were_just_seen(client: Client) -> None:
    all_seen()
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("silent", health.WORKERS)
def test_it_is_unwell_when_a_worker_was_not_seen_for_long(client: Client, silent: str) -> None:
    for name in health.WORKERS:
        seen(name, health.patience() + 5 if name == silent else 1)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unwell"


def test_a_worker_that_was_never_seen_is_not_well(client: Client) -> None:
    assert client.get("/healthz").json()["workers"] == dict.fromkeys(health.WORKERS)


def test_it_takes_questions_only(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


def test_our_own_probe_passes_host_checking_and_the_redirect_to_https(settings, client: Client) -> None:
    all_seen()
    settings.ALLOWED_HOSTS = [".regroup.example.org"]
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client.get("/healthz", headers=health.probe_headers()).status_code == 200


def told(client: Client) -> dict[str, object]:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    return answer.json()


def test_it_says_nothing_where_nothing_is_wrong(client: Client) -> None:
    all_seen()
    assert client.get("/healthz").json() | {"workers": {}} == {
        "status": "ok",
        "sentences": [],
        "database": "ok",
        "migrations": "ok",
        "queue": "ok",
        "workers": {},
        "audit_lag": 0.0,
    }


def test_a_worker_that_is_gone_has_a_sentence(client: Client) -> None:
    seen("runs", 1)
    seen("fleet", 1)
    seen("sweeps", 240)
    (sentence,) = told(client)["sentences"]
    assert sentence.startswith("The worker sweeps was last seen 4 m 0")


def test_migrations_that_are_missing_are_counted(client: Client) -> None:
    all_seen()
    recorder = MigrationRecorder(connection)
    recorder.migration_qs.filter(app="execution", name="0002_claims").delete()
    found = told(client)
    assert found["migrations"] == "1 missing" and found["sentences"] == ["1 migration is not applied: migrate."]


def test_a_database_of_a_newer_regroup_is_not_ready(client: Client) -> None:
    all_seen()
    MigrationRecorder(connection).record_applied("execution", "9999_from_the_future")
    found = told(client)
    assert found["migrations"] == "newer" and "newer Regroup" in found["sentences"][0]


def test_a_queue_that_is_away_makes_it_slower_and_not_dead(client: Client, settings) -> None:
    all_seen()
    settings.BROKER_URL, settings.BROKER_OPTIONS = "redis://:a-password@127.0.0.1:1/0", {}
    answer = client.get("/healthz")
    found = answer.json()
    assert answer.status_code == 200 and found["status"] == "degraded"
    assert found["queue"] == "unreachable" and "queue does not answer" in found["sentences"][0]
    assert "password" not in str(found) and "127.0.0.1" not in str(found)


def test_a_queue_that_is_away_with_nobody_who_looks_is_unwell(client: Client, settings) -> None:
    settings.BROKER_URL, settings.BROKER_OPTIONS = "redis://127.0.0.1:1/0", {}
    assert told(client)["status"] == "unwell"


def test_a_database_that_is_away_is_one_sentence(client: Client, monkeypatch) -> None:
    def away() -> None:
        raise OperationalError("connection to 192.0.2.9 failed")

    monkeypatch.setattr(health, "database_now", away)
    found = told(client)
    assert found["database"] == "unreachable" and len(found["sentences"]) == 1
    assert "192.0.2.9" not in str(found)


def test_a_process_is_alive_without_asking_the_database(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/livez").json() == {"status": "alive"}
