"""Machines from a list: the form, the preview row by row, the confirmation; and the stock as such a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from inventory.forms import BulkForm, ImportForm
from inventory.importing.csv_rows import write
from inventory.importing.planning import Act, Item
from inventory.importing.rows import COLUMNS, MOST_ROWS, ReadRefused, Source
from inventory.imports import ImportMoved, export_rows, import_confirm, import_preview, read_source
from inventory.paging import filters
from inventory.selectors import host_list
from inventory.states import Label
from people.access import Request, requires
from people.roles import Role

LABELS: dict[Act, Label] = {
    Act.CREATE: Label("✚", "is created", "ok"),
    Act.CHANGE: Label("✎", "is changed", "info"),
    Act.SAME: Label("=", "stays as it is", "neutral"),
    Act.REFUSE: Label("⊘", "is refused", "bad"),
}


def when_confirmed(request: HttpRequest, _words: Mapping[str, Any]) -> bool:
    """A list may vouch for host keys; its preview writes nothing."""
    return "digest" in request.POST


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_confirmed)
def hosts_import(request: Request) -> HttpResponse:
    """The form; posted, the preview; posted with the preview's digest, the import."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "GET" or not form.is_valid():
        return _form(request, form)
    try:
        source = read_source(form.cleaned_data["source"], form.words)
    except ReadRefused as refused:
        form.add_error("file" if form.cleaned_data["file"] else "text", str(refused))
        return _form(request, form)
    digest = request.POST.get("digest", "")
    if not digest:
        return _preview(request, form, source)
    try:
        done = import_confirm(source, form.options, digest, by=request.actor)
    except ImportMoved as moved:
        return _preview(request, form, source, str(moved))
    words = f"{done.count(Act.CREATE)} created, {done.count(Act.CHANGE)} changed, {done.count(Act.REFUSE)} refused."
    messages.success(request, f"The import is written: {words}")
    return redirect("hosts")


@requires(Role.ADMINISTRATOR, methods="GET POST")
def hosts_bulk(request: Request) -> HttpResponse:
    """One edit for all hosts of a filtered list: it becomes an import, with its preview and its refusals."""
    chosen = filters(request.GET, "text", "trust", "owner")
    names = list(host_list(request.actor, **chosen).order_by("name").values_list("name", flat=True)[: MOST_ROWS + 1])
    form = BulkForm(request.POST or None)
    if len(names) > MOST_ROWS:
        form = BulkForm({})
        form.add_error(None, f"More than {MOST_ROWS:,} hosts match; filter the list first.")
    if request.method == "GET" or not form.is_valid() or not names:
        context = {"form": form, "count": len(names), "some": names[:10], "more": max(0, len(names) - 10)}
        return render(request, "inventory/bulk.html", context, status=422 if form.errors else 200)
    values = form.values()
    text = "".join(write(((name, "host", *values.values()) for name in names), ("name", "kind", *values)))
    data = {"source": "csv", "text": text, "overwrite": form.cleaned_data["overwrite"]}
    wanted = ImportForm(data)
    if not wanted.is_valid():  # names and fields that are kept already, or were just checked
        raise ValueError(wanted.errors.as_text())
    return _preview(request, wanted, read_source("csv", wanted.words))


@requires(Role.VIEWER)
def hosts_export(request: Request) -> StreamingHttpResponse:
    """Hosts and VMs that the person sees, as a CSV file that an import takes; no cell is a formula to a spreadsheet."""
    answer = StreamingHttpResponse(write(export_rows(request.actor)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="hosts.csv"'
    return answer


def _form(request: Request, form: ImportForm) -> HttpResponse:
    context = {"form": form, "columns": COLUMNS}
    return render(request, "inventory/import.html", context, status=422 if form.errors else 200)


def _preview(request: Request, form: ImportForm, source: Source, moved: str = "") -> HttpResponse:
    plan = import_preview(source, form.options)
    context = {
        "plan": plan,
        "rows": [_row(item) for item in plan.items if item.act is not Act.SAME],
        "counts": [(LABELS[act], plan.count(act)) for act in Act],
        "writes": plan.count(Act.CREATE) + plan.count(Act.CHANGE),
        "same": plan.count(Act.SAME),
        "remarks": source.remarks,
        "moved": moved,
        "words": form.words,
        "chosen": form.cleaned_data,
    }
    return render(request, "inventory/import_preview.html", context, status=409 if moved else 200)


def _row(item: Item) -> dict[str, Any]:
    return {"item": item, "label": LABELS[item.act]}
