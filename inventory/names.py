"""Grammar of the names that people type. Pure but for Django's error type."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
validate_email = EmailValidator("This is no e-mail address.")
LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
RESERVED = {"new", "check", "import", "bulk", "export.csv"}
"""Words that stand in addresses of pages where a name would stand."""
TAG = re.compile(r"[a-z0-9](?:[a-z0-9._:=-]{0,38}[a-z0-9])?")
LOGIN = re.compile(r"[a-z_][a-z0-9_-]{0,30}\$?")


def validate_machine_name(text: str) -> None:
    """A host's or VM's name: letters, digits, dot, dash, underscore; 63 at most."""
    if not NAME.fullmatch(text):
        raise ValidationError(
            "A name has letters, digits, dots, dashes and underscores, begins and ends with a letter or digit, "
            "and is at most 63 characters long."
        )
    if text.lower() in RESERVED:
        raise ValidationError(f"Regroup uses the word {text} itself. Choose another name.")


def validate_address(text: str) -> None:
    """An IPv4 or IPv6 address, or a DNS name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        numeric = labels[-1].isdigit()
        if numeric or len(text) > 253 or not all(map(LABEL.fullmatch, labels)):
            raise ValidationError(
                f"{text} is neither an IP address nor a DNS name. Give one of them, without a port."
            ) from None


def validate_login(text: str) -> None:
    """A Linux login name."""
    if not LOGIN.fullmatch(text):
        raise ValidationError("A login name has lower-case letters, digits, dashes and underscores.")


def tag_words(text: str) -> frozenset[str]:
    """The tags of a field: words in lower case, parted by spaces or commas."""
    return frozenset(text.lower().replace(",", " ").split())


def validate_tags(text: str) -> None:
    """Words of letters, digits and . _ : = -, 40 characters each."""
    for word in tag_words(text):
        if not TAG.fullmatch(word):
            raise ValidationError(
                f"{word!r} is no tag. A tag has letters, digits and . _ : = - between them, and at most 40 characters."
            )


def as_tag(text: str) -> str:
    """A word of another system as a tag: other letters become dashes; empty where nothing is left."""
    return re.sub(r"[^a-z0-9._:=-]+", "-", text.lower()).strip("._:=-")[:40].strip("._:=-")


def fault_of(grammar: Callable[[str], None], text: str) -> str:
    """What a grammar has against the text, as a sentence; empty where it holds."""
    try:
        grammar(text)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""
