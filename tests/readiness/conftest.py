"""Hosts that were judged: lab answers told to the recorder, without a connection."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Host
from readiness.judges.checks import findings
from readiness.models import Readiness
from readiness.services import LEASE, Heard, readiness_record
from tests.readiness.answers import app01, contents_of, facts_of, known, machine, text_of

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
