"""Pages for what went wrong: a sentence, and what to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

MOST = 300


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """PermissionDenied's own sentence, where it has one."""
    return render(request, "403.html", {"exception": str(exception)[:MOST]}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Http404's own sentence where a view gave one; the resolver's is a dump and is not shown."""
    words = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    return render(request, "404.html", {"exception": words[:MOST]}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither database nor session: they may be what broke."""
    return HttpResponse(render_to_string("500.html"), status=500)
