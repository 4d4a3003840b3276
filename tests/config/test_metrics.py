"""/metrics: for whom it is, that Prometheus reads it, what it counts, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from math import inf
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from audit.services import record, seal
from changes.services import locks_release
from changes.states import StepState
from config.metrics import gauges, quantile
from execution.models import Claim, FactsWish, Pulse, Run, StepRun
from execution.services import run_of
from inventory.models import HostFacts
from networking.models import Bond, HostNetwork
from tests.config.conftest import PROJECT
from tests.pages.scene import Scene, a_host

pytestmark = pytest.mark.django_db
TOKEN = "a token of sixteen".replace(" ", "-")
Found = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def allowed(settings) -> dict[str, str]:
    settings.METRICS_TOKEN = TOKEN
    return {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def scene(rosa, amir, olu) -> Scene:
    return Scene(rosa, amir, olu)


def read(client: Client, allowed: dict[str, str]) -> Found:
    answer = client.get("/metrics", headers=allowed)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, tuple(s.labels.items())): s.value for family in families for s in family.samples}


def of(found: Found, name: str, **labels: str) -> float:
    return found[f"regroup_{name}", tuple(labels.items())]


def test_it_is_off_where_no_token_is_set(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN} "[:-2]]
)
def test_without_the_token_it_tells_nothing(client, allowed, given):
    answer = client.get("/metrics", headers={} if given is None else {"Authorization": given})
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
    assert b"regroup_" not in answer.content


def test_a_person_who_is_signed_in_needs_the_token_too(client, as_user, ada, allowed):
    assert as_user(client, ada).get("/metrics").status_code == 401


def test_it_takes_questions_only(client, allowed):
    assert client.post("/metrics", headers=allowed).status_code == 405


def test_prometheus_reads_it_and_each_is_a_gauge_with_a_sentence(client, allowed):
    answer = client.get("/metrics", headers=allowed)
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(answer.content.decode()))
    assert {family.name for family in families} == {f"regroup_{gauge.name}" for gauge in gauges()}
    assert all(family.type == "gauge" and family.documentation for family in families)


def test_each_is_documented():
    text = Path(PROJECT, "docs/operations.md").read_text()
    missing = [gauge.name for gauge in gauges() if f"`regroup_{gauge.name}" not in text]
    assert missing == []


def test_changes_leases_and_outages_are_counted(client, allowed, scene):
    now = timezone.now()
    for left in (20, -90):
        change = scene.running()
        Run.objects.filter(pk=run_of(change).pk).update(lease_owner="a", lease_until=now + timedelta(seconds=left))
        locks_release(change)
    locks_release(scene.failed(state=StepState.UNKNOWN))
    waiting = scene.waiting()
    StepRun.objects.filter(run=run_of(waiting), key="attach").update(intent_at=now)
    found = read(client, allowed)
    assert of(found, "changes", state="running") == 2
    assert of(found, "changes", state="unknown") == of(found, "changes", state="waiting") == 1
    assert of(found, "changes", state="draft") == 0
    assert (of(found, "leases_held"), of(found, "leases_expired"), of(found, "outages")) == (1, 1, 1)
    assert of(found, "unknown_oldest_seconds") > 0 and of(found, "locks_held") == 2


def test_steps_are_told_by_what_they_took_and_how_they_ended(client, allowed, scene):
    run = run_of(scene.running())
    StepRun.objects.filter(run=run).update(state="pending", started_at=None, ended_at=None)
    start = timezone.now() - timedelta(hours=1)
    for row, seconds in zip(StepRun.objects.filter(run=run)[:4], (1, 2, 3, 40), strict=True):
        StepRun.objects.filter(pk=row.pk).update(
            state="failed" if seconds == 40 else "ok", started_at=start, ended_at=start + timedelta(seconds=seconds)
        )
    found = read(client, allowed)
    assert [of(found, "recent_step_seconds", kind="recovery", quantile=q) for q in ("0.5", "0.95", "1")] == [2, 40, 40]
    assert of(found, "recent_steps", kind="recovery", state="ok") == 3
    assert of(found, "recent_steps", kind="recovery", state="failed") == 1


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([5.0], 0.5, 5.0), ([1.0, 2.0], 0.5, 1.0), ([3.0, 1.0, 2.0], 0.5, 2.0), ([1.0, 9.0], 1.0, 9.0)],
)
def test_a_quantile_is_one_of_the_values(values, share, expected):
    assert quantile(values, share) == expected


def test_a_worker_that_was_never_seen_is_infinitely_long_ago(client, allowed):
    Pulse.objects.create(name="sweeps", at=timezone.now() - timedelta(seconds=30))
    found = read(client, allowed)
    assert 30 <= of(found, "worker_seen_seconds", worker="sweeps") < 300
    assert of(found, "worker_seen_seconds", worker="runs") == inf


def test_claims_and_what_waits_for_a_worker_are_counted(client, allowed):
    now = timezone.now()
    Claim.objects.create(key="facts:1", until=now + timedelta(minutes=1))
    Claim.objects.create(key="facts:2", until=now - timedelta(minutes=1))
    FactsWish.objects.create(host=a_host(), asked_at=now - timedelta(minutes=3))
    found = read(client, allowed)
    assert (of(found, "claims"), of(found, "facts_waiting"), of(found, "plans_waiting")) == (1, 1, 0)
    assert of(found, "facts_waiting_oldest_seconds") >= 180 and of(found, "plans_waiting_oldest_seconds") == 0


def test_a_queue_that_is_away_is_told_and_the_rest_still_comes(client, allowed, settings):
    settings.BROKER_URL, settings.BROKER_OPTIONS = "redis://127.0.0.1:1/0", {}
    found = read(client, allowed)
    assert of(found, "queue_up") == 0 and of(found, "claims") == 0


def test_the_queue_tells_its_hints(client, allowed, own_queue):
    found = read(client, allowed)
    assert [of(found, "queue_hints", queue=name) for name in ("runs", "sweeps", "fleet")] == [0, 0, 0]
    assert of(found, "queue_up") == 1


def test_bonds_hosts_and_silence_are_counted(client, allowed):
    now = timezone.now()
    for name, ports in (("app01", ("bond0", "bond1")), ("app02", ("bond0",))):
        host = a_host(name, f"192.0.2.{name[-1]}")
        HostNetwork.objects.create(host=host, next_at=now - timedelta(minutes=5), error="No.", misses=2)
        HostFacts.objects.create(host=host, error="" if name == "app01" else "No answer.")
        for port in ports:
            Bond.objects.create(host=host, name=port, state="down", rank=0, sentence="", since=now, changed_at=now)
    found = read(client, allowed)
    assert (of(found, "bonds", state="down"), of(found, "bond_hosts", state="down")) == (3, 2)
    assert of(found, "bonds", state="ok") == 0
    assert (of(found, "fleet_hosts"), of(found, "fleet_hosts_silent"), of(found, "fleet_asks_failed")) == (2, 2, 4)
    assert of(found, "fleet_hosts_due") == 2 and of(found, "fleet_due_oldest_seconds") >= 300
    assert of(found, "facts_failed_hosts") == 1


def test_the_audit_tells_what_waits_for_its_seal(client, allowed):
    record("host.create", label="app01")
    assert of(read(client, allowed), "audit_unsealed") >= 1
    seal()
    found = read(client, allowed)
    assert of(found, "audit_unsealed") == of(found, "audit_unsealed_oldest_seconds") == 0


def test_it_costs_the_same_number_of_queries_however_much_there_is(scene):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            gauges()
        return len(asked)

    before = cost()
    for number in range(4):
        locks_release(scene.running())
        host = a_host(f"app{number + 10}", f"192.0.2.{number + 20}")
        HostNetwork.objects.create(host=host)
        FactsWish.objects.create(host=host, asked_at=timezone.now())
    assert cost() == before <= 20
