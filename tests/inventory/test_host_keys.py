"""A host key waits for a person, is pinned, and is let go; nothing leads back."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.models import Entry
from inventory.models import Host, HostKey
from inventory.services import KeyMoved, host_key_offer, host_key_revoke, host_key_trust
from inventory.states import HostTrust, KeyState
from tests.inventory.conftest import a_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending(app02) -> HostKey:
    return host_key_offer(app02, a_key())


@pytest.fixture
def trusted(pending, operator) -> HostKey:
    return host_key_trust(pending, pending.fingerprint, by=operator)


def test_a_key_shown_first_waits_for_a_person(app02, pending):
    assert pending.state == KeyState.PENDING and app02.trust is HostTrust.PENDING


def test_the_same_key_shown_again_is_the_same_row(app02):
    key = a_key()
    assert host_key_offer(app02, key) == host_key_offer(app02, key)
    assert Entry.objects.filter(action="host_key.offer").count() == 1


def test_a_person_trusts_it_by_its_fingerprint(app02, trusted, olu):
    assert app02.trust is HostTrust.TRUSTED and trusted.confirmed_by == olu and trusted.confirmed_at
    entry = Entry.objects.get(action="host_key.trust")
    assert entry.actor_name == "olu" and entry.detail["fingerprint"] == trusted.fingerprint


@pytest.mark.parametrize("form", ["{}", " {} ", "256 {} root@app02 (ED25519)"])
def test_a_whole_line_of_the_console_does_as_well(pending, operator, form):
    assert host_key_trust(pending, form.format(pending.fingerprint), by=operator).state == KeyState.TRUSTED


@pytest.mark.parametrize("given", ["", "SHA256:", "SHA256:" + "A" * 43, "yes"])
def test_another_fingerprint_trusts_nothing(app02, pending, operator, given):
    with pytest.raises(ValidationError, match="Nothing was trusted"):
        host_key_trust(pending, given, by=operator)
    assert app02.trust is HostTrust.PENDING


def test_another_key_beside_a_trusted_one_is_a_changed_key(app02, trusted):
    host_key_offer(app02, a_key())
    assert app02.trust is HostTrust.CHANGED


def test_a_second_trusted_key_of_a_type_needs_the_first_revoked(app02, trusted, operator):
    new = host_key_offer(app02, a_key())
    with pytest.raises(ValidationError, match="revoke the old key first"):
        host_key_trust(new, new.fingerprint, by=operator)
    host_key_revoke(trusted, by=operator, reason="rebuilt")
    assert host_key_trust(new, new.fingerprint, by=operator).state == KeyState.TRUSTED
    assert app02.trust is HostTrust.TRUSTED


def test_refusing_the_new_key_brings_the_host_back(app02, trusted, operator):
    host_key_revoke(host_key_offer(app02, a_key()), by=operator)
    assert app02.trust is HostTrust.TRUSTED


def test_a_revoked_key_is_never_trusted_again(trusted, operator):
    host_key_revoke(trusted, by=operator)
    with pytest.raises(KeyMoved, match="revoked cannot become trusted"):
        host_key_trust(trusted, trusted.fingerprint, by=operator)


def test_a_revoked_key_shown_again_waits_again(app02, operator):
    key = a_key()
    host_key_revoke(host_key_offer(app02, key), by=operator)
    assert host_key_offer(app02, key).state == KeyState.PENDING


def test_of_two_who_decide_one_is_told_to_look_again(pending, operator):
    stale = HostKey.objects.get(pk=pending.pk)
    host_key_trust(pending, pending.fingerprint, by=operator)
    with pytest.raises(KeyMoved, match="Look again"):
        host_key_revoke(stale, by=operator)
    assert HostKey.objects.get().state == KeyState.TRUSTED


def test_the_database_keeps_one_trusted_key_of_a_type(app02, trusted):
    key = a_key()
    with pytest.raises(IntegrityError), transaction.atomic():
        HostKey.objects.create(
            host=app02,
            algorithm=key.algorithm,
            key_base64=key.key_base64,
            fingerprint=key.fingerprint(),
            state="trusted",
        )


@pytest.mark.parametrize("trust", HostTrust)
def test_the_list_filter_and_the_host_agree(app02, operator, trust):
    first, second = a_key(), a_key()
    if trust in (HostTrust.TRUSTED, HostTrust.CHANGED):
        host_key_trust(host_key_offer(app02, first), first.fingerprint(), by=operator)
    if trust in (HostTrust.PENDING, HostTrust.CHANGED):
        host_key_offer(app02, second)
    assert [wanted for wanted in HostTrust if Host.objects.of_trust(wanted).exists()] == [trust]
    assert Host.objects.with_trust().get().trust is Host.objects.get().trust is trust
