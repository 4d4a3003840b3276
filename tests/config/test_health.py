"""What /healthz says, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
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
