"""Asking for a recovery, and the site's own commands for its disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from changes.acting import ActFailed, allow, try_act
from changes.models import Change
from changes.policy import Action, may, may_request
from changes.rights import changes_seen_by
from changes.services import Request as ChangeRequest
from execution.asking import ask_for, facts_part, host_named, known_of
from execution.models import FactsWish
from inventory.models import Host
from people.access import Request, always, requires, when_posted
from people.roles import Role
from recovery.attach import AttachFailed
from recovery.forms import Draft, draft_fresh, draft_posted, facts_in, problem_at, suggested_name
from recovery.handback.planner import KIND as HAND_BACK
from recovery.kind import KIND
from recovery.preview import disks, groups
from recovery.report import Report
from recovery.site import STILL_NEEDED, disk_attach, disk_detach, is_left
from recovery.telling import NothingToReport, report_of, report_page

LATE = timedelta(seconds=20)


@requires(Role.REQUESTER, methods="GET POST")
def recovery_new(request: Request) -> HttpResponse:
    """The form of a new recovery; `?from=7` begins with what change 7 asked for."""
    allow(may_request(request.actor))
    source = request.GET.get("from", "")
    like = changes_seen_by(request.actor).filter(kind=KIND.key, pk=int(source)).first() if source.isdecimal() else None
    return _form(request, None, like)


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="GET POST")
def recovery_edit(request: Request, number: int) -> HttpResponse:
    """The same form for a change that is not decided yet."""
    change = _change(request, number)
    allow(may(Action.EDIT, request.actor, change.case()))
    return _form(request, change, change)


def _form(request: Request, change: Change | None, like: Change | None) -> HttpResponse:
    """One round: the whole page, its partial for htmx, or the change once it is asked for."""
    if request.method == "POST":
        final = request.POST.get("go") == "create"
        draft = draft_posted(request.actor, request.POST, request.FILES.get("file"), request.user, final=final)
    else:
        draft = draft_fresh(request.actor, request.user, request.GET, like)
    if draft.is_right:
        return _ask(request, change, draft)
    page = "recovery/_form.html" if request.htmx else "recovery/form.html"
    return render(request, page, _context(draft, change), status=422 if draft.final else 200)


def _ask(request: Request, change: Change | None, draft: Draft) -> HttpResponseRedirect:
    """Create or edit the change, and have it planned."""
    host, vm, value = draft.host, draft.vm, draft.form.cleaned_data
    if host is None or vm is None:
        raise ValueError("A form without host or VM is not right.")
    wanted = ChangeRequest(KIND.key, draft.params(), host.pk, vm.pk, value["reason"], value["ticket"])
    return ask_for(request, change, wanted)


def _context(draft: Draft, change: Change | None) -> dict[str, Any]:
    return {
        "draft": draft,
        "suggested": suggested_name(draft.preview, draft.vm, draft.is_blind),
        "form": draft.form,
        "change": change,
        "url": reverse("recovery_edit", args=[change.pk]) if change else reverse("recovery_new"),
        **(host_context(draft.host) if draft.host else {}),
    }


@requires(Role.REQUESTER, Role.ADMINISTRATOR)
def recovery_host(request: Request) -> HttpResponse:
    """The chosen host's live facts: asked for again each second until they have come."""
    return facts_part(request, "recovery/_host.html", host_context(host_named(request)))


def host_context(host: Host) -> dict[str, Any]:
    """What the host last said, as its part of the form shows it."""
    known = known_of(host)
    facts = facts_in(known.kept)
    asked = FactsWish.objects.filter(host=host).values_list("asked_at", flat=True).first()
    return {
        "host": host,
        "kept": known.kept,
        "asking": known.asking,
        "late": bool(asked and timezone.now() - asked > LATE),
        "groups": groups(facts) if facts else (),
        "disks": disks(facts) if facts else (),
        "error": known.kept.error if known.kept and not known.asking else "",
    }


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="POST")
def recovery_check(request: Request) -> HttpResponse:
    """One field's error as one types: a sentence, or nothing."""
    draft = draft_posted(request.actor, request.POST, None, request.user, final=False)
    return HttpResponse(escape(problem_at(draft, request.GET.get("field", ""))))


@requires(Role.OPERATOR, methods="POST", fresh=always)
def recovery_attach(request: Request, number: int) -> HttpResponse:
    """Run the site's command that attaches the old disk, and confirm that it is there."""
    change = _change(request, number)
    allow(may(Action.CONFIRM, request.actor, change.case()))

    def attach() -> None:
        _try(lambda: disk_attach(request.user, change))

    return try_act(request, change, attach, "The disk is attached; the host is asked for it.")


@requires(Role.OPERATOR, methods="POST", fresh=when_posted)
def recovery_detach(request: Request, number: int) -> HttpResponse:
    """After the undo or the hand back: run the site's command that gives the old disk back."""
    change = _change(request, number, KIND.key, HAND_BACK)
    if not is_left(change):
        raise PermissionDenied(STILL_NEEDED)

    def detach() -> None:
        _try(lambda: disk_detach(request.user, change))

    return try_act(request, change, detach, "The disk is detached.")


@requires(Role.VIEWER)
def recovery_report_html(request: Request, number: int) -> HttpResponse:
    """The report as a page of its own, which needs nothing of this site."""
    report = _report(request, number)
    return report_file(HttpResponse(report_page(report)), report, "html")


@requires(Role.VIEWER)
def recovery_report_json(request: Request, number: int) -> HttpResponse:
    """The report as data."""
    report = _report(request, number)
    return report_file(JsonResponse(report.to_json(), json_dumps_params={"indent": 2}), report, "json")


def _report(request: Request, number: int) -> Report:
    try:
        return report_of(_change(request, number))
    except NothingToReport as nothing:
        raise Http404(str(nothing)) from nothing


def report_file(response: HttpResponse, report: Report, kind: str) -> HttpResponse:
    """The response as a file to keep: it says when it was so, and would be wrong in a cache."""
    response["Content-Disposition"] = f'attachment; filename="recovery-{report.number}.{kind}"'
    response["Cache-Control"] = "no-store"
    return response


def _try(act: Callable[[], None]) -> None:
    """A site's command that fails is said on the change's page."""
    try:
        act()
    except AttachFailed as failed:
        raise ActFailed(str(failed)) from failed


def _change(request: Request, number: int, *kinds: str) -> Change:
    change = (
        changes_seen_by(request.actor).select_related("host").filter(pk=number, kind__in=kinds or (KIND.key,)).first()
    )
    if change is None:
        raise Http404(f"There is no recovery #{number}.")
    return change
