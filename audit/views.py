"""The audit page. Its policy is declared where it is hung (config.urls): people is this floor's sibling."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.selectors import FILTERS, filtered, page


def audit(request: HttpRequest) -> HttpResponse:
    """Entries newest first; `before` and `after` are ids, the filters stand in the URL."""
    chosen = {name: request.GET.get(name, "").replace("\0", "").strip() for name in FILTERS}
    shown = page(filtered(chosen), before=_number(request, "before"), after=_number(request, "after"))
    context = {
        "entries": shown.entries,
        "chosen": chosen,
        "filtering": any(chosen.values()),
        "newer": _link(request, "after", shown.newer),
        "older": _link(request, "before", shown.older),
    }
    return render(request, "audit/_list.html" if _partial(request) else "audit/list.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _link(request: HttpRequest, name: str, pk: int | None) -> str | None:
    """The same list, from this entry on; None where there is no more."""
    if pk is None:
        return None
    values = request.GET.copy()
    for other in ("before", "after"):
        values.pop(other, None)
    values[name] = str(pk)
    return f"?{values.urlencode()}"


def _partial(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target") == "entries"
