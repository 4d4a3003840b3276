"""Each chat gets a message in its own form, in which no name is markup or calls anybody; over real sockets."""

import ipaddress
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from changes.services import change_submit
from inventory.models import Host
from notices.delivering import send_due
from notices.hearing import bond_turned
from notices.models import Delivery, Webhook
from notices.posting import seconds
from notices.receivers import FORMS, Receiver, To, Told
from notices.round import tell
from notices.webhook_forms import SecretForm, WebhookForm
from notices.webhooks import secrets_of, webhook_save, webhook_secret, webhook_test
from people.selectors import actor_of
from people.services import token_issue
from tests.people.test_step_up import App
from tests.receiver import receiver

TOLD = Told(
    "bond",
    datetime(2026, 11, 26, tzinfo=UTC),
    "*bond0* of <!channel> & [a](https://e.vil) <b>@room</b> is down.",
    "Look which of its ports is to be mended.",
    "https://regroup.example.org/hosts/a/bonds/bond0/?a=1&b=2",
)
ROOM = "!OGEhHVWSdvArJzumhm:example.org"
TOKEN, PATH = "syt_YWRh_SECRETTOKEN", "services/T0/B0/SECRETPATH"
CHATS = [Receiver.SLACK, Receiver.TEAMS, Receiver.MATRIX]


@pytest.fixture
def there(settings):
    settings.WEBHOOK_NETS = (ipaddress.ip_network("127.0.0.1/32"),)
    settings.OWN_URL = "https://regroup.example.org"
    with receiver() as server:
        yield server


def words_for(kind: Receiver, there) -> dict[str, object]:
    base = f"http://127.0.0.1:{there.port}"
    where = {"url": base, "room": ROOM, "secret": TOKEN} if kind is Receiver.MATRIX else {"secret": f"{base}/{PATH}"}
    return {"name": kind.value, "kinds": ["approval", "bond"], **where}


@pytest.fixture
def chat(there, ada):
    def chat(kind: Receiver) -> Webhook:
        form = WebhookForm(words_for(kind, there), receiver=kind)
        assert form.is_valid(), form.errors
        return webhook_save(form, actor_of(ada))[0]

    return chat


def rendered(kind: Receiver):
    url = "https://chat.example.org/" if kind is Receiver.MATRIX else ""
    out = FORMS[kind].render(TOLD, To("msg_1", 1, url, ROOM, ["https://hooks.example.org/x"]))
    return out, json.loads(out.body)


def test_slack_gets_text_and_blocks_with_its_three_characters_escaped():
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""
    out, body = rendered(Receiver.SLACK)
    words = (
        "*bond0* of &lt;!channel&gt; &amp; [a](https://e.vil) &lt;b&gt;@room&lt;/b&gt; is down. "
        "Look which of its ports is to be mended."
    )
    link = "<https://regroup.example.org/hosts/a/bonds/bond0/?a=1&amp;b=2|Open it in Regroup>"
    assert (out.method, out.url, out.headers) == (
        "POST",
        "https://hooks.example.org/x",
        {"Content-Type": "application/json"},
    )
    assert body == {
        "text": words,
        "mrkdwn": False,
        "unfurl_links": False,
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": words, "emoji": False}},
            {"type": "section", "text": {"type": "mrkdwn", "text": link, "verbatim": True}},
        ],
    }


