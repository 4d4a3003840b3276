"""The log of a change, of any length: plain pages of lines with links, which static/js/log.js makes a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from changes.models import Change
from changes.rights import changes_seen_by
from execution.colours import spans
from execution.log_search import LONGEST, find
from execution.logs import Line, pieces, segments, window
from execution.messages import as_json, log_key
from execution.models import UNDO, LogChunk, Run
from execution.stream import is_moving
from pages.change_page import change_or_404
from pages.wording import show_unseen
from people.access import Request, requires
from people.roles import Role

PAGE = 200
MOST = 1000


@requires(Role.VIEWER)
def log_page(request: Request, number: int) -> HttpResponse:
    """The lines around `?line=`, by default the last ones; with `?q=` first a search from there on."""
    change = change_or_404(request, number)
    run = Run.objects.filter(change=change).first()
    total = run.last_seq if run else 0
    line, words = _number(request, "line", 0), request.GET.get("q", "").strip()[:LONGEST]
    missed = False
    if run and words and "go" in request.GET:
        hit = _search(run, words, line, back=request.GET["go"] == "back")
        if hit:
            query = urlencode({"line": hit, "q": words})
            return HttpResponseRedirect(f"{reverse('log', args=[number])}?{query}#L{hit}")
        missed = True
    first = max(1, (min(line, total) - PAGE // 4) if line else total - PAGE + 1)
    last = min(total, first + PAGE - 1)
    context = {
        "change": change,
        "run": run,
        "total": total,
        "lines": [_shown(each) for each in window(run, first, last)] if run else [],
        "first": first,
        "last": last,
        "line": line if 0 < line <= total else None,
        "beyond": line if line > total else None,
        "words": words,
        "missed": missed,
        "earlier": max(1, first - PAGE + PAGE // 4) if first > 1 else None,
        "later": last + 1 + PAGE // 4 if last < total else None,
        "parts": _parts(change, run) if run else [],
        "moving": is_moving(change),
    }
    return render(request, "changes/log.html", context)


@requires(Role.VIEWER)
def log_window(request: Request, number: int) -> HttpResponse:
    """`count` lines from `first` on (`tail`: the last) in pieces, as in the stream; with `parts` the log's parts."""
    run = _run_of(request, number)
    count = max(1, min(_number(request, "count", MOST), MOST))
    first = _number(request, "first", 1)
    if "tail" in request.GET:
        first = max(1, run.last_seq - count + 1)
    found = [as_json(piece) for piece in pieces(run, first, first + count - 1)]
    told: dict[str, Any] = {"run": run.pk, "last_seq": run.last_seq, "gone": run.log_gone, "pieces": found}
    if "parts" in request.GET:
        told["parts"] = _parts(run.change, run)
    return JsonResponse(told)


@requires(Role.VIEWER)
def log_find(request: Request, number: int) -> HttpResponse:
    """The next line with `q` from `from` on (`back`: the one before), or where to go on: {"seq", "reached"}."""
    run = _run_of(request, number)
    words = request.GET.get("q", "").strip()
    if not words:
        return JsonResponse({"seq": None, "reached": None})
    found = find(run, words, _number(request, "from", 1), back="back" in request.GET)
    return JsonResponse({"seq": found.seq, "reached": found.reached})


def _run_of(request: Request, number: int) -> Run:
    run = (
        Run.objects.select_related("change").filter(change__in=changes_seen_by(request.actor).filter(pk=number)).first()
    )
    if run is None:
        raise Http404("Nothing was run yet, so there is no log.")
    return run


def _number(request: HttpRequest, name: str, default: int) -> int:
    """A whole number of the address; what is none counts as not given."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else default


def _search(run: Run, words: str, line: int, *, back: bool) -> int | None:
    """The next hit after a line, or before it, however far: without a script nobody else goes on."""
    at: int | None = (line - 1 if line else run.last_seq) if back else line + 1
    while at:
        found = find(run, words, at, back=back)
        if found.seq:
            return found.seq
        at = found.reached
    return None


def _parts(change: Change, run: Run) -> list[dict[str, Any]]:
    """The log's parts, one after the other, each with its step's title."""
    titles = _titles(change)
    return [
        {
            "step": log_key(phase, key),
            "title": f"{'Undo: ' if phase == UNDO else ''}{titles.get(key, key)}",
            "first": first,
            "last": last,
        }
        for phase, key, first, last in segments(run)
    ]


def _titles(change: Change) -> Mapping[str, str]:
    plan = change.plan
    return {step.key: f"{number}. {step.title}" for number, step in enumerate(plan.steps, 1)} if plan else {}


def _shown(line: Line) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "step": log_key(line.phase, line.step),
        "note": line.stream == LogChunk.NOTE,
        "at": line.at,
        "spans": [(classes, show_unseen(text)) for classes, text in spans(line.raw)],
    }
