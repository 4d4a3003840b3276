"""The whole log of a change as text, sent while it is read: what is in memory does not grow with the log."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse

from execution.connections import streamed
from execution.logs import Piece, every_piece
from execution.models import UNDO, LogChunk, Run
from pages.change_page import change_or_404
from people.access import Request, requires
from people.roles import Role


@requires(Role.VIEWER)
def change_log(request: Request, number: int) -> StreamingHttpResponse:
    """The log of the change's present run, each line with its number and its step."""
    run = Run.objects.filter(change=change_or_404(request, number)).first()
    parts = log_text(run) if run else iter(["Nothing was run yet.\n"])
    response = streamed(request, parts, "text/plain; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="change-{number}.log"'
    return response


def log_text(run: Run) -> Iterator[str]:
    """Lines as text, many at a time, under a line that says how to read them."""
    yield f"# change {run.change_id}, run {run.name}: lines marked # are Regroup's own, all others the host's\n"
    if run.log_gone:
        yield f"# lines 1 to {run.log_gone} were forgotten for their age; their SHA-256 is {run.log_sha256}\n"
    width = len(str(run.last_seq))
    for piece in every_piece(run):
        yield _as_text(piece, width)


def _as_text(piece: Piece, width: int) -> str:
    mark = "#" if piece.stream == LogChunk.NOTE else " "
    step = f"{'undo ' if piece.phase == UNDO else ''}{piece.step} {mark}"
    return "".join(f"{line.seq:>{width}}  {step} {line.text}\n" for line in piece.lines())
