"""One search box for changes, hosts, VMs, owners, and kept filters."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render

from changes.models import Change
from changes.rights import changes_seen_by
from inventory.selectors import search as inventory_search
from people.access import Request, requires
from people.kept import kept_seen_by
from people.roles import Role

MOST = 20


@requires(Role.VIEWER)
def search(request: Request) -> HttpResponse:
    """What the words of `?q=` are found in; `#42` goes to that change at once."""
    text = request.GET.get("q", "").strip()[:200]
    number = text.removeprefix("#")
    seen = changes_seen_by(request.actor)
    if text.startswith("#") and _is_number(number) and seen.filter(pk=int(number)).exists():
        return redirect("change", int(number))
    context = {"text": text, "changes": changes_with(text, seen) if text else []}
    context["hits"] = inventory_search(text, request.actor)
    context["kept"] = kept_seen_by(request.actor).filter(name__icontains=text)[:MOST] if text else []
    return render(request, "pages/search.html", context)


def changes_with(text: str, seen: QuerySet[Change]) -> QuerySet[Change]:
    """Of the changes that somebody sees, those by number, title or ticket, newest first, 20 at most."""
    number = text.removeprefix("#")
    found = Q(title__icontains=text) | Q(ticket__icontains=text)
    if _is_number(number):
        found |= Q(pk=int(number))
    rows = seen.select_related("host", "vm", "requester").defer("plan_json", "facts", "params", "refusal")
    return rows.filter(found)[:MOST]


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
