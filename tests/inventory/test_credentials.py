"""Credentials: checked when they are given, sealed in their row, opened for workers only."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as coding
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from django.core.exceptions import ValidationError
from django.db import connection

from audit.models import Entry
from inventory.credentials import credential_create, credential_generate, credential_secrets, credentials_rotate
from inventory.models import Credential
from people.vault import VaultError, new_key_line
from ssh.command import MASK

pytestmark = pytest.mark.django_db
BOTTOM = coding.PrivateFormat
UNLUCKY = """\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBCc3N7KvHXPE4m3egzF
BusgAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQHja+m9r1HQws0U0r
NC4p5gRAPhKFFFLl17n7NsMxAhLnGJShNTZELxK6arn/l7cPdGmZ/jCXUbQ4aVaR
qT4y4X1roBeb/Ppe96P+Q8YQCvMWvA==
-----END ENCRYPTED PRIVATE KEY-----
"""
"""Opens with “open sesame”. What “open barley” makes of it is junk that ends as it should: one key of 256 is so."""


def private_text(passphrase: str = "", form: coding.PrivateFormat = BOTTOM.OpenSSH, key=None) -> str:
    lock = coding.BestAvailableEncryption(passphrase.encode()) if passphrase else coding.NoEncryption()
    key = key or ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(coding.Encoding.PEM, form, lock).decode()


def test_a_generated_key_has_a_public_line_and_a_secret_half(admin):
    row = credential_generate("app02", user="regroup", by=admin)
    secret, passphrase = credential_secrets(row)
    assert row.public_key.startswith("ssh-ed25519 ") and row.public_key.endswith(" app02")
    assert secret.value.startswith("-----BEGIN OPENSSH PRIVATE KEY-----") and passphrase is None


@pytest.mark.parametrize(
    "text",
    [
        private_text(),
        private_text().replace("\n", "\r\n"),
        "\n  " + private_text() + "\n\n",
        private_text(form=BOTTOM.PKCS8),
        private_text(form=BOTTOM.TraditionalOpenSSL, key=rsa.generate_private_key(65537, 2048)),
    ],
    ids=["openssh", "crlf", "spaces", "pkcs8", "pem-rsa"],
)
def test_a_pasted_key_gives_its_public_line(admin, text):
    row = credential_create("pasted", "key", secret=text, by=admin)
    assert row.public_key.split()[0] in {"ssh-ed25519", "ssh-rsa"}


@pytest.mark.parametrize("form", [BOTTOM.OpenSSH, BOTTOM.PKCS8])
def test_an_encrypted_key_opens_with_its_passphrase_only(admin, form):
    text = private_text("open sesame", form)
    for wrong, words in (("", "needs its passphrase"), ("open barley", "does not open")):
        with pytest.raises(ValidationError, match=words):
            credential_create("locked", "key", secret=text, passphrase=wrong, by=admin)
    row = credential_create("locked", "key", secret=text, passphrase="open sesame", by=admin)
    assert credential_secrets(row)[1].value == "open sesame"


def test_a_wrong_passphrase_is_named_where_its_junk_looks_whole(admin):
    with pytest.raises(ValidationError, match="The passphrase does not open this key, or"):
        credential_create("locked", "key", secret=UNLUCKY, passphrase="open barley", by=admin)
    credential_create("locked", "key", secret=UNLUCKY, passphrase="open sesame", by=admin)


@pytest.mark.parametrize("text", ["", "hello", "ssh-ed25519 AAAA", private_text()[:200], "\x00\x01", "é" * 90])
def test_what_is_no_private_key_is_refused_at_its_field(admin, text):
    with pytest.raises(ValidationError) as caught:
        credential_create("odd", "key", secret=text, by=admin)
    assert "secret" in caught.value.message_dict
    assert not Credential.objects.exists()


def test_neither_row_nor_audit_holds_the_secret(admin):
    credential_create("root", "password", secret="correct horse", by=admin)
    kept = [bytes(v) if isinstance(v, memoryview) else v for v in Credential.objects.values_list().get()]
    assert "correct horse" not in str(kept)
    assert "correct horse" not in str(list(Entry.objects.values()))


def test_a_secret_is_masked_wherever_it_is_shown(admin):
    secret, _ = credential_secrets(credential_create("root", "password", secret="correct horse", by=admin))
    assert str(secret) == MASK and "horse" not in repr(secret) and secret.value == "correct horse"


def test_rows_that_were_swapped_do_not_open(admin):
    first = credential_create("first", "password", secret="one", by=admin)
    second = credential_create("second", "password", secret="two", by=admin)
    columns = ("key_id", "wrapped_key", "nonce", "ciphertext")
    values = {row.pk: {name: getattr(row, name) for name in columns} for row in (first, second)}
    Credential.objects.filter(pk=first.pk).update(**values[second.pk])
    Credential.objects.filter(pk=second.pk).update(**values[first.pk])
    for row in Credential.objects.all():
        with pytest.raises(VaultError, match="moved from another row"):
            credential_secrets(row)


def test_a_changed_ciphertext_does_not_open(admin):
    row = credential_create("root", "password", secret="one", by=admin)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_credential SET ciphertext = %s", [bytes(row.ciphertext[:-1]) + b"!"])
    with pytest.raises(VaultError):
        credential_secrets(Credential.objects.get())


def test_rotation_moves_every_row_and_frees_the_old_line(admin, settings):
    rows = [credential_create(f"c{n}", "password", secret=f"s{n}", by=admin) for n in range(3)]
    path = Path(settings.CREDENTIAL_KEYS)
    line = new_key_line()
    path.write_text(line + path.read_text())
    assert credentials_rotate(by=admin) == 3 and credentials_rotate(by=admin) == 0
    path.write_text(line)
    assert [credential_secrets(Credential.objects.get(pk=row.pk))[0].value for row in rows] == ["s0", "s1", "s2"]


def test_an_agent_has_no_secret(admin):
    assert credential_secrets(credential_create("agent", "agent", by=admin)) == (None, None)


def test_a_key_file_needs_its_whole_path(admin):
    with pytest.raises(ValidationError, match="whole path"):
        credential_create("file", "file", key_file="id_ed25519", by=admin)


def test_a_name_cannot_slip_shell_into_the_public_line(admin):
    row = credential_generate("x'; rm -rf / #", by=admin)
    assert row.public_key.split(" ", 2)[2] == "x-rm--rf-"
