"""Refusals as problem details (RFC 9457): the same sentences as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as BodyInvalid

from changes.services import Denied, LockHeld, Moved
from changes.states import IllegalMove
from evidence.services import NotYet
from inventory.importing.rows import ReadRefused
from inventory.imports import ImportMoved
from people.vault import VaultError
from recovery.attach import AttachFailed
from ssh.session import SessionError

UNREAD = "Cannot parse request body"
"""Ninja's own words."""

UNREADABLE = "The body could not be read: it is no JSON object, or too large. Nothing was done."
PROBLEM = "application/problem+json"


class Problem(Schema):
    """What went wrong: `detail` is a sentence for a person; `errors` names fields, if any."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: dict[str, list[str]] = {}


class FieldErrors(Exception):
    """A body that was read but does not hold: field → sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = errors


REFUSALS: dict[Any, Any] = dict.fromkeys((400, 401, 403, 404, 409, 422, 503), Problem)
"""For `response=` of every operation, so that the OpenAPI document tells of them."""


def problem(status: int, detail: str, errors: dict[str, list[str]] | None = None) -> HttpResponse:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    response = JsonResponse({**body, "errors": errors or {}}, status=status)
    response["Content-Type"] = PROBLEM
    return response


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    response = problem(405, f"{request.method} does nothing here; this address takes {allowed}.")
    response["Allow"] = allowed
    return response


def install(api: NinjaAPI) -> None:
    """Answer every expected refusal as a problem."""

    def answer(kind: type[Exception], make: Callable[[Any], HttpResponse]) -> None:
        api.exception_handler(kind)(lambda request, error: make(error))

    answer(Denied, lambda e: problem(403, str(e)))
    answer(Moved, lambda e: problem(409, str(e)))
    answer(IllegalMove, lambda e: problem(409, str(e)))
    answer(FieldErrors, lambda e: problem(422, str(e), e.errors))
    answer(ValidationError, lambda e: problem(422, e.messages[0], _fields(e)))
    answer(ImportMoved, lambda e: problem(409, str(e)))
    answer(ReadRefused, lambda e: problem(422, str(e), {"text": [str(e)]}))
    answer(LockHeld, lambda e: problem(409, str(e)))
    answer(AttachFailed, lambda e: problem(503, str(e)))
    answer(NotYet, lambda e: problem(409, str(e)))
    answer(VaultError, lambda e: problem(503, str(e)))
    answer(SessionError, lambda e: problem(503, str(e)))
    answer(ObjectDoesNotExist, lambda e: problem(404, "There is no such thing, or not for you."))
    answer(Http404, lambda e: problem(404, "There is no such thing, or not for you."))
    answer(
        AuthenticationError,
        lambda e: problem(
            401, "Send a valid token, as the header Authorization: Bearer rgp_…, from your account page."
        ),
    )
    answer(HttpError, _of_http)
    answer(BodyInvalid, lambda e: problem(422, "The request is not of the documented form.", _places(e)))


def _of_http(error: HttpError) -> HttpResponse:
    """Ninja tells whatever its parser raised in words of its own."""
    cause = error.__cause__
    if isinstance(cause, FieldErrors):
        return problem(422, str(cause), cause.errors)
    return problem(error.status_code, UNREADABLE if str(error).startswith(UNREAD) else str(error))


def _fields(error: ValidationError) -> dict[str, list[str]]:
    return dict(error.message_dict) if hasattr(error, "error_dict") else {}


def _places(error: BodyInvalid) -> dict[str, list[str]]:
    return {".".join(map(str, item["loc"])): [item["msg"]] for item in error.errors}
