"""`Idempotency-Key`: a POST that was done is told again, not done again (draft-ietf-httpapi-idempotency-key-header).

A key is first claimed in a transaction of its own, so that others hear that somebody is at work. What it asks for
then happens in one transaction with its answer, which begins by holding the claim: killed before the commit nothing
was done, and after it the answer is there. A claim that nobody answered for `ABANDONED` is the next request's.
"""

from __future__ import annotations

import hashlib
import re
import uuid
import zlib
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Status
from ninja.operation import Operation

from api.auth import user_of
from api.models import IdempotencyKey
from api.problems import problem
from execution.leases import database_now
from inventory.selectors import owners_of
from people.selectors import actor_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT = timedelta(hours=24)
ABANDONED = timedelta(seconds=90)
"""Longer than any request is at work: a site's own command, the slowest, is stopped after 60 s."""

SPELLED = re.compile(r'("?)([!#-\[\]-~]{1,200})\1')
MISSPELLED = (
    f"{HEADER} takes 1 to 200 visible ASCII characters without quotes or backslashes, such as a UUID. Nothing was done."
)
OTHERWISE = (
    f"This {HEADER} came with another request before; send each request under a key of its own. Nothing was done."
)
AT_WORK = f"The request with this {HEADER} is still at work. Ask again in a moment for its answer."

Run = Callable[..., HttpResponseBase]
View = TypeVar("View", bound=Callable[..., Any])
Later = Callable[[], Any]

_later: ContextVar[list[Later] | None] = ContextVar("later", default=None)


def once(run: Run) -> Run:
    """Decorates the `run` of every operation of the API."""
    operation: Operation = run.__self__  # type: ignore[attr-defined]  # a bound method

    @wraps(run)
    def run_once(request: HttpRequest, **words: Any) -> HttpResponseBase:
        text = request.headers.get(HEADER)
        if text is None or request.method != "POST":
            return run(request, **words)
        refusal = operation._run_checks(request)
        if refusal:
            return refusal
        spelled = SPELLED.fullmatch(text)
        if spelled is None:
            return problem(400, MISSPELLED)
        try:
            found = claim(user_of(request).pk, spelled[2], fingerprint(request))
        except Exception as error:
            return operation.api.on_exception(request, error)
        if isinstance(found, HttpResponse):
            return found
        try:
            return answered(operation, found, request, lambda: run(request, **words))
        except BaseException:
            open_claim(found).delete()
            raise

    return run_once


def apart(view: View) -> View:
    """Marks an operation that waits for something outside: no transaction is held round it.

    Killed before it is answered, it may come again; it has to see by itself what it has done already.
    """
    view.apart = True  # type: ignore[attr-defined]  # a mark on a function; `answered` reads it
    return view


def afterwards(make: Later) -> bool:
    """Have the answer's body made once what was done is committed; False where nothing holds it back."""
    held = _later.get()
    if held is None:
        return False
    held.append(make)
    return True


def fingerprint(request: HttpRequest) -> str:
    """Of what is asked for, and what its person may: address, body, roles, owners. Raises what reading the body raises.

    Whoever lost a role, or an owner, gets no stored answer of what they could see then.
    """
    actor = actor_of(user_of(request))
    may = [*sorted(actor.roles), *sorted(map(str, owners_of(actor.id)))]
    text = "\n".join([request.get_full_path(), *may, ""])
    return hashlib.sha256(text.encode() + request.body).hexdigest()


@transaction.atomic
def claim(user_id: int, text: str, mark: str) -> IdempotencyKey | HttpResponse:
    """The key, claimed for this request; or the answer where there is nothing to do."""
    now, mine = database_now(), {"fingerprint": mark, "attempt": uuid.uuid4().hex}
    new = IdempotencyKey(user_id=user_id, text=text, claimed_at=now, **mine)
    IdempotencyKey.objects.bulk_create([new], ignore_conflicts=True)
    row = IdempotencyKey.objects.get(user_id=user_id, text=text)
    if row.attempt == mine["attempt"]:
        return row
    over = row.claimed_at < now - KEPT
    if not over and row.fingerprint != mark:
        return problem(422, OTHERWISE)
    if not over and row.status is not None:
        return told_again(row)
    if not over and abs(now - row.claimed_at) < ABANDONED:
        return at_work()
    taken = IdempotencyKey.objects.filter(pk=row.pk, attempt=row.attempt, status=row.status)
    if not taken.update(claimed_at=now, status=None, answer=b"", **mine):
        return at_work()
    return IdempotencyKey.objects.get(pk=row.pk)


def answered(
    operation: Operation, key: IdempotencyKey, request: HttpRequest, run: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """Do it, and keep the answer; one that may be another the next time (from 500 on) gives the key back."""
    if getattr(operation.view_func, "apart", False):
        response = run()
        keep(key, response)
        return response
    held: list[Later] = []
    with transaction.atomic():
        if not open_claim(key).update(claimed_at=database_now()):
            return at_work()
        token = _later.set(held)
        try:
            response = run()
        finally:
            _later.reset(token)
        keep(key, response)
    if held and response.status_code < 300:
        body = Status(response.status_code, held[-1]())
        response = operation._result_to_response(request, body, operation.api.create_temporal_response(request))
        keep(key, response)
    return response


def open_claim(key: IdempotencyKey) -> Any:
    return IdempotencyKey.objects.filter(pk=key.pk, attempt=key.attempt, status=None)


def keep(key: IdempotencyKey, response: HttpResponseBase) -> None:
    row = IdempotencyKey.objects.filter(pk=key.pk, attempt=key.attempt)
    if response.status_code >= 500 or not isinstance(response, HttpResponse):
        row.delete()
    else:
        row.update(
            status=response.status_code,
            content_type=response["Content-Type"],
            answer=zlib.compress(response.content),
        )


def at_work() -> HttpResponse:
    response = problem(409, AT_WORK)
    response["Retry-After"] = "1"
    return response


def told_again(row: IdempotencyKey) -> HttpResponse:
    response = HttpResponse(zlib.decompress(row.answer), status=row.status, content_type=row.content_type)
    response[REPLAYED] = "true"
    return response


def forget_keys() -> int:
    """Those that were kept for their time; how many."""
    return IdempotencyKey.objects.filter(claimed_at__lt=database_now() - KEPT).delete()[0]