def test_teams_gets_an_adaptive_card_whose_names_stand_where_no_markdown_is_read():
    """https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using"""
    out, body = rendered(Receiver.TEAMS)
    card = body["attachments"][0].pop("content")
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None}
    assert body == {"type": "message", "attachments": [attachment]} and out.method == "POST"
    assert [card[key] for key in ("type", "version")] == ["AdaptiveCard", "1.2"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open it in Regroup", "url": TOLD.url}]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert [(run["type"], run["text"]) for run in runs] == [("TextRun", TOLD.what), ("TextRun", TOLD.todo)]
    assert "msteams" not in card  # without its entities nobody is mentioned


def test_matrix_gets_plain_text_and_escaped_html_under_the_deliverys_id():
    """https://spec.matrix.org/v1.10/client-server-api/#mroommessage"""
    out, body = rendered(Receiver.MATRIX)
    path = "_matrix/client/v3/rooms/%21OGEhHVWSdvArJzumhm%3Aexample.org/send/m.room.message/msg_1"
    assert (out.method, out.url) == ("PUT", f"https://chat.example.org/{path}")
    assert out.headers["Authorization"] == "Bearer https://hooks.example.org/x"
    link = "https://regroup.example.org/hosts/a/bonds/bond0/?a=1&amp;b=2"
    assert body == {
        "msgtype": "m.text",
        "body": f"{TOLD.what}\n{TOLD.todo}\n{TOLD.url}",
        "format": "org.matrix.custom.html",
        "formatted_body": (
            "<strong>*bond0* of &lt;!channel&gt; &amp; [a](https://e.vil) &lt;b&gt;@room&lt;/b&gt; is down.</strong>"
            f'<br>Look which of its ports is to be mended.<br><a href="{link}">{link}</a>'
        ),
        "m.mentions": {},
    }


@pytest.mark.parametrize("kind", Receiver)
def test_no_form_shows_a_secret_when_it_is_printed(kind):
    to = To("msg_1", 1, "https://chat.example.org", ROOM, ["whsec_U0VDUkVU"])
    assert "U0VDUkVU" not in f"{to!r}{FORMS[kind].render(TOLD, to)!r}"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", CHATS)
def test_what_happened_arrives_with_its_link(there, chat, kind, request_toy, rosa):
    chat(kind)
    change = change_submit(rosa, request_toy("a"))
    tell()
    ((path, headers, body),) = there.got
    assert f"https://regroup.example.org/changes/{change.pk}/" in body.decode() and "Rosa" in body.decode()
    assert "webhook-signature" not in headers and headers["content-type"] == "application/json"
    if kind is Receiver.MATRIX:
        assert there.methods == ["PUT"] and headers["authorization"] == f"Bearer {TOKEN}"
        assert path.endswith(Delivery.objects.get().message)
    else:
        assert there.methods == ["POST"] and path == f"/{PATH}"


@pytest.mark.django_db
def test_a_message_that_is_sent_again_to_matrix_has_the_same_transaction(there, chat, ada):
    there.answers = [500]
    webhook_test(chat(Receiver.MATRIX), actor_of(ada))
    send_due()
    Delivery.objects.update(next_at=timezone.now())
    assert send_due() == 1
    assert len({(path, body) for path, _, body in there.got}) == 1 and len(there.got) == 2


@pytest.mark.django_db
def test_a_bond_with_a_hostile_name_is_told_as_text(there, chat):
    chat(Receiver.SLACK)
    bond_turned(Host.objects.create(name="<!here>", address="192.0.2.9"), "b&d", "down", well=False).save()
    tell()
    assert json.loads(there.got[0][2])["text"].startswith("b&amp;d of &lt;!here&gt; is down.")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", CHATS)
def test_a_secret_is_in_no_page_list_answer_row_audit_or_log(there, client, as_user, ada, kind, caplog):
    there.answers = [403, 429]
    caplog.set_level("DEBUG")
    answer = as_user(client, ada).post(f"/webhooks/new?receiver={kind}", words_for(kind, there))
    row = Webhook.objects.get()
    assert answer.status_code == 302 and secrets_of(row)[0].rpartition("/")[2] in (TOKEN, "SECRETPATH")
    client.post(f"/webhooks/{row.pk}/test")
    send_due()
    headers = {"Authorization": f"Bearer {token_issue(ada, 'x', by=actor_of(ada))[1]}"}
    pages = [f"/webhooks/{row.pk}/", "/webhooks/", f"/webhooks/{row.pk}/rotate", "/api/v1/webhooks"]
    pages.append(f"/api/v1/webhooks/{row.pk}/deliveries")
    seen = [client.get(page, headers=headers).content.decode() for page in pages]
    seen += [str(list(Webhook.objects.values())), str(list(Delivery.objects.values())), caplog.text]
    seen += [str(list(Entry.objects.values()))]
    assert "It answered 403." in seen[0]
    assert [text for text in seen if "SECRET" in text] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        (Receiver.SLACK, {"secret": "https://10.0.0.1/x"}, "not an address of the public internet"),
        (Receiver.TEAMS, {"secret": "not an address"}, "A webhook’s address looks like"),
        (Receiver.MATRIX, {"room": "#ops:example.org"}, "A room’s id begins with"),
        (Receiver.MATRIX, {"url": "https://m.example.org/?x=1"}, "Enter the homeserver’s address alone"),
        (Receiver.MATRIX, {"secret": "two words"}, "A token is one word"),
        (Receiver.MATRIX, {"secret": ""}, "This field is required."),
    ],
)
def test_what_is_entered_wrong_is_said_and_never_shown_back(client, as_user, ada, there, kind, words, sentence):
    answer = as_user(client, ada).post(f"/webhooks/new?receiver={kind}", words_for(kind, there) | words)
    text = answer.content.decode().replace("&#x27;", "’").replace("'", "’")
    assert answer.status_code == 422 and sentence in text and not Webhook.objects.exists()
    assert "SECRET" not in text and "10.0.0.1/x" not in text


