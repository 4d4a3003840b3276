"""Lists of hosts or of what is on them, the worst first: what their filters are, and keyset pages at any depth.

A row's place is its rank, when that began (or whatever moment its list goes by), and its number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Self, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

from inventory.paging import PAGE, clean, link

Row = TypeVar("Row", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WordFilters:
    """The words of the address; empty ones filter nothing, and one that means nothing lets nothing through."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        return cls(**{field.name: clean(query.get(field.name, "")) for field in fields(cls)})

    @property
    def any(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class RankedPage(Generic[Row]):
    """Worst first; `worse` and `better` are query strings, or None where there is no more."""

    rows: list[Row]
    worse: str | None
    better: str | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """What a list goes by: `rank`, then the field `moment`, the newest first or the oldest, then the number."""

    moment: str
    newest_first: bool

    def page(self, rows: QuerySet[Row, Any], query: QueryDict, size: int = PAGE) -> RankedPage[Row]:
        """The page that `after` or `before` of the address (places) asks for; the address's other words are kept."""
        before, after = (_place(query.get(word, "")) for word in ("before", "after"))
        if before:
            found = list(self._beyond(rows, before, worse=True)[: size + 1])
            kept, worse, better = found[:size][::-1], len(found) > size, True
        else:
            ordered = self._beyond(rows, after, worse=False) if after else rows.order_by(*self._order())
            found = list(ordered[: size + 1])
            kept, worse, better = found[:size], bool(after), len(found) > size
        edges = (kept[0], kept[-1]) if kept else (None, None)
        return RankedPage(
            kept,
            link(query, "before", self.place_of(edges[0])) if edges[0] and worse else None,
            link(query, "after", self.place_of(edges[1])) if edges[1] and better else None,
        )

    def place_of(self, row: Any) -> str:
        """Where a row stands in the list, as a word for an address."""
        return f"{row.rank}.{(getattr(row, self.moment) - EPOCH) // MICROSECOND}.{row.pk}"

    def _order(self) -> tuple[str, str, str]:
        return "rank", f"-{self.moment}" if self.newest_first else self.moment, "pk"

    def _beyond(self, rows: QuerySet[Row, Any], place: tuple[int, datetime, int], worse: bool) -> QuerySet[Row, Any]:
        """The rows on one side of a place, from there on."""
        rank, moment, number = place
        lower, later = ("lt", "gt") if worse else ("gt", "lt")
        beyond = later if self.newest_first else lower
        same = Q(rank=rank, **{self.moment: moment})
        side = Q(**{f"rank__{lower}": rank}) | Q(rank=rank, **{f"{self.moment}__{beyond}": moment})
        rows = rows.filter(side | same & Q(**{f"pk__{lower}": number}), **{f"rank__{lower}e": rank})
        return rows.order_by(*self._order()).reverse() if worse else rows.order_by(*self._order())


def _place(word: str) -> tuple[int, datetime, int] | None:
    parts = word.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 19 for part in parts):
        return None
    rank, moment, number = map(int, parts)
    try:
        return rank, EPOCH + timedelta(microseconds=moment), number
    except OverflowError:
        return None
