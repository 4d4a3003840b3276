"""Whoever is killed, and whatever the mail server does, nobody gets a mail twice."""

from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as sent
from django.core.mail.backends.locmem import EmailBackend

from changes.services import change_submit
from notices.models import Happening, Notice
from notices.round import tell
from tests.mailbox import mailbox

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What a worker that is killed leaves behind: nothing after this line."""


def killed(*_: object) -> None:
    raise Killed


@pytest.fixture
def asked(request_toy, rosa, cast, mail):
    return change_submit(rosa, request_toy("a"))


def test_a_worker_that_is_killed_while_it_looks_up_whom_to_tell_leaves_it_to_the_next(asked, told, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr("notices.spreading.chosen_by", killed)
        with pytest.raises(Killed):
            tell()
    assert told() == ["amir"]


def test_a_worker_that_is_killed_before_the_mail_leaves_no_second_one(asked, told, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr(sent.EmailMessage, "send", killed)
        with pytest.raises(Killed):
            tell()
    assert told() == [] and Notice.objects.get().sent_at is None


def test_a_worker_that_is_killed_after_the_mail_sends_no_second_one(asked, told, monkeypatch):
    send = EmailBackend.send_messages
    with monkeypatch.context() as dying:
        dying.setattr(EmailBackend, "send_messages", lambda *a: (send(*a), killed()))
        with pytest.raises(Killed):
            tell()
    assert told() == [] and len(sent.outbox) == 1


def test_a_mail_server_that_is_away_costs_nobody_their_mail(asked, told, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "open", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError("away")))
        assert told() == []
    assert told() == ["amir"]


def test_a_server_that_breaks_off_ends_the_round_and_that_mail(asked, told, monkeypatch):
    with monkeypatch.context() as gone:
        gone.setattr(EmailBackend, "send_messages", lambda *_: (_ for _ in ()).throw(SMTPServerDisconnected("gone")))
        assert told() == []
    assert told() == [] and Notice.objects.get().outcome == "gone"


def test_a_refused_address_is_noted_and_the_others_are_told(asked, told, monkeypatch, cast):
    send = EmailBackend.send_messages

    def refuse(self, messages):
        if messages[0].to == ["amir@example.net"]:
            raise SMTPRecipientsRefused({"amir@example.net": (550, b"no such mailbox")})
        return send(self, messages)

    from people.roles import Role
    from people.services import role_grant

    role_grant(cast["vera"], Role.APPROVER, by=None)
    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert told() == ["vera"]
    assert "no such mailbox" in Notice.objects.get(user=cast["amir"]).outcome


def test_without_a_mail_server_nobody_is_told_later_of_what_is_long_over(asked, told, mail):
    mail.MAIL_READY = False
    assert told() == []
    mail.MAIL_READY = True
    assert told() == [] and Happening.objects.get().spread_at


def test_over_smtp_a_title_cannot_add_a_header(asked, mail):
    """The mail goes to a server on a socket; nothing of Django's is replaced."""
    evil = "Recover\r\nBcc: mallory@example.net\r\n\r\n<script>\u2028\u202e" + "x" * 500
    type(asked).objects.filter(pk=asked.pk).update(title=evil[:200])
    Happening.objects.all().delete()
    from changes.services import move
    from changes.states import State

    type(asked).objects.filter(pk=asked.pk).update(status=State.RUNNING)
    move(type(asked).objects.get(pk=asked.pk), State.FAILED, None, "")
    with mailbox() as box:
        mail.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        mail.EMAIL_HOST, mail.EMAIL_PORT = "127.0.0.1", box.port
        tell()
        (one,) = box.mails
    assert one["To"] == "olu@example.net" and one["Bcc"] is None and one["Auto-Submitted"] == "auto-generated"
    assert "\n" not in str(one["Subject"]).replace("\n ", "")
    assert not one.is_multipart() and one.get_content_type() == "text/plain"
