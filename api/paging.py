"""Lists by keyset, all of one shape: `items`, and the cursor of the rest under the name of the parameter it goes into.

A cursor is None at the end. Any page costs the same, however far behind, and rows that come or go shift nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from pydantic import Field

from api.problems import FieldErrors
from inventory.worst_first import Ladder

Limit = Annotated[int, Field(ge=1, le=1000)]
Row = TypeVar("Row", bound=Model)
Tell = Callable[[Row], Any]
BAD = "This is no cursor; give what the answer before gave, or nothing for the first page."


def by_name(rows: QuerySet[Row], after: str, limit: int, tell: Tell[Row]) -> dict[str, Any]:
    """Those behind a name."""
    found = list(rows.filter(name__gt=after).order_by("name")[: limit + 1])
    return _page(found, limit, tell, "after", lambda row: row.name)  # type: ignore[attr-defined]  # as the query has it


def newest_first(rows: QuerySet[Row], before: int | None, limit: int, tell: Tell[Row]) -> dict[str, Any]:
    """Those of lower numbers."""
    older = rows if before is None else rows.filter(pk__lt=before)
    return _page(list(older.order_by("-pk")[: limit + 1]), limit, tell, "before", lambda row: row.pk)


def by_moment(rows: QuerySet[Row], field: str, after: str, limit: int, tell: Tell[Row]) -> dict[str, Any]:
    """Those at a later moment, or at the same and of a higher number. Raises FieldErrors."""
    if after:
        try:
            words, _, number = after.rpartition("_")
            moment, pk = datetime.fromisoformat(words), int(number)
        except ValueError as error:
            raise FieldErrors({"after": [BAD]}) from error
        if moment.tzinfo is None:
            raise FieldErrors({"after": [BAD]})
        rows = rows.filter(Q(**{f"{field}__gt": moment}) | Q(**{field: moment, "pk__gt": pk}))
    found = list(rows.order_by(field, "pk")[: limit + 1])
    return _page(found, limit, tell, "after", lambda row: f"{getattr(row, field).isoformat()}_{row.pk}")


def worst_first(rows: QuerySet[Row], ladder: Ladder, after: str, limit: int, tell: Tell[Row]) -> dict[str, Any]:
    """Those behind a place of the list that the pages show as well."""
    place = QueryDict(mutable=True)
    place["after"] = after
    page = ladder.page(rows, place, limit)
    more = page.better is not None and page.rows
    return {"items": [tell(row) for row in page.rows], "after": ladder.place_of(page.rows[-1]) if more else None}


def _page(found: list[Row], limit: int, tell: Tell[Row], name: str, cursor: Callable[[Row], Any]) -> dict[str, Any]:
    page = found[:limit]
    return {"items": [tell(row) for row in page], name: cursor(page[-1]) if len(found) > limit else None}
