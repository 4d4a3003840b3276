"""A webhook is told at least once, signed, under an id that stays; over real sockets."""

import base64
import hmac
import ipaddress
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from changes.services import change_submit
from inventory.credentials import credentials_rotate
from notices.delivering import AGAIN, send_due
from notices.models import Delivery, Webhook
from notices.round import tell
from notices.signing import signature
from notices.spreading import forget
from notices.webhook_forms import WebhookForm
from notices.webhooks import secrets_of, webhook_rotate, webhook_save, webhook_switch
from people.selectors import actor_of
from people.services import token_issue
from people.vault import new_key_line
from tests.receiver import receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(settings):
    settings.WEBHOOK_NETS = (ipaddress.ip_network("127.0.0.1/32"),)
    settings.OWN_URL = "https://regroup.example.org"
    with receiver() as server:
        yield server


@pytest.fixture
def hook(there, ada):
    return webhook_save(WebhookForm({"name": "chat", "url": there.url, "kinds": ["approval"]}), actor_of(ada))


def later() -> None:
    """As if the time until the next attempt were over."""
    Delivery.objects.filter(state=Delivery.WAITING).update(next_at=timezone.now() - timedelta(seconds=1))


def test_the_signature_is_that_of_standard_webhooks():
    """The example of its own libraries."""
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    signed = signature(secret, message, 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_happened_arrives_and_can_be_verified(there, hook, request_toy, rosa):
    change = change_submit(rosa, request_toy("a"))
    tell()
    ((path, headers, body),) = there.got
    assert path == "/hook" and headers["content-type"] == "application/json"
    told = json.loads(body)
    assert (told["type"], told["data"]["change"]) == ("approval", change.pk)
    assert told["data"]["url"] == f"https://regroup.example.org/changes/{change.pk}/"
    key = base64.b64decode(hook[1].removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert Delivery.objects.get().state == Delivery.ARRIVED


def test_a_kind_that_is_not_wanted_and_a_webhook_that_is_off_are_left_out(there, hook, request_toy, rosa, ada):
    Webhook.objects.update(kinds=["key"])
    change_submit(rosa, request_toy("a"))
    tell()
    Webhook.objects.update(kinds=["approval"])
    webhook_switch(hook[0], False, actor_of(ada))
    change_submit(rosa, request_toy("b"))
    tell()
    assert there.got == [] and not Delivery.objects.exists()


def test_what_fails_comes_again_later_under_the_same_id(there, hook, request_toy, rosa):
    there.answers = [500, 503]
    change_submit(rosa, request_toy("a"))
    tell()
    assert send_due() == 0 and len(there.got) == 1  # not before its time
    later()
    send_due()
    later()
    assert send_due() == 1
    assert len({headers["webhook-id"] for _, headers, _ in there.got}) == 1 and len(there.got) == 3
    assert len({body for _, _, body in there.got}) == 1


def test_after_the_last_attempt_it_is_given_up_and_told(there, hook, request_toy, rosa, client, as_user, ada):
    there.answers = [500] * 20
    change_submit(rosa, request_toy("a"))
    tell()
    for _ in AGAIN:
        later()
        send_due()
    one = Delivery.objects.get()
    assert (one.state, one.attempts, len(there.got)) == (Delivery.FAILED, len(AGAIN) + 1, len(AGAIN) + 1)
    page = as_user(client, ada).get(f"/webhooks/{hook[0].pk}/").content.decode()
    assert "given up: It answered 500." in page
    there.answers = []
    client.post(f"/webhooks/{hook[0].pk}/again/{one.pk}")
    assert send_due() == 1 and there.got[-1][1]["webhook-id"] == one.message


def test_a_receiver_that_is_gone_for_good_is_not_asked_again(there, hook, request_toy, rosa):
    there.answers = [410]
    change_submit(rosa, request_toy("a"))
    tell()
    assert Delivery.objects.get().state == Delivery.FAILED


def test_nobody_there_is_tried_again(there, hook, request_toy, rosa):
    Webhook.objects.update(url="http://127.0.0.1:9/")
    change_submit(rosa, request_toy("a"))
    tell()
    one = Delivery.objects.get()
    assert one.state == Delivery.WAITING and "could not be reached" in one.sentence and one.next_at > timezone.now()


def test_a_worker_that_is_killed_after_sending_sends_it_once_more_under_its_id(
    there, hook, request_toy, rosa, monkeypatch
):
    class Killed(BaseException):
        pass

    from notices import delivering

    send = delivering.post

    def die(*words, **more):
        send(*words, **more)
        raise Killed

    change_submit(rosa, request_toy("a"))
    with monkeypatch.context() as dying:
        dying.setattr(delivering, "post", die)
        with pytest.raises(Killed):
            tell()
    assert send_due() == 0  # leased for a minute
    later()
    assert send_due() == 1
    assert len({headers["webhook-id"] for _, headers, _ in there.got}) == 1 and len(there.got) == 2


def test_a_test_arrives_and_says_that_it_is_one(there, hook, client, as_user, ada):
    as_user(client, ada).post(f"/webhooks/{hook[0].pk}/test")
    assert send_due() == 1
    assert json.loads(there.got[0][2])["type"] == "test"


def test_the_secret_is_shown_once_and_kept_sealed(there, client, as_user, ada):
    words = {"name": "chat", "url": there.url, "kinds": ["approval"]}
    answer = as_user(client, ada).post("/webhooks/new", words)
    secret = answer.context["secret"]
    row = Webhook.objects.get()
    assert secret.encode() in answer.content and "no-store" in answer["Cache-Control"]
    assert secret not in client.get(f"/webhooks/{row.pk}/").content.decode()
    assert secrets_of(row) == [secret] and secret.encode() not in bytes(row.ciphertext)
    assert secret not in str([entry.detail for entry in Entry.objects.all()])


def test_after_a_rotation_both_secrets_sign_for_a_day(there, hook, ada, request_toy, rosa):
    row, old = hook
    new = webhook_rotate(row, actor_of(ada))
    change_submit(rosa, request_toy("a"))
    tell()
    _, headers, body = there.got[0]
    words = headers["webhook-id"], int(headers["webhook-timestamp"]), body
    assert headers["webhook-signature"].split() == [signature(new, *words), signature(old, *words)]
    Webhook.objects.update(before_until=timezone.now())
    assert secrets_of(Webhook.objects.get()) == [new]


def test_its_secrets_move_to_a_new_key_of_the_vault_with_the_others(hook, settings):
    from pathlib import Path

    path = Path(settings.CREDENTIAL_KEYS)
    path.write_text(new_key_line() + path.read_text())
    assert credentials_rotate() == 1
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert secrets_of(Webhook.objects.get()) == [hook[1]]


def test_each_act_is_audited_without_the_address_whose_path_may_be_a_secret(there, client, as_user, ada):
    words = {"name": "chat", "url": f"{there.url}/T0/SECRETPATH", "kinds": ["approval"]}
    as_user(client, ada).post("/webhooks/new", words)
    pk = Webhook.objects.get().pk
    client.post(f"/webhooks/{pk}/", words | {"kinds": ["run", "key"]})
    client.post(f"/webhooks/{pk}/switch", {"enabled": "off"})
    client.post(f"/webhooks/{pk}/rotate")
    client.post(f"/webhooks/{pk}/test")
    found = Entry.objects.filter(object_kind="webhook").order_by("pk")
    assert [entry.action.partition(".")[2] for entry in found] == ["create", "edit", "off", "rotate", "test"]
    assert "SECRETPATH" not in str([entry.detail for entry in found])


def test_the_api_tells_and_sends_again(there, hook, client, ada, request_toy, rosa):
    headers = {"Authorization": f"Bearer {token_issue(ada, 'x', by=actor_of(ada))[1]}"}
    change_submit(rosa, request_toy("a"))
    tell()
    assert [row["name"] for row in client.get("/api/v1/webhooks", headers=headers).json()["items"]] == ["chat"]
    address = f"/api/v1/webhooks/{hook[0].pk}/deliveries"
    (one,) = client.get(address, headers=headers).json()["items"]
    assert (one["state"], one["type"], one["answered"]) == ("arrived", "approval", 200)
    assert client.post(f"{address}/{one['id']}/again", headers=headers).json()["state"] == "waiting"
    assert send_due() == 1 and len(there.got) == 2
    body = {"name": "chat", "url": "https://10.0.0.1/", "kinds": ["run"]}
    edit = f"/api/v1/webhooks/{hook[0].pk}"
    assert client.put(edit, body, content_type="application/json", headers=headers).status_code == 422


def test_what_is_old_is_forgotten(there, hook, request_toy, rosa):
    change_submit(rosa, request_toy("a"))
    tell()
    forget(timezone.now() + timedelta(days=91))
    assert not Delivery.objects.exists() and Webhook.objects.exists()
