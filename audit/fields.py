"""JSON columns that keep every text, on every database.

A file off an old disk may hold bytes that are no UTF-8; Python carries them as lone surrogates. PostgreSQL's jsonb
refuses those, and NUL. In the column such a character stands as two: a mark, and the character moved to where all are
allowed. A mark that was in the text is doubled.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import models

MARK = "\uf8fe"
"""From the private use area: it has no meaning, and hardly ever comes."""

AWAY = 0x10000
_HIDE = re.compile(f"[\0\ud800-\udfff{MARK}]")
_SHOW = re.compile(f"{MARK}(.)", re.DOTALL)


def hidden(value: Any) -> Any:
    """The JSON value as any database takes it; `shown` gives it back."""
    return _each(value, lambda text: _HIDE.sub(lambda found: MARK + _moved(found[0], AWAY), text))


def shown(value: Any) -> Any:
    """The JSON value as it was given to `hidden`."""
    return _each(value, lambda text: _SHOW.sub(lambda found: _moved(found[1], -AWAY), text) if MARK in text else text)


def _moved(letter: str, by: int) -> str:
    return letter if letter == MARK else chr(ord(letter) + by)


def _each(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(name) if isinstance(name, str) else name: _each(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each(inner, change) for inner in value]
    return value


class AnyTextJSONField(models.JSONField):
    """A JSONField for texts from outside. In migrations it is a JSONField: the column is the same."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(hidden(value), connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return shown(super().from_db_value(value, expression, connection))

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
