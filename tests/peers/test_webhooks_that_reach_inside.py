"""Webhook and test buttons that reach inside: neither gets to an address inside, whatever it is called."""

import ipaddress
import socket

import pytest

from notices.addresses import AddressRefused, judge, place_of
from notices.delivering import send_due
from notices.models import Delivery, Webhook
from notices.posting import PostFailed, post
from notices.webhook_forms import WebhookForm
from notices.webhooks import webhook_save
from people.selectors import actor_of
from people.services import token_issue
from tests.receiver import receiver

HERE = (ipaddress.ip_network("127.0.0.1/32"),)
INSIDE = """
127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.100.100.200 224.0.0.1 255.255.255.255
192.0.0.192 198.18.0.1 240.0.0.1 ::1 :: fe80::1 fe80::1%eth0 fd00:ec2::254 fc00::1 fec0::1 ff02::1 ::ffff:127.0.0.1
::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2002:a00:1::1 ::7f00:1 2001:db8::1
"""


@pytest.mark.parametrize("text", INSIDE.split())
def test_an_address_inside_is_refused(text):
    with pytest.raises(AddressRefused, match="not an address of the public internet"):
        judge(text, (), tls=True)


@pytest.mark.parametrize("text", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_outside_is_taken_by_https_only(text):
    judge(text, (), tls=True)
    with pytest.raises(AddressRefused, match="https only"):
        judge(text, (), tls=False)


@pytest.mark.parametrize("text", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_what_the_setting_names_is_taken_and_nothing_beside_it(text):
    judge(text, HERE, tls=False)
    with pytest.raises(AddressRefused):
        judge("127.0.0.2", HERE, tls=False)


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://017700000001/", "https://127.1/"),
        *("https://localhost/", "https://[::1]/", "https://[::ffff:7f00:1]/", "http://127.0.0.1:6379/"),
    ],
)
def test_however_it_is_spelled(url):
    with pytest.raises(AddressRefused):
        place_of(url, ())


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "https:///x", "https://a@127.0.0.1/"),
        *(
            "https://example.org\\@127.0.0.1/",
            "https://exa mple.org/",
            "https://example.org:99999/",
            "//127.0.0.1/",
            "",
        ),
        *("https://example.org/\r\nX-Evil: 1", "https://example.org/\N{FULLWIDTH FULL STOP}"),
    ],
)
def test_what_is_no_address_of_a_webhook(url):
    with pytest.raises(AddressRefused, match="looks like"):
        place_of(url, ())


def resolve_to(monkeypatch, *answers: list[str]) -> list[str]:
    """Names resolve to each of these lists in turn; gives what was asked."""
    asked, turns = [], list(answers)

    def getaddrinfo(host, port, **_):
        asked.append(host)
        found = turns.pop(0) if len(turns) > 1 else turns[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_with_one_address_inside_among_others_is_refused(monkeypatch):
    resolve_to(monkeypatch, ["1.1.1.1", "10.0.0.5"])
    with pytest.raises(AddressRefused):
        place_of("https://hooks.example.org/", ())


def test_a_name_that_answers_otherwise_a_moment_later_changes_nothing(monkeypatch):
    """It is resolved once, and the connection goes to the address that was judged: here is somebody, there is not."""
    with receiver() as judged, receiver() as other:
        asked = resolve_to(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
        assert post(f"http://rebind.example.org:{judged.port}/x", b"{}", {}, HERE) == 200
        assert asked == ["rebind.example.org"]
        ((path, headers, _),) = judged.got
        assert (path, headers["host"]) == ("/x", f"rebind.example.org:{judged.port}")
        assert other.got == []


def test_a_redirect_is_not_followed():
    with receiver() as first, receiver() as second:
        first.answers, first.redirect = [302, 307], second.url
        for status in (302, 307):
            with pytest.raises(PostFailed, match=f"answered {status}; redirects are not followed"):
                post(first.url, b"{}", {}, HERE)
        assert second.got == []


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"x" * 70_000])
def test_an_answer_that_never_ends_is_cut(drip, monkeypatch):
    """Header after header for ever: each read is in time, and the whole of it is not."""
    monkeypatch.setattr("notices.posting.WHOLE_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        from threading import Thread

        def serve() -> None:
            line, _ = listening.accept()
            line.settimeout(1)  # once nobody reads any more, the kernel would keep trying for two minutes
            with line:
                try:
                    line.sendall(drip)
                    while True:
                        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" if b"100" in drip else b"X: y\r\n")
                except OSError:
                    return

        thread = Thread(target=serve)
        thread.start()
        with pytest.raises(PostFailed):
            post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {}, HERE)
        thread.join()


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/"])
def test_the_form_refuses_what_is_inside_as_it_is_written(client, as_user, ada, url):
    answer = as_user(client, ada).post("/webhooks/new", {"name": "x", "url": url, "kinds": ["run"]})
    assert answer.status_code == 422 and b"not an address of the public internet" in answer.content
    assert not Webhook.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["page", "api"])
def test_the_test_button_obeys_the_same(client, as_user, ada, door, settings):
    """The name resolves to this very machine: the request connects to nothing, and the worker refuses."""
    with receiver() as inside:
        form = WebhookForm({"name": "x", "url": f"https://localhost:{inside.port}/", "kinds": ["run"]})
        row, _ = webhook_save(form, actor_of(ada))
        if door == "page":
            assert as_user(client, ada).post(f"/webhooks/{row.pk}/test").status_code == 302
        else:
            headers = {"Authorization": f"Bearer {token_issue(ada, 'x', by=actor_of(ada))[1]}"}
            assert client.post(f"/api/v1/webhooks/{row.pk}/test", headers=headers).status_code == 202
        assert send_due() == 0
        assert inside.got == []
    assert "not an address of the public internet" in Delivery.objects.get().sentence
