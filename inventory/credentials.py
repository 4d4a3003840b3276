"""Credentials and their secrets: made in the web process, opened by workers only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as coding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from inventory.models import Credential, Host
from inventory.services import record_edit
from people.actor import Actor
from people.factors import factors_rotate
from people.vault import Sealed, Vault, open_vault
from ssh.command import Secret

Kind = Credential.Kind
UNREADABLE = "This is no private key that Regroup can read. Paste the whole file, with its BEGIN and END lines."


ALSO_ROTATED: list[Callable[[], int]] = []
"""What floors above keep in the same vault: each wraps its secrets anew, and gives how many."""


def vault() -> Vault:
    """The vault of this installation. Raises VaultError."""
    return open_vault(Path(settings.CREDENTIAL_KEYS))


@transaction.atomic
def credential_create(
    name: str,
    kind: str,
    *,
    user: str = "",
    secret: str = "",
    passphrase: str = "",
    key_file: str = "",
    by: Actor | None,
) -> Credential:
    """Keep a credential. `secret` is the private key's text or the password.

    Raises ValidationError for a key that cannot be read, a wrong passphrase, a name taken.
    """
    public = public_line(secret, passphrase, name) if kind == Kind.KEY else ""
    row = Credential(name=name, kind=kind, user=user, public_key=public, key_file=key_file)
    if kind == Kind.PASSWORD and not secret:
        raise ValidationError({"secret": "Give the password."})
    if kind == Kind.FILE and not key_file.startswith("/"):
        raise ValidationError({"key_file": "Give the whole path of the key file on the workers."})
    row.full_clean()
    row.save()
    if kind in (Kind.KEY, Kind.PASSWORD):
        text = json.dumps({"secret": secret, "passphrase": passphrase})
        _put(row, vault().seal(text.encode(), place(row)))
    record_edit("credential.create", row, by, {"kind": row.kind})
    return row


def credential_generate(name: str, *, user: str = "", by: Actor) -> Credential:
    """A new ed25519 key pair; its private half is never shown, its public line is `public_key`."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(coding.Encoding.PEM, coding.PrivateFormat.OpenSSH, coding.NoEncryption())
    return credential_create(name, Kind.KEY, user=user, secret=text.decode(), by=by)


@transaction.atomic
def host_sign_in(host: Host, way: str, words: dict[str, str], *, by: Actor) -> Credential:
    """Make a credential named after the host (`generate`, or by `words`) and let the host use it.

    Raises ValidationError, at `secret`, `passphrase` or `key_file`.
    """
    name = _free_name(host.name)
    if way == "generate":
        row = credential_generate(name, user=host.user, by=by)
    else:
        row = credential_create(name, user=host.user, by=by, **words)
    host.credential = row
    host.save(update_fields=["credential"])
    return row


def _free_name(name: str) -> str:
    taken = {text.lower() for text in Credential.objects.filter(name__istartswith=name).values_list("name", flat=True)}
    return next(
        free for number in count(1) if (free := f"{name} {number}" if number > 1 else name).lower() not in taken
    )


def credential_secrets(row: Credential) -> tuple[Secret | None, Secret | None]:
    """(key text or password, passphrase), each None where there is none. For workers. Raises VaultError."""
    if not row.key_id:
        return None, None
    data: dict[str, str] = json.loads(vault().open(sealed_of(row), place(row)))
    secret, passphrase = data["secret"], data["passphrase"]
    return Secret(secret), Secret(passphrase) if passphrase else None


def credentials_rotate(*, by: Actor | None = None) -> int:
    """Wrap every secret by the newest key of the list; gives how many were moved. Old lines may go afterwards."""
    keys, moved = vault(), factors_rotate() + sum(rotate() for rotate in ALSO_ROTATED)
    for pk in Credential.objects.exclude(key_id="").exclude(key_id=keys.newest).values_list("pk", flat=True):
        with transaction.atomic():
            row = Credential.objects.select_for_update().get(pk=pk)
            _put(row, keys.rotate(sealed_of(row), place(row)))
            record_edit("credential.rotate", row, by)
        moved += 1
    return moved


def public_line(private: str, passphrase: str, comment: str) -> str:
    """The OpenSSH public key line of a private key's text. Raises ValidationError at `secret` or `passphrase`."""
    text, secret = private.replace("\r\n", "\n").strip() + "\n", passphrase.encode() or None
    loaders: tuple[Callable[[bytes, bytes | None], object], ...] = (
        coding.load_ssh_private_key,
        coding.load_pem_private_key,
    )
    for load in loaders:
        try:
            key = load(text.encode(), secret)
        except TypeError:
            words = "is not encrypted: leave the passphrase empty" if secret else "needs its passphrase"
            raise ValidationError({"passphrase": f"This key {words}."}) from None
        except (ValueError, UnsupportedAlgorithm) as error:
            if secret and any(word in str(error).lower() for word in ("password", "checksum")):
                raise ValidationError({"passphrase": "The passphrase does not open this key."}) from None
            continue
        public = key.public_key().public_bytes(  # type: ignore[attr-defined]  # every private key has one
            coding.Encoding.OpenSSH, coding.PublicFormat.OpenSSH
        )
        return f"{public.decode()} {re.sub('[^A-Za-z0-9._@-]+', '-', comment)}"
    if secret and re.search("^(-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED)", text, re.MULTILINE):
        # One wrong passphrase of 256 makes junk that ends as it should, and so is taken for a key that is broken.
        raise ValidationError({"passphrase": "The passphrase does not open this key, or the key was not pasted whole."})
    raise ValidationError({"secret": UNREADABLE})


def place(row: Credential) -> str:
    """What a secret is bound to."""
    return f"{Credential._meta.db_table}/{row.pk}/secret"


def sealed_of(row: Credential) -> Sealed:
    return Sealed(row.key_id, bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext))


def _put(row: Credential, sealed: Sealed) -> None:
    row.key_id, row.wrapped_key = sealed.key_id, sealed.wrapped_key
    row.nonce, row.ciphertext = sealed.nonce, sealed.ciphertext
    row.save(update_fields=["key_id", "wrapped_key", "nonce", "ciphertext"])
