"""A security key signs for one challenge, one site, one person, and never with an older count."""

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError
from django.urls import reverse
from webauthn.helpers import bytes_to_base64url, encode_cbor

from audit.models import Entry
from people.factors import FactorRefused, factor_remove
from people.models import SecurityKey
from people.security_keys import GET, key_add, key_begin, key_check, key_options, key_remove, offered
from people.selectors import actor_of
from tests.people.factor import App

pytestmark = pytest.mark.django_db
SITE = "https://regroup.example"


class Key:
    """A security key in software: P-256, no attestation; it can be told to lie."""

    def __init__(self) -> None:
        self.private, self.id, self.count, self.origin = ec.generate_private_key(ec.SECP256R1()), b"k" * 32, 0, SITE

    def _data(self, host: str, made: bytes = b"") -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(host.encode())
        return digest.finalize() + bytes([0x41 if made else 0x01]) + self.count.to_bytes(4, "big") + made

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin}).encode()

    def create(self, options: str) -> str:
        asked, point = json.loads(options), self.private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        made = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + encode_cbor(public)
        attested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": self._data(asked["rp"]["id"], made)})
        client = self._client("create", asked["challenge"])
        return self._said({"attestationObject": attested, "clientDataJSON": client})

    def get(self, options: str) -> str:
        asked = json.loads(options)
        self.count += 1
        data, client = self._data(asked["rpId"]), self._client("get", asked["challenge"])
        digest = hashes.Hash(hashes.SHA256())
        digest.update(client)
        signature = self.private.sign(data + digest.finalize(), ec.ECDSA(hashes.SHA256()))
        return self._said({"authenticatorData": data, "clientDataJSON": client, "signature": signature})

    def _said(self, response: dict[str, bytes]) -> str:
        parts = {name: bytes_to_base64url(part) for name, part in response.items()}
        own = bytes_to_base64url(self.id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": parts})


@pytest.fixture
def asking(rf, settings):
    settings.OWN_URL = SITE
    request = rf.post("/")
    request.session = {}
    return request


@pytest.fixture
def key(asking, rosa) -> Key:
    App(rosa)
    key = Key()
    key_add(asking, rosa, "blue", key.create(key_begin(asking, rosa)), by=actor_of(rosa))
    return key


def test_a_touch_stands_in_for_a_code(asking, rosa, key):
    assert key_check(asking, rosa, key.get(key_options(asking, rosa))) == "security key"
    assert SecurityKey.objects.get().sign_count == 1


def test_an_answer_counts_once(asking, rosa, key):
    answer = key.get(key_options(asking, rosa))
    key_check(asking, rosa, answer)
    for challenge in ("", bytes_to_base64url(b"another challenge, of another page")):
        asking.session[GET] = challenge
        with pytest.raises(FactorRefused, match="does not hold"):
            key_check(asking, rosa, answer)


def test_a_copy_with_an_older_count_is_refused(asking, rosa, key):
    SecurityKey.objects.update(sign_count=9)
    with pytest.raises(FactorRefused):
        key_check(asking, rosa, key.get(key_options(asking, rosa)))


def test_another_sites_page_gets_nothing_that_counts_here(asking, rosa, key):
    key.origin = "https://regroup.example.evil.org"
    with pytest.raises(FactorRefused):
        key_check(asking, rosa, key.get(key_options(asking, rosa)))


def test_another_persons_key_is_nothing(asking, rosa, olu, key):
    App(olu)
    asking.session[GET] = json.loads(key_options(asking, rosa))["challenge"]
    with pytest.raises(FactorRefused):
        key_check(asking, olu, key.get(json.dumps({"rpId": "regroup.example", "challenge": asking.session[GET]})))


def test_another_keys_signature_is_refused(asking, rosa, key):
    key.private = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(FactorRefused):
        key_check(asking, rosa, key.get(key_options(asking, rosa)))


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "not json", '{"id":"x","rawId":"x","type":"public-key"}'])
def test_nonsense_is_refused(asking, rosa, key, answer):
    key_options(asking, rosa)
    with pytest.raises(FactorRefused):
        key_check(asking, rosa, answer)


def test_a_key_is_added_once_and_beside_an_app_only(asking, rosa, olu, key):
    again = Key()
    with pytest.raises(ValidationError, match="known already"):
        key_add(asking, rosa, "again", again.create(key_begin(asking, rosa)), by=actor_of(rosa))
    assert key_begin(asking, olu) == ""
    with pytest.raises(ValidationError, match="Nothing waits"):
        key_add(asking, olu, "none", "{}", by=actor_of(olu))


def test_keys_go_with_the_app_and_each_step_is_in_the_audit(asking, rosa, key):
    row = SecurityKey.objects.get()
    assert not key_remove(rosa, row.pk + 1, by=actor_of(rosa)) and key_remove(rosa, row.pk, by=actor_of(rosa))
    key_add(asking, rosa, "blue", key.create(key_begin(asking, rosa)), by=actor_of(rosa))
    factor_remove(rosa, by=actor_of(rosa))
    assert not SecurityKey.objects.exists()
    acts = Entry.objects.filter(action__startswith="factor.key").order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["factor.key_add", "factor.key_remove", "factor.key_add"]


@pytest.mark.parametrize("name", ["key_add", "key_remove"])
def test_adding_and_removing_want_a_fresh_factor(client, as_user, rosa, key, name):
    row = SecurityKey.objects.get()
    answer = as_user(client, rosa).post(reverse(name, args=[row.pk] if name == "key_remove" else []))
    assert answer.status_code == 403 and SecurityKey.objects.count() == 1


def test_a_key_of_somebody_else_is_not_there(client, as_user, olu, key):
    answer = as_user(client, olu).post(reverse("key_remove", args=[SecurityKey.objects.get().pk]))
    assert answer.status_code == 404 and SecurityKey.objects.exists()


@pytest.mark.parametrize(
    ("address", "would"),
    [
        (SITE, True),
        ("http://localhost:8420", True),
        ("http://127.0.0.1:8420", False),
        ("http://regroup.example", False),
    ],
)
def test_it_is_offered_where_browsers_would_do_it(settings, address, would):
    settings.OWN_URL = address
    assert offered() == would
