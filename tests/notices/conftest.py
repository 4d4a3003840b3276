"""People with addresses, and a mail server that keeps what it is given (django.core.mail.outbox)."""

from __future__ import annotations

import pytest

from notices.round import tell
from people.models import User
from tests.execution.conftest import approved_toy, lost, queued_toy, request_toy, this_machine, toyhost, world

__all__ = ["approved_toy", "lost", "queued_toy", "request_toy", "this_machine", "toyhost", "world"]


@pytest.fixture
def mail(settings):
    settings.MAIL_READY = True
    settings.OWN_URL = "https://regroup.example.org"
    settings.DIGEST_HOUR = 0
    return settings


@pytest.fixture
def cast(rosa, amir, olu, vera, mallory, ada) -> dict[str, User]:
    """Everybody, each with an address."""
    people = {user.username: user for user in (rosa, amir, olu, vera, mallory, ada)}
    for user in people.values():
        user.email = f"{user.username}@example.net"
        user.save()
    return people


@pytest.fixture
def told(mail, cast):
    """One round of telling; gives who got a mail in it."""
    from django.core import mail as sent

    def told() -> list[str]:
        before = len(sent.outbox)
        tell()
        return sorted(one.to[0].partition("@")[0] for one in sent.outbox[before:])

    return told
