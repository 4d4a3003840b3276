"""At once, in the daily digest, or not at all: as each person chose."""

from datetime import timedelta

import pytest
from django.core import mail as sent
from django.utils import timezone

from audit.models import Entry
from changes.services import change_submit, change_withdraw
from notices.choices import choices_of, choices_save
from notices.kinds import How, Kind
from notices.mails import send_mails
from notices.models import Choice, Notice
from people.selectors import actor_of
from people.services import token_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def wants(cast):
    def wants(who: str, kind: Kind, how: How) -> None:
        choices_save(cast[who], {kind: how}, actor_of(cast[who]))

    return wants


def test_nothing_is_nothing(request_toy, told, wants, rosa):
    wants("amir", Kind.APPROVAL, How.NOTHING)
    change_submit(rosa, request_toy("a"))
    assert told() == [] and not Notice.objects.exists()


def test_a_digest_has_what_is_left_to_do_in_one_mail_a_day(request_toy, told, wants, rosa):
    wants("amir", Kind.APPROVAL, How.DAILY)
    first, gone = change_submit(rosa, request_toy("a")), change_submit(rosa, request_toy("b"))
    change_submit(rosa, request_toy("c"))
    from notices.spreading import spread_all

    spread_all()
    change_withdraw(rosa, gone)
    assert told() == ["amir"]
    (one,) = sent.outbox
    assert one.subject == "Regroup: 2 things of today"
    assert f"/changes/{first.pk}/" in one.body and f"/changes/{gone.pk}/" not in one.body
    change_submit(rosa, request_toy("d"))
    assert told() == []  # they had today's
    assert send_mails(timezone.now() + timedelta(days=1)) == 1


def test_before_its_hour_no_digest_goes_out(request_toy, told, wants, rosa, mail):
    wants("amir", Kind.APPROVAL, How.DAILY)
    mail.DIGEST_HOUR = 24  # later than any
    change_submit(rosa, request_toy("a"))
    assert told() == [] and Notice.objects.get().claimed_at is None


def test_a_digest_of_which_nothing_is_left_is_not_sent(request_toy, told, wants, rosa):
    wants("amir", Kind.APPROVAL, How.DAILY)
    change = change_submit(rosa, request_toy("a"))
    from notices.spreading import spread_all

    spread_all()
    change_withdraw(rosa, change)
    assert told() == []


def test_what_is_chosen_on_the_page_holds_and_is_audited(client, as_user, amir):
    page = as_user(client, amir).get("/account/notices/")
    values = page.context["form"].initial | {"approval": "nothing", "email": "amir@example.net"}
    assert client.post("/account/notices/", values).status_code == 302
    assert choices_of(amir)[Kind.APPROVAL] is How.NOTHING
    amir.refresh_from_db()
    assert amir.email == "amir@example.net"
    assert Entry.objects.get(action="notices.choose").detail == {"approval": ["now", "nothing"]}
    assert Entry.objects.filter(action="user.email").exists()


def test_a_word_that_is_no_choice_is_refused_and_changes_nothing(client, as_user, amir):
    answer = as_user(client, amir).post("/account/notices/", {"approval": "hourly"})
    assert answer.status_code == 422 and not Choice.objects.exists()


def test_an_address_kept_elsewhere_is_not_changed_here(client, as_user, amir):
    amir.source, amir.subject = "oidc", "x"
    amir.save()
    values = as_user(client, amir).get("/account/notices/").context["form"].initial
    client.post("/account/notices/", values | {"email": "mallory@example.net"})
    amir.refresh_from_db()
    assert amir.email == ""


def test_the_api_has_the_same_choices(client, amir):
    headers = {"Authorization": f"Bearer {token_issue(amir, 'x', by=actor_of(amir))[1]}"}
    assert client.get("/api/v1/notices", headers=headers).json()["bond"] == "daily"
    answer = client.put("/api/v1/notices", {"bond": "now"}, content_type="application/json", headers=headers)
    assert answer.json()["bond"] == "now" and choices_of(amir)[Kind.BOND] is How.NOW
    wrong = client.put("/api/v1/notices", {"bond": "hourly"}, content_type="application/json", headers=headers)
    assert wrong.status_code == 422
