"""Database connections of answers that go on for long."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse


def give_back() -> None:
    """Close this thread's connections, unless a transaction is under way: the next query opens one again."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def streamed(request: HttpRequest, parts: Iterator[str] | Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """An answer that is made while it is sent."""
    # Django takes an iterator of the other sort too, but collects all of it first.
    content = _in_turns(parts) if isinstance(request, ASGIRequest) else parts
    return StreamingHttpResponse(content, content_type=content_type)


async def _in_turns(parts: Iterator[str] | Iterator[bytes]) -> AsyncIterator[str | bytes]:
    """One part after the other from the request's own thread. While the viewer takes one, no connection is held."""

    def part() -> str | bytes | None:
        found = next(parts, None)
        give_back()
        return found

    while (found := await sync_to_async(part)()) is not None:
        yield found
