"""Codes of an authenticator app (RFC 6238: six digits, thirty seconds, SHA-1, as every app speaks). Pure."""

from __future__ import annotations

import re

import pyotp
import segno

SECONDS = 30
ISSUER = "Regroup"
CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def slot_of(secret: str, text: str, now: float, after: int) -> int | None:
    """The time slot whose code this is: the present one or a neighbour, later than `after`; None if it is no code."""
    code = text.replace(" ", "")
    if not CODE.fullmatch(code):
        return None
    made, present = pyotp.TOTP(secret, interval=SECONDS), int(now // SECONDS)
    fits = [slot for slot in (present - 1, present, present + 1) if pyotp.utils.strings_equal(_at(made, slot), code)]
    return next((slot for slot in fits if slot > after), None)


def code_at(secret: str, now: float) -> str:
    """What the app shows at that moment."""
    return _at(pyotp.TOTP(secret, interval=SECONDS), int(now // SECONDS))


def address(secret: str, account: str) -> str:
    """What an app reads from the drawing."""
    return pyotp.TOTP(secret, interval=SECONDS).provisioning_uri(name=account, issuer_name=ISSUER)


def drawing(text: str) -> str:
    """A QR code as an inline SVG, dark on light in every theme, or no camera reads it."""
    drawn: str = segno.make(text, error="m", micro=False).svg_inline(
        scale=4, dark="#000", light="#fff", title="QR code for an authenticator app"
    )
    return drawn


def grouped(secret: str) -> str:
    """In fours, for whoever has to type it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _at(made: pyotp.TOTP, slot: int) -> str:
    return made.generate_otp(slot)
