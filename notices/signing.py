"""Signatures of webhooks in the form of Standard Webhooks (standardwebhooks.com). Pure."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, f"{message}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(known: Iterable[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What a receiver verifies; after a rotation the secret before signs as well, for a day."""
    signed = " ".join(signature(secret, message, timestamp, body) for secret in known)
    return {"webhook-id": message, "webhook-timestamp": str(timestamp), "webhook-signature": signed}
