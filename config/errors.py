"""What went wrong outside of any view: a problem document for the API, a page for everybody else."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from api import problems
from pages import errors


def of_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if of_api(request):
        return problems.problem(400, "The request could not be read: it is too large or not whole. Nothing was done.")
    return errors.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if of_api(request):
        return problems.problem(403, str(exception)[: errors.MOST] or "You may not do this.")
    return errors.forbidden(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if of_api(request):
        return problems.problem(404, "There is nothing at this address; /api/v1/docs has them all.")
    return errors.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if of_api(request):
        return problems.problem(500, "Regroup broke; the reason is in the web process's log. What runs goes on.")
    return errors.server_error(request)
