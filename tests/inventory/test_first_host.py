"""The first real host: added, asked for its key, compared, trusted; against a real SSH server."""

import os
import shutil
import socket
import subprocess
import time

import pytest
from django.urls import reverse

from audit.models import Entry
from inventory.credentials import credential_secrets
from inventory.models import Credential, Host
from inventory.services import host_key_offer
from inventory.states import HostTrust
from tests.inventory.conftest import a_key
from tests.inventory.test_credentials import private_text

NEW = {"name": "app02", "address": "127.0.0.1", "port": "22", "user": "regroup", "sudo": "on", "sign_in": "generate"}


@pytest.fixture
def sshd(tmp_path):
    """A real sshd on a free port with a host key of its own; gives (port, fingerprint)."""
    key = tmp_path / "host_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.makedirs("/run/sshd", exist_ok=True)
    words = [shutil.which("sshd", path="/usr/sbin"), "-D", "-f", "/dev/null", "-h", str(key), "-p", str(port)]
    process = subprocess.Popen([*words, "-o", "ListenAddress=127.0.0.1", "-o", f"PidFile={tmp_path}/pid"])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    shown = subprocess.run(["ssh-keygen", "-lf", f"{key}.pub"], check=True, capture_output=True, text=True).stdout
    yield port, shown
    process.terminate()
    process.wait()


def test_from_the_form_to_a_trusted_key(client, as_user, ada, sshd):
    port, console = sshd
    as_user(client, ada)
    page = client.post(reverse("host_new"), {**NEW, "port": str(port)}, follow=True)
    host = Host.objects.get()
    assert host.credential.public_key.encode() in page.content and b"Ask for its host key" in page.content
    page = client.post(reverse("host_key_scan", args=["app02"]), follow=True)
    assert console.split()[1].encode() in page.content and host.trust is HostTrust.PENDING
    client.post(reverse("host_key_trust", args=["app02", host.keys.get().pk]), {"fingerprint": console})
    assert host.trust is HostTrust.TRUSTED
    acts = set(Entry.objects.values_list("action", flat=True))
    assert {"host.create", "credential.create", "host_key.offer", "host_key.trust"} <= acts


def test_another_key_at_the_same_place_is_said_aloud(client, as_user, olu, operator, sshd):
    host = Host.objects.create(name="app02", address="127.0.0.1", port=sshd[0])
    old = host_key_offer(host, a_key())
    as_user(client, olu).post(reverse("host_key_trust", args=["app02", old.pk]), {"fingerprint": old.fingerprint})
    page = client.post(reverse("host_key_scan", args=["app02"]), follow=True)
    assert b"another key than the trusted one" in page.content and host.trust is HostTrust.CHANGED


def test_a_host_that_does_not_answer_gives_a_sentence(client, as_user, olu):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        Host.objects.create(name="gone", address="127.0.0.1", port=free.getsockname()[1])
        page = as_user(client, olu).post(reverse("host_key_scan", args=["gone"]), follow=True)
    assert [message.level_tag for message in page.context["messages"]] == ["error"]


def test_behind_a_jump_host_the_key_is_given_by_hand(client, as_user, olu, app02):
    Host.objects.create(name="inner", address="10.0.0.7", jump=app02)
    page = as_user(client, olu).post(reverse("host_key_scan", args=["inner"]), follow=True)
    assert b"Paste the line of its public key file" in page.content
    key = a_key()
    client.post(reverse("host_key_add", args=["inner"]), {"line": f"{key.line()} root@inner"})
    assert Host.objects.get(name="inner").keys.get().fingerprint == key.fingerprint()


@pytest.mark.parametrize("line", ["", "nonsense", "ssh-ed25519 AAAA"])
def test_a_broken_key_line_is_said_at_its_field(client, as_user, olu, app02, line):
    page = as_user(client, olu).post(reverse("host_key_add", args=["app02"]), {"line": line})
    assert page.status_code == 422 and page.context["key_form"].errors["line"]


def test_a_wrong_fingerprint_is_said_at_its_field(client, as_user, olu, app02):
    key = host_key_offer(app02, a_key())
    page = as_user(client, olu).post(reverse("host_key_trust", args=["app02", key.pk]), {"fingerprint": "SHA256:x"})
    assert page.status_code == 422 and b"Nothing was trusted" in page.content


def test_a_key_of_another_host_is_not_found(client, as_user, olu, app02):
    other = Host.objects.create(name="db01", address="192.0.2.8")
    key = host_key_offer(other, a_key())
    url = reverse("host_key_trust", args=["app02", key.pk])
    assert as_user(client, olu).post(url, {"fingerprint": key.fingerprint}).status_code == 404


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ({"sign_in": "paste"}, "private_key"),
        ({"sign_in": "paste", "private_key": "nonsense"}, "private_key"),
        ({"sign_in": "paste", "private_key": private_text("locked")}, "passphrase"),
        ({"sign_in": "password"}, "password"),
        ({"sign_in": "file", "key_file": "id"}, "key_file"),
        ({"sign_in": "existing"}, "credential"),
        ({"address": "no such place"}, "address"),
        ({"name": "new"}, "name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(client, as_user, ada, words, place):
    page = as_user(client, ada).post(reverse("host_new"), {**NEW, **words})
    assert page.status_code == 422 and page.context["form"].errors[place]
    assert not Host.objects.exists() and not Credential.objects.exists()
    assert not Entry.objects.filter(action__startswith="host").exists()


def test_a_pasted_key_never_comes_back_to_the_browser(client, as_user, ada):
    text = private_text()
    page = as_user(client, ada).post(reverse("host_new"), {**NEW, "sign_in": "paste", "private_key": text}, follow=True)
    assert text.splitlines()[1].encode() not in page.content
    assert credential_secrets(Credential.objects.get())[0].value.strip() == text.strip()


def test_another_credential_replaces_the_first(client, as_user, ada):
    as_user(client, ada).post(reverse("host_new"), NEW)
    client.post(reverse("host_credential", args=["app02"]), {"sign_in": "password", "password": "horse"})
    host = Host.objects.get()
    assert (host.credential.kind, host.credential.name) == ("password", "app02 2")


@pytest.mark.parametrize(
    ("field", "words", "sentence"),
    [
        ("name", {"name": "a b"}, "A name has letters"),
        ("name", {"name": "APP02"}, ""),
        ("address", {"address": "300.0.0.1"}, "neither an IP address"),
        ("address", {"address": "127.0.0.1"}, ""),
        ("port", {"port": "0"}, "greater than or equal to 1"),
        ("note", {"note": "x"}, ""),
    ],
)
def test_a_field_is_checked_as_it_is_typed(client, as_user, ada, field, words, sentence):
    headers = {"HX-Request": "true", "HX-Trigger-Name": field}
    page = as_user(client, ada).post(reverse("host_check"), {**NEW, **words}, headers=headers)
    said = page.content.decode().strip()
    assert page.status_code == 200 and (sentence in said if sentence else said == "")
