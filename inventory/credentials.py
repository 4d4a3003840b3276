"""Credentials and their secrets: made in the web process, opened by workers only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as coding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from audit.services import record
from inventory.models import Credential
from inventory.vault import Sealed, Vault, open_vault
from people.actor import Actor
from ssh.command import Secret

Kind = Credential.Kind
UNREADABLE = "This is no private key that Regroup can read. Paste the whole file, with its BEGIN and END lines."


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
    by: Actor,
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
    _audit("credential.create", row, by)
    return row


def credential_generate(name: str, *, user: str = "", by: Actor) -> Credential:
    """A new ed25519 key pair; its private half is never shown, its public line is `public_key`."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(coding.Encoding.PEM, coding.PrivateFormat.OpenSSH, coding.NoEncryption())
    return credential_create(name, Kind.KEY, user=user, secret=text.decode(), by=by)


def credential_secrets(row: Credential) -> tuple[Secret | None, Secret | None]:
    """(key text or password, passphrase), each None where there is none. For workers. Raises VaultError."""
    if not row.key_id:
        return None, None
    data: dict[str, str] = json.loads(vault().open(sealed_of(row), place(row)))
    secret, passphrase = data["secret"], data["passphrase"]
    return Secret(secret), Secret(passphrase) if passphrase else None


def credentials_rotate(*, by: Actor | None = None) -> int:
    """Wrap every row by the newest key of the list; gives how many were moved. Old lines may go afterwards."""
    keys, moved = vault(), 0
    for pk in Credential.objects.exclude(key_id="").exclude(key_id=keys.newest).values_list("pk", flat=True):
        with transaction.atomic():
            row = Credential.objects.select_for_update().get(pk=pk)
            _put(row, keys.rotate(sealed_of(row), place(row)))
            _audit("credential.rotate", row, by)
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
            if secret and "password" in str(error).lower():
                raise ValidationError({"passphrase": "The passphrase does not open this key."}) from None
            continue
        public = key.public_key().public_bytes(  # type: ignore[attr-defined]  # every private key has one
            coding.Encoding.OpenSSH, coding.PublicFormat.OpenSSH
        )
        return f"{public.decode()} {comment.replace(' ', '-')}"
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


def _audit(action: str, row: Credential, by: Actor | None) -> None:
    who = {"actor_id": by.id, "actor_name": by.username} if by else {}
    record(action, kind="credential", object_id=row.pk, label=row.name, detail={"kind": row.kind}, **who)
