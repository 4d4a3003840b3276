"""The whole log of a change as text."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse

from execution.logs import every_line
from execution.models import UNDO, LogChunk, Run
from pages.change_page import change_or_404
from people.access import requires
from people.roles import Role


@requires(Role.VIEWER)
def change_log(request: HttpRequest, number: int) -> HttpResponse:
    """The log of the change's present run, each line with its number and its step."""
    run = Run.objects.filter(change=change_or_404(number)).first()
    text = "".join(log_lines(run)) if run else "Nothing was run yet.\n"
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="change-{number}.log"'
    return response


def log_lines(run: Run) -> Iterator[str]:
    """Lines as text, under a line that says how to read them."""
    yield f"# change {run.change_id}, run {run.name}: lines marked # are Regroup's own, all others the host's\n"
    if run.log_gone:
        yield f"# lines 1 to {run.log_gone} were forgotten for their age; their SHA-256 is {run.log_sha256}\n"
    width = len(str(run.last_seq))
    for line in every_line(run):
        mark = "#" if line.stream == LogChunk.NOTE else " "
        yield f"{line.seq:>{width}}  {'undo ' if line.phase == UNDO else ''}{line.step} {mark} {line.text}\n"
