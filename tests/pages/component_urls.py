"""The style guide, and a change page in small whose stream breaks as networks do."""

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace

from django.contrib.messages.constants import ERROR, SUCCESS
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template import RequestContext, Template
from django.urls import path
from django.utils import timezone

from pages.styleguide import styleguide

STEPS = """{% load regroup %}<div id="steps" hx-get="/steps" hx-trigger="refresh-steps from:body" hx-swap="outerHTML"
 data-announce="Step {{ turn }} is running"><ol class="steps-list">
<li class="step" data-tone="info"><details data-keep-open="one"><summary><span class="step-no">1</span>
<span class="step-title">One, turn {{ turn }}</span>{% state_badge "running" %}</summary>
<div class="step-body">{% log_block "one" lines %}</div></details></li>
{% if turn > 1 %}<li class="step" data-tone="info"><details open><summary><span class="step-no">2</span>
<span class="step-title">Two</span></summary><div class="step-body">{% log_block "two" "" %}</div></details></li>
{% endif %}</ol>{% confirm_button "/steps" "Approve" "It will run." tone="secondary" ask="Comment" %}</div>"""
PAGE = (
    '{% extends "base.html" %}{% load static %}{% block title %}Change 7{% endblock %}{% block content %}'
    '<div data-events-url="/events" data-last-seq="2"></div>'
    + STEPS
    + '<form id="why-form" data-keep action="/steps"><label>Why <input id="why" name="why"></label>'
    '<label>Password <input id="secret" type="password" name="secret" autocomplete="off"></label></form>{% endblock %}'
    '{% block scripts %}<script type="module" src="{% static "js/live.js" %}"></script>{% endblock %}'
)
turns = {"drawn": 0, "streams": 0}


def _context(request: HttpRequest) -> RequestContext:
    turns["drawn"] += 1
    lines = [SimpleNamespace(seq=n, text=f"old {n}", stream="out", at=None, attempt=1) for n in (1, 2)]
    return RequestContext(request, {"turn": turns["drawn"], "lines": lines, "now": timezone.now()})


def _event(first: int, step: str, *texts: str, stream: str = "out") -> str:
    common = {"step": step, "attempt": 1, "stream": stream, "at": "2026-11-22T21:00:00Z"}
    told = {"late": 0, "pieces": [{"first": first, **common, "lines": texts}]}
    return f"id: {first + len(texts) - 1}\nevent: log\ndata: {json.dumps(told)}\n\n"


def change(request: HttpRequest) -> HttpResponse:
    turns.update(drawn=0, streams=0)
    return HttpResponse(Template(PAGE).render(_context(request)))


def change_still(request: HttpRequest) -> HttpResponse:
    """The same page without a stream."""
    turns.update(drawn=0, streams=0)
    return HttpResponse(Template(PAGE.replace("/events", "")).render(_context(request)))


def change_done(request: HttpRequest) -> HttpResponse:
    """The same page, with what an act before it told."""
    request._messages = [  # type: ignore[attr-defined]  # as the middleware does, which needs sessions
        Message(SUCCESS, "Queued to run."),
        Message(ERROR, "The mail could not be sent."),
    ]
    return change(request)


def change_run_again(request: HttpRequest) -> HttpResponse:
    """The same page, on a stream that tells the end of one run and the start of the next."""
    return HttpResponse(Template(PAGE.replace("/events", "/events-again")).render(_context(request)))


def events_again(request: HttpRequest) -> StreamingHttpResponse:
    said = [(3, "end of the first run"), (1, "second run"), (2, "goes on")]
    parts = [_event(seq, "one", text) for seq, text in said]
    return StreamingHttpResponse([*parts, "event: done\ndata: {}\n\n"], content_type="text/event-stream")


def change_moving(request: HttpRequest) -> HttpResponse:
    """The same page, whose steps move again while they are being asked for, and then no more."""
    turns.update(drawn=0, streams=0, moved=0)
    page = PAGE.replace("/events", "/events-moving").replace('hx-get="/steps"', 'hx-get="/steps-slowly"')
    return HttpResponse(Template(page).render(_context(request)))


def events_moving(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        yield "event: steps\ndata: {}\n\n"
        time.sleep(0.6)
        turns["moved"] = 1
        yield "event: done\ndata: {}\n\n"

    return StreamingHttpResponse(parts(), content_type="text/event-stream")


def steps_slowly(request: HttpRequest) -> HttpResponse:
    """As they were when they were asked for, a second later."""
    state = "moved" if turns["moved"] else "old"
    time.sleep(1)
    text = STEPS.replace('hx-get="/steps"', 'hx-get="/steps-slowly"').replace("One, turn", f"One, {state}, turn")
    return HttpResponse(Template(text).render(_context(request)))


def steps(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(STEPS).render(_context(request)))


def _first(after: int) -> Iterator[str]:
    """300 lines of step one, one of them twice, one of a step the page has not got yet; then the line drops."""
    yield "retry: 200\n\n"
    for first in range(after + 1, 303, 50):
        yield _event(first, "one", *(f"<b>line {seq}</b>\x1b[1m" for seq in range(first, min(first + 50, 303))))
    yield _event(302, "one", "again")
    yield _event(303, "two", "early", stream="note")
    yield "event: steps\ndata: {}\n\n"
    time.sleep(0.5)


def _third(after: int) -> Iterator[str]:
    """The rest, beginning two lines too early."""
    yield _event(after - 1, "two", *(f"late {seq}" for seq in range(after - 1, 311)))
    yield "event: done\ndata: {}\n\n"


def events(request: HttpRequest) -> HttpResponseBase:
    """Breaks after the first lines, refuses the second time, ends the third."""
    turns["streams"] += 1
    after = int(request.headers.get("Last-Event-ID") or request.GET["after"])
    if turns["streams"] == 2:
        return HttpResponse("Bad gateway", status=502)
    parts = _first(after) if turns["streams"] == 1 else _third(after)
    return StreamingHttpResponse(parts, content_type="text/event-stream", headers={"Cache-Control": "no-cache"})


urlpatterns = [
    path("styleguide/", styleguide),
    path("change", change),
    path("change-done", change_done),
    path("change-still", change_still),
    path("change-moving", change_moving, name="change_moving"),
    path("events-moving", events_moving, name="events_moving"),
    path("steps-slowly", steps_slowly, name="steps_slowly"),
    path("steps", steps),
    path("events", events),
    path("again", change_run_again),
    path("events-again", events_again),
    path("search", steps, name="search"),
    path("", steps, name="home"),
]