@pytest.mark.django_db
def test_a_kept_token_does_not_follow_to_another_address(there, chat, client, as_user, ada):
    """Whoever may edit where it goes would read it there."""
    row = chat(Receiver.MATRIX)
    words = {"name": "m", "room": ROOM, "kinds": ["run"], "url": "https://mallory.example.net"}
    as_user(client, ada).post(f"/webhooks/{row.pk}/", words)
    answer = client.post(f"/webhooks/{row.pk}/rotate", {"url": "https://mallory.example.net", "secret": ""})
    assert answer.status_code == 422
    headers = {"Authorization": f"Bearer {token_issue(ada, 'x', by=actor_of(ada))[1]}"}
    address = f"/api/v1/webhooks/{row.pk}"
    refused = client.put(address, words, content_type="application/json", headers=headers)
    assert refused.status_code == 422 and "entered together with it" in refused.content.decode()
    row.refresh_from_db()
    assert (row.name, row.url) == ("m", f"http://127.0.0.1:{there.port}")
    shown = client.get("/api/v1/webhooks", headers=headers).json()["items"][0]
    assert client.put(address, shown, content_type="application/json", headers=headers).json() == shown


@pytest.mark.django_db
def test_another_address_is_used_from_then_on_and_the_one_before_forgotten(there, chat, ada):
    row = chat(Receiver.SLACK)
    form = SecretForm({"secret": f"{there.url}/another"}, instance=row)
    assert form.is_valid(), form.errors
    webhook_test(webhook_secret(form, actor_of(ada)), actor_of(ada))
    send_due()
    assert [path for path, _, _ in there.got] == ["/hook/another"]
    assert secrets_of(Webhook.objects.get()) == [f"{there.url}/another"]


@pytest.mark.django_db
def test_a_secret_is_typed_after_the_code_and_carried_through_no_page(client, as_user, ada, chat):
    row, _ = chat(Receiver.SLACK), App(ada)
    as_user(client, ada)
    for page in ("/webhooks/new?receiver=slack", f"/webhooks/{row.pk}/rotate"):
        assert client.get(page).status_code == 403
        answer = client.post(page, {"name": "x", "secret": f"https://hooks.example.org/{PATH}"})
        assert answer.status_code == 403 and b"SECRET" not in answer.content
    assert client.get("/webhooks/new").status_code == 200


@pytest.mark.django_db
def test_a_chat_that_asks_to_be_left_alone_is_with_everything_that_waits_for_it(there, chat, client, as_user, ada):
    there.answers, there.retry_after = [429], "120"
    row, by = chat(Receiver.SLACK), actor_of(ada)
    for _ in range(3):
        webhook_test(row, by)
    assert send_due() == 0 and len(there.got) == 1
    webhook_test(row, by)
    Delivery.objects.update(next_at=timezone.now())
    assert send_due() == 0 and len(there.got) == 1
    wait = (Webhook.objects.get().quiet_until - timezone.now()).total_seconds()
    assert 110 < wait <= 120
    assert "It asked to be left alone" in as_user(client, ada).get(f"/webhooks/{row.pk}/").content.decode()
    Webhook.objects.update(quiet_until=timezone.now() - timedelta(seconds=1))
    assert send_due() == 4
    assert Delivery.objects.filter(state=Delivery.ARRIVED, attempts=2).count() == 1


@pytest.mark.django_db
def test_whoever_asks_for_years_is_left_alone_for_a_day_and_tried_again_after_it(there, chat, ada):
    there.answers, there.retry_after = [429], "999999999999"
    webhook_test(chat(Receiver.TEAMS), actor_of(ada))
    send_due()
    one, day = Delivery.objects.select_related("webhook").get(), timezone.now() + timedelta(days=1)
    assert one.next_at <= day and one.webhook.quiet_until <= day and one.state == Delivery.WAITING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", 30),
        ("Thu, 26 Nov 2026 12:01:00 GMT", 60),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 0),
        ("", 0),
        ("-5", 0),
        ("soon", 0),
        ("²", 0),
    ],
)
def test_how_long_a_receiver_asks_to_wait(text, expected):
    assert seconds(text, datetime(2026, 11, 26, 12, tzinfo=UTC)) == expected
