"""The filters that a person keeps: opening one, keeping, renaming and deleting them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from people.access import Request, requires
from people.filtered_lists import LISTS
from people.kept import (
    KeepRefused,
    filter_change,
    filter_drop,
    filter_keep,
    kept_changed_by,
    kept_seen_by,
    may_share,
    opened,
)
from people.roles import Role


@requires(Role.VIEWER, methods="GET POST")
def filters(request: Request) -> HttpResponse:
    """Those that one may rename and delete; a post keeps another one, and goes back to its list."""
    if request.method != "POST":
        return _page(request)
    words = [request.POST.get(name, "").replace("\0", "") for name in ("list", "name", "query")]
    try:
        row = filter_keep(request.actor, *words, shared="shared" in request.POST)
    except KeepRefused as refused:
        return _page(request, str(refused))
    messages.success(request, f"“{row}” is kept: it stands at this list, and the search box finds it.")
    return redirect(opened(row).url)


@requires(Role.VIEWER)
def filter_open(request: Request, pk: int) -> HttpResponse:
    """Its list, by what of it still means something; what does not is said."""
    row = get_object_or_404(kept_seen_by(request.actor), pk=pk)
    now = opened(row)
    if now.left_out:
        gone = ", ".join(now.left_out)
        messages.warning(request, f"“{row}” says {gone}, which this list no longer knows: shown without it.")
    return redirect(now.url)


@requires(Role.VIEWER, methods="POST")
def filter_edit(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(kept_changed_by(request.actor), pk=pk)
    name = request.POST.get("name", "").replace("\0", "")
    try:
        row = filter_change(row, name, request.actor, shared="shared" in request.POST)
    except KeepRefused as refused:
        return _page(request, str(refused))
    messages.success(request, f"“{row}” is saved.")
    return redirect("filters")


@requires(Role.VIEWER, methods="POST")
def filter_end(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(kept_changed_by(request.actor), pk=pk)
    filter_drop(row, request.actor)
    messages.success(request, f"“{row}” is deleted.")
    return redirect("filters")


def _page(request: Request, sentence: str = "") -> HttpResponse:
    rows = [(row, LISTS[row.page].words, opened(row)) for row in kept_changed_by(request.actor)]
    context = {"rows": rows, "sentence": sentence, "may_share": may_share(request.actor)}
    return render(request, "people/filters.html", context, status=422 if sentence else 200)
