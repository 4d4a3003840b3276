"""Says of a request's log lines which change it is about: the number in its address."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

from execution.log_ids import about

OF_A_CHANGE = re.compile(r"/(?:api/v1/)?changes/([0-9]{1,18})(?:/|$)")


def _ids_of(request: HttpRequest) -> AbstractContextManager[None]:
    found = OF_A_CHANGE.match(request.path)
    return about(int(found[1])) if found else nullcontext()


@sync_and_async_middleware
def change_in_log(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Middleware; as a coroutine where the server is one, so that a stream keeps no thread."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> Any:
            with _ids_of(request):
                return await get_response(request)

        return answer_later

    def answer(request: HttpRequest) -> Any:
        with _ids_of(request):
            return get_response(request)

    return answer
