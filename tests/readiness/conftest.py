"""Hosts that were judged, lab answers told to the recorder without a connection; and hosts to be rebooted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from changes.models import Change
from changes.services import Request, change_approve, change_create, change_submit
from execution import engine
from inventory.models import Host
from readiness.judges.checks import findings
from readiness.models import Readiness
from readiness.reboot.planner import KIND
from readiness.services import LEASE, Heard, readiness_record
from tests.readiness.answers import app01, contents_of, facts_of, known, machine, text_of
from tests.readiness.rebooting import Machine, Way

OWNER = "a sweep"


class Telling:
    """Tells what a host said: `well`, `sabotaged`, or the sentence of a failure; each an hour after the last."""

    def __init__(self) -> None:
        self.now = timezone.now() - timedelta(hours=12)
        sabotaged = facts_of(text_of("app01-sabotaged-look")), contents_of(text_of("app01-sabotaged-image"))
        self.told = {"well": known(app01()), "sabotaged": known(*sabotaged)}
        self.told["old"] = known(machine(app01(), uptime=200 * 86_400))

    def __call__(self, host: Host, what: str, begun: datetime | None = None) -> Readiness:
        self.now += timedelta(hours=1)
        until = (begun or self.now) + LEASE
        Readiness.objects.update_or_create(host=host, defaults={"lease_owner": OWNER, "lease_until": until})
        made = self.told.get(what)
        heard = Heard(host.pk, made.facts.machine, findings(made)) if made else Heard(host.pk, error=what)
        readiness_record([heard], OWNER, self.now)
        return Readiness.objects.get(host=host)


@pytest.fixture
def tell(db: Any) -> Telling:
    return Telling()


@pytest.fixture
def app(db: Any) -> Host:
    return Host.objects.create(name="app01", address="192.0.2.7", site="ber")


@pytest.fixture
def machines(settings, tmp_path, monkeypatch) -> dict[str, Machine]:
    """By their names; nobody waits for one that is away."""
    settings.HOST_ROOT = str(tmp_path / "host")
    made = {name: Machine(name) for name in ("app01", "app02", "app03", "app04")}
    for module in ("lines", "engine"):
        monkeypatch.setattr(f"execution.{module}.open_session", lambda host: Way(made[host.name]))
    monkeypatch.setattr("execution.hands.OUTAGE_PAUSES", ())
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    return made


@pytest.fixture
def reboot_planned(machines, rosa) -> Callable[..., Change]:
    """Rosa asks for a reboot, and it is planned or refused."""

    def plan(name: str = "app01", **more: object) -> Change:
        host, _ = Host.objects.get_or_create(name=name, defaults={"address": f"{name}.example"})
        made = change_create(rosa, Request(KIND, {"host": name} | more, host.pk, None, "Up for 200 days."))
        engine.plan(made.pk)
        return Change.objects.get(pk=made.pk)

    return plan


@pytest.fixture
def reboot_approved(reboot_planned, rosa, amir) -> Callable[..., Change]:
    def approve(**more: object) -> Change:
        change = reboot_planned(**more)
        change_submit(rosa, change)
        return change_approve(amir, Change.objects.get(pk=change.pk), change.digest, "read it")

    return approve
