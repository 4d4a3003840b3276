"""Questions to the database that cost little however many rows there are: several sums in one, and parts of words."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import CharField, Count, Q, QuerySet, Value

Rows = TypeVar("Rows", bound=QuerySet[Any])


def counted(**parts: tuple[QuerySet[Any], Count]) -> dict[str, int]:
    """What each part adds up to, by its name; one query, in which each part has an index of its own."""
    first, *others = (
        rows.order_by().values(part=Value(name, CharField())).annotate(sum=count).values_list("part", "sum")
        for name, (rows, count) in parts.items()
    )
    return dict.fromkeys(parts, 0) | dict(first.union(*others, all=True))


def holding(rows: Rows, keys: QuerySet[Any], each: Q, few: int = 10_000) -> Rows:
    """The rows that hold a condition, said twice: as `keys` that indexes find, and as one that `each` row is asked for.

    Up to about `few` are found by their keys. Of more, a page is soon full when the list is walked in its own order,
    where finding and sorting them all would take a second. One query, to see which it is.
    """
    many = keys[few : few + 1].exists()
    found: Rows = rows.filter(each) if many else rows.filter(pk__in=keys)
    return found
