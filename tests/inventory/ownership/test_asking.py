"""Owners are asked by mail once a period, and never twice."""

import re
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as sent
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from inventory import asking
from inventory.models import Asking, Host, Owner, Vm


class Killed(BaseException):
    """What a worker that is killed leaves behind: nothing after this line."""


def test_one_mail_an_owner_names_each_machine_with_a_link(mail, finance, vm42):
    Host.objects.create(name="db07", address="192.0.2.9", owner=finance, service="archive")
    assert asking.ask_owners() == 1
    (one,) = sent.outbox
    assert one.to == ["finance@example.net"]
    assert "vm42 (ledger), criticality critical" in one.body and "db07 (archive)" in one.body
    assert len(re.findall(r"http://\S+/confirm/\S+/", one.body)) == 2
    assert Asking.objects.filter(sent_at__isnull=False).count() == 2


def test_nobody_is_asked_twice_in_a_period_and_all_are_after_it(mail, vm42):
    assert [asking.ask_owners(), asking.ask_owners()] == [1, 0]
    assert asking.ask_owners(timezone.now() + timedelta(days=181)) == 1


def test_a_worker_that_is_killed_before_the_mail_leaves_no_second_one(mail, vm42, monkeypatch):
    monkeypatch.setattr(sent.EmailMessage, "send", lambda *_: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        asking.ask_owners()
    monkeypatch.undo()
    assert asking.ask_owners() == 0
    assert Asking.objects.get().sent_at is None


def test_a_worker_that_is_killed_after_the_mail_sends_no_second_one(mail, vm42, monkeypatch):
    send = EmailBackend.send_messages
    monkeypatch.setattr(EmailBackend, "send_messages", lambda *a: [send(*a), (_ for _ in ()).throw(Killed())])
    with pytest.raises(Killed):
        asking.ask_owners()
    monkeypatch.undo()
    assert asking.ask_owners() == 0
    assert len(sent.outbox) == 1


def test_a_mail_server_that_is_away_costs_nobody_their_mail(mail, vm42, monkeypatch):
    monkeypatch.setattr(EmailBackend, "open", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError("away")))
    assert asking.ask_owners() == 0
    monkeypatch.undo()
    assert not Asking.objects.exists()
    assert asking.ask_owners() == 1


def test_a_refused_address_is_told_on_the_page_and_the_others_are_asked(mail, vm42, monkeypatch, client, as_user, vera):
    other = Owner.objects.create(name="Web", email="web@example.net")
    Vm.objects.create(name="vm50", owner=other)
    send = EmailBackend.send_messages

    def refuse(self, messages):
        if messages[0].to == ["finance@example.net"]:
            raise SMTPRecipientsRefused({"finance@example.net": (550, b"no such mailbox")})
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert asking.ask_owners() == 1
    assert b"no such mailbox" in as_user(client, vera).get("/vms/vm42/").content


def test_a_server_that_breaks_off_ends_the_round(mail, vm42, monkeypatch):
    monkeypatch.setattr(EmailBackend, "send_messages", lambda *_: (_ for _ in ()).throw(SMTPServerDisconnected("gone")))
    assert asking.ask_owners() == 0
    assert Asking.objects.get().error == "gone"


def test_without_a_mail_server_nobody_is_asked_and_the_page_says_so(vm42, client, as_user, vera):
    assert asking.ask_owners() == 0
    assert b"REGROUP_EMAIL_URL" in as_user(client, vera).get("/unowned/").content


@pytest.mark.parametrize("email", ["", "finance@example.net"])
def test_owners_without_an_address_and_machines_without_an_owner_are_left_out(mail, finance, vm42, email):
    Owner.objects.filter(pk=finance.pk).update(email=email)
    Vm.objects.create(name="nobodys")
    assert asking.ask_owners() == (1 if email else 0)
    assert not Vm.objects.get(name="nobodys").asked_at


def test_more_machines_than_one_mail_takes_come_in_the_next_round(mail, finance, monkeypatch):
    monkeypatch.setattr(asking, "MOST_IN_MAIL", 2)
    for n in range(3):
        Vm.objects.create(name=f"vm{n}", owner=finance)
    assert [asking.ask_owners() for _ in range(3)] == [1, 1, 0]
    assert Asking.objects.count() == 3


def test_the_next_owner_is_asked_without_waiting_for_the_period(mail, vm42, client, as_user, ada):
    asking.ask_owners()
    other = Owner.objects.create(name="Web", email="web@example.net")
    words = {"name": "vm42", "owner": other.pk, "criticality": "critical"}
    assert as_user(client, ada).post("/vms/vm42/edit/", words).status_code == 302
    assert asking.ask_owners() == 1
    assert sent.outbox[-1].to == ["web@example.net"]
