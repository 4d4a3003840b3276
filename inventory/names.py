"""Grammar of the names that people type. Pure but for Django's error type."""

from __future__ import annotations

import ipaddress
import re

from django.core.exceptions import ValidationError

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
RESERVED = {"new", "check"}
"""Words that stand in addresses of pages where a name would stand."""
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
