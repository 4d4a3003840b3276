"""Keys and fingerprints of an import are trusted in the name of whoever confirmed it, and never over another key."""

from audit.models import Entry
from inventory.models import ExpectedKey, Host, HostKey
from inventory.services import host_key_offer, host_key_trust
from people.models import User
from tests.inventory.conftest import a_key


def row(key, column="fingerprint"):
    value = key.fingerprint() if column == "fingerprint" else key.line()
    return f"name,address,{column}\napp09,192.0.2.9,{value}\n"


def trusted():
    return list(HostKey.objects.filter(state="trusted").values_list("fingerprint", "source", "confirmed_by__username"))


def test_a_public_key_is_trusted_at_once(confirm):
    key = a_key()
    confirm(row(key, "host_key"))
    assert trusted() == [(key.fingerprint(), "import", "ada")]
    assert Entry.objects.filter(action="host_key.trust").count() == 1


def test_a_fingerprint_trusts_the_key_that_waits(confirm):
    key = a_key()
    host_key_offer(Host.objects.create(name="app09", address="192.0.2.9"), key)
    confirm(row(key))
    assert trusted() == [(key.fingerprint(), "import", "ada")]


def test_a_fingerprint_trusts_the_key_that_is_seen_later_and_no_other(confirm):
    key, other = a_key(), a_key()
    confirm(row(key))
    host = Host.objects.get()
    assert host_key_offer(host, other).state == "pending"
    host.keys.all().delete()
    assert host_key_offer(host, key).state == "trusted"
    assert trusted() == [(key.fingerprint(), "import", "ada")]
    assert not ExpectedKey.objects.exists()


def test_a_fingerprint_of_somebody_who_may_trust_no_keys_any_more_does_not_count(confirm):
    key = a_key()
    confirm(row(key))
    User.objects.get(username="ada").groups.clear()
    assert host_key_offer(Host.objects.get(), key).state == "pending"


def test_a_trusted_key_is_never_replaced(confirm, refusals, operator):
    mine, given = a_key(), a_key("ecdsa")
    host = Host.objects.create(name="app09", address="192.0.2.9")
    host_key_trust(host_key_offer(host, mine), mine.fingerprint(), by=operator)
    for column in ("fingerprint", "host_key"):
        sentence = refusals(row(given, column))["line 2"]
        assert "has a trusted key already" in sentence and "revoke the old key" in sentence
        confirm(row(given, column))
    assert trusted() == [(mine.fingerprint(), "scan", "olu")]
    assert not ExpectedKey.objects.exists()


def test_the_trusted_key_again_is_nothing_to_do(confirm, preview):
    key = a_key()
    confirm(row(key, "host_key"))
    assert [item.act for item in preview(row(key)).items] == ["same"]


def test_a_key_expected_before_another_was_trusted_does_not_count(confirm, operator):
    expected, mine = a_key(), a_key("ecdsa")
    confirm(row(expected))
    host = Host.objects.get()
    host_key_trust(host_key_offer(host, mine), mine.fingerprint(), by=operator)
    assert host_key_offer(host, expected).state == "pending"


def test_a_key_and_a_fingerprint_that_differ_are_refused(refusals):
    text = f"name,address,host_key,fingerprint\napp09,192.0.2.9,{a_key().line()},{a_key().fingerprint()}\n"
    assert "and its host_key has SHA256:" in refusals(text)["line 2"]
