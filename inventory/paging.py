"""Keyset pages of lists in order of name: equally fast at any depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

Row = TypeVar("Row", bound=Model)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows by name; `previous` and `next` are query strings, or None where there is no more."""

    rows: list[Row]
    previous: str | None
    next: str | None


def page_by_name(
    rows: QuerySet[Row],
    query: QueryDict,
    size: int = PAGE,
    shown: Callable[[Any], QuerySet[Row]] | None = None,
) -> Page[Row]:
    """The page that the URL's `after` or `before` (names) asks for; the URL's other words are kept.

    shown  adds to a queryset what the page shows of each row; given, it is read for the page's rows alone, once it is
           known which they are, where `rows` may have to be sorted
    """
    before, after = clean(query.get("before", "")), clean(query.get("after", ""))

    def read(chosen: QuerySet[Row]) -> list[Row]:
        if shown is None:
            return list(chosen[: size + 1])
        keys = list(chosen.values_list("pk", flat=True)[: size + 1])
        found = shown(rows.model._default_manager.all()).in_bulk(keys)
        return [found[key] for key in keys if key in found]

    if before:
        found = read(rows.filter(name__lt=before).order_by("-name"))
        kept = found[:size][::-1]
        return Page(kept, _link(query, "before", kept, len(found) > size), _link(query, "after", kept[::-1], True))
    found = read((rows.filter(name__gt=after) if after else rows).order_by("name"))
    kept = found[:size]
    return Page(kept, _link(query, "before", kept, bool(after)), _link(query, "after", kept[::-1], len(found) > size))


def _link(query: QueryDict, word: str, rows: list[Any], more: bool) -> str | None:
    """A query string from the first of `rows` on."""
    return link(query, word, rows[0].name) if more and rows else None


def link(query: QueryDict, word: str, place: str) -> str:
    """A query string that goes on `before` or `after` a place; the URL's other words are kept."""
    values = query.copy()
    for other in ("before", "after"):
        values.pop(other, None)
    values[word] = place
    return f"?{values.urlencode()}"


def filters(query: Mapping[str, str], *names: str) -> dict[str, str]:
    """The named filters of a URL, stripped; empty text where one is not given."""
    return {name: clean(query.get(name, "")) for name in names}


def clean(text: str) -> str:
    """Text of a URL for the database: PostgreSQL takes no NUL."""
    return text.replace("\0", "").strip()
