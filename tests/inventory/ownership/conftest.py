"""Machines whose owners are to be asked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import Owner, Vm


@pytest.fixture
def mail(settings):
    """A mail server that keeps what it is given (django.core.mail.outbox)."""
    settings.MAIL_READY = True
    return settings


@pytest.fixture
def waiting(db):
    """A VM of some criticality that nobody has spoken for in so many days."""

    def make(name: str, criticality: str, days: float, owner: Owner | None = None) -> Vm:
        since = timezone.now() - timedelta(days=days)
        return Vm.objects.create(name=name, criticality=criticality, waits_since=since, owner=owner)

    return make
