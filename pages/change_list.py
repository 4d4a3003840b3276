"""The list of changes: filters in the address, pages by number, equally fast at any depth."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from changes.kinds import kinds
from changes.models import Change
from changes.policy import may_request
from changes.rights import changes_seen_by
from changes.states import ACTIVE, HOLDS_HOST, LABELS, State
from people.access import Request, requires
from people.actor import Actor
from people.filtered_lists import Holds, any_text
from people.models import User
from people.roles import Role

PAGE = 50
GROUPS: dict[str, tuple[str, frozenset[State]]] = {
    "deciding": ("being decided", frozenset({State.DRAFT, State.PLANNED, State.IN_REVIEW, State.STALE, State.REFUSED})),
    "going": ("approved or running", ACTIVE | {State.APPROVED, State.BLOCKED, State.WAITING}),
    "attention": ("needs somebody", HOLDS_HOST - ACTIVE),
}
"""States by what one looks for; the single states stand below them in the same list."""

FIELDS: dict[str, Holds] = {
    "state": (frozenset(GROUPS) | {state.value for state in State}).__contains__,
    "kind": lambda key: key in {kind.key for kind in kinds()},
    "host": any_text,
    "requester": any_text,
    "mine": "1".__eq__,
}
"""What of the address is kept under a name (`people.filtered_lists`)."""


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first; `newer` and `older` are query strings, or None where there is no more."""

    rows: list[Change]
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    """The words of the address; empty ones filter nothing."""

    state: str = ""
    kind: str = ""
    host: str = ""
    requester: str = ""
    mine: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        state, kind, host, requester = (query.get(name, "").strip() for name in ("state", "kind", "host", "requester"))
        return cls(state, kind, host, requester, bool(query.get("mine")))

    @property
    def any(self) -> bool:
        return bool(self.state or self.kind or self.host or self.requester or self.mine)


@requires(Role.VIEWER)
def change_list(request: Request) -> HttpResponse:
    """Changes, newest first, as far as the filters let them through."""
    filters = Filters.of(request.GET)
    context = {
        "page": page_of(filtered(filters, request.actor), request.GET),
        "filters": filters,
        "groups": [(key, words) for key, (words, _) in GROUPS.items()],
        "states": [(state.value, LABELS[state]) for state in State],
        "kinds": kinds(),
        "new": new_urls() if may_request(request.actor).allowed else [],
    }
    return render(request, "changes/list.html", context)


def filtered(filters: Filters, actor: Actor) -> QuerySet[Change]:
    """The changes that somebody sees and the filters let through; a word that means nothing lets none."""
    rows = (
        changes_seen_by(actor)
        .select_related("host", "vm", "requester")
        .defer("plan_json", "facts", "params", "refusal")
    )
    if filters.state:
        single = frozenset({State(filters.state)}) if filters.state in set(State) else frozenset()
        rows = rows.filter(status__in=GROUPS.get(filters.state, ("", single))[1])
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.host:
        rows = rows.filter(host__name__iexact=filters.host)
    if filters.requester:
        # Its number first: with the name in a join, PostgreSQL looks at every change for whoever asked for few.
        rows = rows.filter(requester__in=list(User.objects.filter(username__iexact=filters.requester)))
    return rows.filter(requester=actor.id) if filters.mine else rows


def page_of(rows: QuerySet[Change], query: QueryDict, size: int = PAGE) -> Page:
    """The page that `before` or `after` (numbers) of the address ask for."""
    before, after = _number(query.get("before")), _number(query.get("after"))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        kept = found[:size][::-1]
        return Page(kept, _link(query, "after", kept[:1], len(found) > size), _link(query, "before", kept[-1:], True))
    found = list((rows.filter(pk__lt=before) if before is not None else rows).order_by("-pk")[: size + 1])
    kept = found[:size]
    newer = _link(query, "after", kept[:1], before is not None)
    return Page(kept, newer, _link(query, "before", kept[-1:], len(found) > size))


def new_urls() -> list[tuple[str, str]]:
    """“New recovery” and the like, with the address of each kind's form, which is at `<kind>_new`."""
    found = []
    for kind in kinds():
        try:
            found.append((f"New {kind.key}", reverse(f"{kind.key}_new")))
        except NoReverseMatch:
            continue
    return found


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _link(query: QueryDict, word: str, edge: list[Change], more: bool) -> str | None:
    if not more or not edge:
        return None
    values = query.copy()
    for other in ("before", "after"):
        values.pop(other, None)
    values[word] = str(edge[0].pk)
    return f"?{values.urlencode()}"
