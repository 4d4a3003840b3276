"""The mail goes over SMTP, to a server on a socket of this machine: nothing of Django's is replaced."""

from collections.abc import Iterator
from email.message import Message

import pytest
from django.conf import settings as django_settings

from inventory import asking
from inventory.models import Asking
from tests.mailbox import mailbox


@pytest.fixture
def box(mail) -> Iterator[list[Message]]:
    with mailbox() as server:
        mail.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        mail.EMAIL_HOST, mail.EMAIL_PORT = "127.0.0.1", server.port
        yield server.mails


def test_an_owner_is_asked(box, vm42):
    assert [asking.ask_owners(), asking.ask_owners()] == [1, 0]
    (one,) = box
    assert (one["To"], one["From"]) == ("finance@example.net", django_settings.DEFAULT_FROM_EMAIL)
    assert one["Subject"] == "Still yours? vm42"
    assert "/confirm/" in one.get_payload(decode=True).decode()


def test_an_address_that_the_server_refuses_is_noted(box, vm42, finance):
    finance.email = "nobody@example.net"
    finance.save()
    assert asking.ask_owners() == 0
    assert box == [] and "no such mailbox" in Asking.objects.get().error


def test_a_server_that_is_not_there_costs_nobody_their_mail(mail, vm42):
    mail.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    mail.EMAIL_HOST, mail.EMAIL_PORT = "127.0.0.1", 9
    assert asking.ask_owners() == 0
    assert not Asking.objects.exists()
