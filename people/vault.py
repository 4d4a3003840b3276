"""Envelope encryption of stored secrets: AES-256-GCM, a key per row, wrapped by a key of the list.

The key list is a file beside the database, never in it: one `id:base64` a line, newest first, 0600.
New secrets use the first line; older lines open what they once sealed, until `rotate` has wrapped
every row anew. Each ciphertext is bound to its place (table, row, field): moved to another row it
does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12


class VaultError(Exception):
    """A secret cannot be sealed or opened; the message is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret at rest. wrapped_key is nonce + ciphertext of the row's own key, under the list's key `key_id`."""

    key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


class Vault:
    """Seals and opens with a key list: id → 32 bytes, newest first."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise VaultError("The credential key list must hold at least one key, each of 32 bytes.")
        self._keys = keys

    @property
    def newest(self) -> str:
        return next(iter(self._keys))

    def seal(self, secret: bytes, place: str) -> Sealed:
        """`place` names table, row and field, such as `inventory_credential/7/secret`."""
        row_key, nonce = AESGCM.generate_key(KEY_BYTES * 8), os.urandom(NONCE_BYTES)
        ciphertext = AESGCM(row_key).encrypt(nonce, secret, place.encode())
        return Sealed(self.newest, self._wrap(row_key, place), nonce, ciphertext)

    def open(self, sealed: Sealed, place: str) -> bytes:
        """The secret. Raises VaultError: unknown key, or not what was sealed at this place."""
        try:
            row_key = self._unwrap(sealed, place)
            return AESGCM(row_key).decrypt(sealed.nonce, sealed.ciphertext, place.encode())
        except (InvalidTag, ValueError):
            raise VaultError(
                "A stored secret was changed, or moved from another row; it does not open. Enter it again."
            ) from None

    def rotate(self, sealed: Sealed, place: str) -> Sealed:
        """The same secret, its row key wrapped by the newest key of the list."""
        self.open(sealed, place)
        row_key = self._unwrap(sealed, place)
        return Sealed(self.newest, self._wrap(row_key, place), sealed.nonce, sealed.ciphertext)

    def _wrap(self, row_key: bytes, place: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._keys[self.newest]).encrypt(nonce, row_key, self._bound(self.newest, place))

    def _unwrap(self, sealed: Sealed, place: str) -> bytes:
        try:
            key = self._keys[sealed.key_id]
        except KeyError:
            raise VaultError(
                f"The credential key list has no key {sealed.key_id!r}, under which this secret was stored. "
                "Put that line back, or enter the secret again."
            ) from None
        nonce, wrapped = sealed.wrapped_key[:NONCE_BYTES], sealed.wrapped_key[NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, wrapped, self._bound(sealed.key_id, place))

    @staticmethod
    def _bound(key_id: str, place: str) -> bytes:
        return f"{place}/key/{key_id}".encode()


def open_vault(path: Path) -> Vault:
    """The vault of the key list at `path`, which is made with one fresh key if it is not there.

    Raises VaultError when the file cannot be read, or others may read it.
    """
    return Vault(key_list(path))


def key_list(path: Path, what: str = "credential key list") -> dict[str, bytes]:
    """Id → 32 bytes, newest first, of the file at `path`; made with one fresh key if it is not there.

    Raises VaultError when it cannot be read, holds no key, or others may read it.
    """
    if not path.exists():
        _make(path)
    try:
        if path.stat().st_mode & 0o077:
            raise VaultError(f"Others may read the {what}. Run: chmod 600 {path}")
        keys = parse_keys(path.read_text("ascii"), what)
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError(f"The {what} {path} cannot be read: {error}.") from None
    if not keys:
        raise VaultError(f"The {what} must hold at least one key, each of {KEY_BYTES} bytes; {path} is empty.")
    return keys


def new_key_line() -> str:
    """A fresh line for the key list, with its line end; put it first to rotate."""
    return f"{secrets.token_hex(4)}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n"


def parse_keys(text: str, what: str = "credential key list") -> dict[str, bytes]:
    """Lines `id:base64`; empty ones and those with # are passed over. Raises VaultError, naming the line."""
    keys: dict[str, bytes] = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        key_id, _, encoded = line.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not key_id or key_id in keys or len(key) != KEY_BYTES:
            raise VaultError(f"Line {number} of the {what} is not `id:base64 of 32 bytes`, id once.")
        keys[key_id] = key
    return keys


def _make(path: Path) -> None:
    """Written whole under another name, then linked: of two first starts one wins, and no reader sees a part."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(new_key_line())
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(fresh)
    except FileExistsError:
        pass  # another process was quicker; its key counts
    finally:
        fresh.unlink()
