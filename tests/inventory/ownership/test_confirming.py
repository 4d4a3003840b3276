"""An owner's word: by the link of a mail, for one machine and one answer, or by a button."""

import re

import pytest
from django.core import mail as sent
from django.test import Client

from audit.models import Entry
from inventory import asking, confirming
from inventory.models import Asking, Host, Membership, Owner, Vm


@pytest.fixture
def link(mail, vm42) -> str:
    """The path of the link that Finance platform got for vm42."""
    asking.ask_owners()
    return re.search(r"http://[^/]+(/confirm/\S+/)", sent.outbox[-1].body)[1]


def test_reading_the_page_changes_nothing_and_needs_no_account(client, link, vm42):
    for method in ("get", "head", "get"):
        assert getattr(client, method)(link).status_code == 200
    vm42.refresh_from_db()
    assert vm42.confirmed_at is None
    assert Asking.objects.get().answered_at is None


def test_pressing_the_button_confirms_and_is_audited_with_the_recipient(client, link, vm42):
    assert b"vm42 is Finance platform's, as of today" in client.post(link, {"answer": "mine"}).content
    vm42.refresh_from_db()
    assert vm42.confirmed_at and vm42.confirmed_by == "finance@example.net"
    entry = Entry.objects.get(action="vm.confirm")
    assert (entry.actor_id, entry.actor_name, entry.detail["to"]) == (
        None,
        "mail to finance@example.net",
        "finance@example.net",
    )


def test_the_button_is_guarded_against_other_sites(link, vm42):
    assert Client(enforce_csrf_checks=True).post(link, {"answer": "mine"}).status_code == 403
    vm42.refresh_from_db()
    assert vm42.confirmed_at is None


def test_not_mine_makes_it_unowned_with_the_reason(client, link, vm42):
    assert client.post(link, {"answer": "not_mine", "reason": "Moved to Web"}).status_code == 200
    vm42.refresh_from_db()
    assert (vm42.owner, vm42.disowned) == (None, "Moved to Web")
    assert Entry.objects.get(action="vm.disown").detail["reason"] == "Moved to Web"


@pytest.mark.parametrize("words", [{"answer": "not_mine"}, {"answer": "not_mine", "reason": " "}, {"answer": "x"}, {}])
def test_an_answer_that_is_none_changes_nothing_and_keeps_the_link_good(client, link, vm42, words):
    assert client.post(link, words).status_code == 422
    vm42.refresh_from_db()
    assert vm42.owner and vm42.confirmed_at is None
    assert client.post(link, {"answer": "mine"}).status_code == 200


def test_a_link_is_good_for_one_answer(client, link, vm42):
    client.post(link, {"answer": "mine"})
    again = client.post(link, {"answer": "not_mine", "reason": "changed my mind"})
    assert again.status_code == 410 and b"was used already" in again.content
    vm42.refresh_from_db()
    assert vm42.owner


def test_a_link_runs_out(client, link, monkeypatch):
    monkeypatch.setattr(confirming, "LINK_LASTS", -confirming.LINK_LASTS)
    answer = client.post(link, {"answer": "mine"})
    assert answer.status_code == 410 and b"The next mail" in answer.content


def test_a_link_of_a_machine_that_changed_hands_answers_for_nobody(client, link, vm42):
    Vm.objects.update(owner=Owner.objects.create(name="Web"))
    answer = client.post(link, {"answer": "mine"})
    assert answer.status_code == 410 and b"nothing to answer" in answer.content


@pytest.mark.parametrize("at", [5, -5])
def test_a_link_with_another_letter_is_no_link(client, link, at, vm42):
    letter = "a" if link[at] != "a" else "b"
    spoiled = link[: len(link) + at if at < 0 else at + 9] + letter + link[(len(link) + at if at < 0 else at + 9) + 1 :]
    assert client.post(spoiled, {"answer": "mine"}).status_code == 410
    vm42.refresh_from_db()
    assert vm42.confirmed_at is None


def test_an_owners_own_person_confirms_signed_in(client, as_user, rosa, finance, vm42):
    Membership.objects.create(owner=finance, user=rosa)
    assert b"Yes, still" in as_user(client, rosa).get("/vms/vm42/").content
    client.post("/vms/vm42/answer/", {"answer": "mine"})
    vm42.refresh_from_db()
    assert vm42.confirmed_by == "rosa"
    assert Entry.objects.get(action="vm.confirm").actor_id == rosa.pk


@pytest.mark.parametrize("who", ["rosa", "amir", "vera", "mallory"])
def test_others_say_nothing_about_it(client, as_user, vm42, who, request):
    as_user(client, request.getfixturevalue(who))
    assert client.post("/vms/vm42/answer/", {"answer": "mine"}).status_code == 403
    vm42.refresh_from_db()
    assert vm42.confirmed_at is None


def test_an_operator_takes_an_owner_off_a_host(client, as_user, olu, finance):
    row = Host.objects.create(name="db07", address="192.0.2.9", owner=finance)
    as_user(client, olu).post("/hosts/db07/answer/", {"answer": "not_mine", "reason": "nobody there knows it"})
    row.refresh_from_db()
    assert (row.owner, row.disowned) == (None, "nobody there knows it")


def test_a_host_that_is_a_vm_is_answered_for_on_the_vms_page(client, as_user, olu, app02):
    assert as_user(client, olu).post("/hosts/app02/answer/", {"answer": "mine"}).headers["Location"] == "/vms/vm42/"
    assert Vm.objects.get().confirmed_at is None
