"""Of what happens to a change exactly those are told who can take the next step, and never who did it."""

from datetime import timedelta

import pytest
from django.core import mail as sent
from django.db import transaction
from django.utils import timezone

from changes.glasses import glass_ask, glass_decide, glass_use
from changes.models import Change, PickedSlot
from changes.policy import Action
from changes.services import Request as Wish
from changes.services import change_approve, change_edit, change_submit, move
from changes.states import State
from changes.timing import Lift
from execution import engine
from inventory.models import HostKey
from inventory.services import host_key_offer, host_key_revoke, host_key_trust
from notices.models import Happening, Notice
from notices.round import tell
from people.roles import Role
from people.selectors import actor_of
from tests.conftest import a_person
from tests.execution.windowed import a_freeze
from tests.inventory.conftest import a_key

pytestmark = pytest.mark.django_db


def again(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def test_an_approver_is_asked_and_the_link_leads_to_the_decision(request_toy, told, rosa, client, as_user, amir):
    change = change_submit(rosa, request_toy("a"))
    assert told() == ["amir"]
    (one,) = sent.outbox
    assert one.subject == f"Regroup: Rosa asks for approval: {change}."
    assert f"https://regroup.example.org/changes/{change.pk}/\n" in one.body
    path = one.body.partition("https://regroup.example.org")[2].split()[0]
    assert f'action="/changes/{change.pk}/approve"' in as_user(client, amir).get(path).content.decode()


def test_nobody_is_told_twice(request_toy, told, rosa):
    change_submit(rosa, request_toy("a"))
    assert [told(), told()] == [["amir"], []]


def test_who_may_approve_too_but_asked_for_it_is_not_told(request_toy, told, rosa):
    from people.services import role_grant

    role_grant(rosa, Role.APPROVER, by=None)
    change_submit(rosa, request_toy("a"))
    assert told() == ["amir"]


def test_what_was_decided_before_the_round_is_told_nobody(request_toy, told, rosa, amir):
    change = change_submit(rosa, request_toy("a"))
    change_approve(amir, again(change), change.digest, "read it")
    assert told() == [] and not Notice.objects.exists()


def test_what_was_submitted_before_an_edit_is_told_nobody(request_toy, told, rosa, toyhost, world):
    change = change_submit(rosa, request_toy("a"))
    params = {"host": "toyhost", "world": str(world), "steps": ["b"]}
    change_edit(rosa, again(change), Wish("toy", params, toyhost.pk, None, "why"))
    assert told() == []
    engine.plan(change.pk)
    change_submit(rosa, again(change))
    assert told() == ["amir"]


def test_what_is_taken_back_with_its_transaction_is_told_nobody(request_toy, told, rosa):
    change = request_toy("a")
    with pytest.raises(RuntimeError), transaction.atomic():
        change_submit(rosa, change)
        raise RuntimeError
    assert told() == [] and not Happening.objects.exists()


@pytest.mark.parametrize(("state", "words"), [(State.FAILED, "failed."), (State.UNKNOWN, "Nobody can tell how")])
def test_operators_are_told_of_a_run_that_went_wrong(request_toy, told, state, words):
    change = request_toy("a")
    Change.objects.filter(pk=change.pk).update(status=State.RUNNING)
    move(again(change), state, None, "a line of a log with hunter2 in it")
    assert told() == ["olu"]
    assert words in sent.outbox[0].body and "hunter2" not in str(sent.outbox[0].message())


def test_a_run_that_the_engine_lost_is_told(queued_toy, told, lost, cast):
    lost(queued_toy("a"))
    assert told() == ["olu"]


def test_a_person_without_an_address_or_switched_off_is_told_nothing(request_toy, told, rosa, amir):
    bea = a_person("bea", Role.APPROVER)
    amir.is_active = False
    amir.save()
    change_submit(rosa, request_toy("a"))
    assert told() == [] and not bea.email


def test_a_role_that_is_gone_before_the_mail_is_told_nothing(request_toy, told, rosa, amir, monkeypatch):
    change_submit(rosa, request_toy("a"))
    monkeypatch.setattr("notices.mails.send_mails", lambda now: 0)
    tell()
    amir.groups.clear()
    monkeypatch.undo()
    assert told() == [] and "Nothing was left" in Notice.objects.get().outcome


def test_the_keepers_of_keys_are_told_of_another_key(toyhost, told, olu):
    first = host_key_offer(toyhost, a_key())
    assert told() == []
    host_key_trust(first, first.fingerprint, by=actor_of(olu))
    other = a_key("ecdsa")
    host_key_offer(toyhost, other, source=HostKey.Source.CONNECTION)
    host_key_offer(toyhost, other, source=HostKey.Source.CONNECTION)
    assert told() == ["ada", "olu"]
    assert "Compare it on the host's console" in sent.outbox[0].body and other.key_base64 not in sent.outbox[0].body


def test_a_key_that_was_decided_about_meanwhile_is_told_nobody(toyhost, told, olu):
    first = host_key_offer(toyhost, a_key())
    host_key_trust(first, first.fingerprint, by=actor_of(olu))
    host_key_revoke(host_key_offer(toyhost, a_key("ecdsa")), by=actor_of(olu))
    assert told() == []


def test_operators_are_told_once_that_a_slot_is_near(approved_toy, told, rosa):
    change, now = approved_toy("a"), timezone.now()
    told()
    PickedSlot.objects.create(
        change=change, starts=now + timedelta(minutes=30), ends=now + timedelta(hours=2), picked_by=rosa, picked_at=now
    )
    assert [told(), told()] == [["olu"], []]
    assert "is near" in sent.outbox[-1].subject


def test_of_a_glass_who_may_grant_it_is_told_and_then_who_may_review_it(approved_toy, told, olu, amir):
    change, now = approved_toy("a"), timezone.now()
    told()
    glass = glass_ask(olu, again(change), [Lift.FREEZE], "the cluster is down, hunter2")
    assert told() == ["amir"] and "hunter2" not in sent.outbox[-1].body
    glass_decide(amir, glass, change.digest, "yes", grant=True)
    a_freeze(reason="quarter's end")
    glass_use(again(change), olu, Action.RUN, now, olu.pk)
    assert told() == ["ada"]
    assert "write the review" in sent.outbox[-1].body
    assert told() == []


def test_a_glass_that_was_decided_meanwhile_is_told_nobody(approved_toy, told, olu, amir):
    change = approved_toy("a")
    told()
    glass_decide(amir, glass_ask(olu, again(change), [Lift.FREEZE], "why"), change.digest, "no", grant=False)
    assert told() == []
