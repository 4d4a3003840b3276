"""The keys that sign evidence: Ed25519 seeds in a file of their own, as the credential keys are kept.

One `id:base64 of 32 bytes` a line, newest first, 0600, made at first use. The first line signs; the others stay there
so that their public halves can be shown to whoever holds an older pack.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from people.vault import key_list

WHAT = "evidence key list"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What anybody may know: its id in the list, and the key as 64 hexadecimal digits."""

    id: str
    hex: str


class SigningKey:
    """The newest key of the list."""

    def __init__(self, key_id: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(key_id, self._key.public_key().public_bytes_raw().hex())

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)


def signing_key() -> SigningKey:
    """Made at first use. Raises VaultError where the file cannot be read, or others may read it."""
    return _all_keys()[0]


def public_keys() -> list[PublicKey]:
    """Newest first; none where no evidence was ever made. Raises VaultError."""
    return [key.public for key in _all_keys()] if Path(settings.EVIDENCE_KEYS).exists() else []


def _all_keys() -> list[SigningKey]:
    return [SigningKey(*line) for line in key_list(Path(settings.EVIDENCE_KEYS), WHAT).items()]
