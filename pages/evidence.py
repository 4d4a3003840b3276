"""The evidence of a change as a download."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render

from evidence.services import NotYet, evidence_take
from execution.connections import streamed
from pages.change_page import change_or_404
from people.access import Request, requires
from people.roles import Role
from people.vault import VaultError


@requires(Role.VIEWER)
def change_evidence(request: Request, number: int) -> HttpResponseBase:
    """The signed archive, sent while it is made; 409 or 503 with the sentence where there is none now."""
    try:
        found = evidence_take(request.actor, change_or_404(request, number))
    except NotYet as why:
        return _none(request, number, str(why), 409)
    except VaultError as why:
        return _none(request, number, str(why), 503)
    response = streamed(request, found.blocks, "application/zip")
    response["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return response


def _none(request: Request, number: int, sentence: str, status: int) -> HttpResponse:
    context = {"number": number, "sentence": sentence}
    return render(request, "changes/no_evidence.html", context, status=status)
