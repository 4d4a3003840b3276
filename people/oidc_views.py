"""Signing in through an OpenID Connect provider: there, and back."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from people import oidc
from people.access import anyone
from people.directory import SignInRefused
from people.sign_in import signed_in_as, then

NEXT = "oidc_next"


@never_cache
@anyone()
def oidc_begin(request: HttpRequest) -> HttpResponse:
    _must_be_on()
    try:
        answer = oidc.begin(request)
    except SignInRefused as refused:
        return _no(request, refused)
    request.session[NEXT] = then(request)
    return answer


@never_cache
@anyone()
def oidc_back(request: HttpRequest) -> HttpResponse:
    _must_be_on()
    try:
        user = oidc.finish(request)
    except SignInRefused as refused:
        return _no(request, refused)
    return signed_in_as(request, user, request.session.pop(NEXT, "/"))


def _must_be_on() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404("No sign-in provider is set up here.")


def _no(request: HttpRequest, refused: SignInRefused) -> HttpResponse:
    return render(request, "registration/refused.html", {"sentence": str(refused)}, status=403)
