"""Reading a log, and adding to it. Nobody else knows that its lines are packed many to a row.

Lines are numbered from 1 without gaps, over the whole run. By number any part is one query on an index, however long
the log is; `seq > n` is right after a reload, a late join or a lost message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum, Window
from django.db.models.functions import Lag
from django.utils import timezone

from execution import chunks
from execution.models import LogChunk, Run, StepRun
from execution.text import plain, printable

PAGE = 1000
AT_ONCE = 16
"""Chunks that are read together where a whole log goes by."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `raw` keeps the escape sequences that colour it, `text` is without."""

    seq: int
    step: str
    phase: str
    attempt: int
    stream: str
    raw: str
    at: datetime

    @property
    def text(self) -> str:
        return plain(self.raw)


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that follow one another from number `first` on, and have all else in common."""

    first: int
    step: str
    phase: str
    attempt: int
    stream: str
    at: datetime
    raws: Sequence[str]

    @property
    def last(self) -> int:
        return self.first + len(self.raws) - 1

    def lines(self) -> Iterator[Line]:
        for seq, raw in enumerate(self.raws, self.first):
            yield Line(seq, self.step, self.phase, self.attempt, self.stream, raw, self.at)


def append(run: Run, step: StepRun, texts: Sequence[str], stream: str = LogChunk.OUT) -> None:
    """Store lines behind the run's last, inside the caller's transaction, which holds the run's row."""
    if not texts:
        return
    now, first = timezone.now(), run.last_seq + 1
    lines = [printable(text) for text in texts]
    LogChunk.objects.bulk_create(
        LogChunk(
            run=run,
            step=step,
            first=number,
            last=number + len(part) - 1,
            attempt=step.attempt,
            stream=stream,
            at=now,
            body=chunks.pack(part),
        )
        for number, part in chunks.cuts(lines, first)
    )
    run.last_seq += len(lines)
    Run.objects.filter(pk=run.pk).update(last_seq=run.last_seq)


def pieces(run: int | Run, first: int, last: int) -> list[Piece]:
    """The lines with these numbers, both included, as far as there are such."""
    if last < first:
        return []
    # A chunk has at most LINES lines, so both ends of the index are known.
    near = LogChunk.objects.filter(run=run, last__gte=first, last__lt=last + chunks.LINES, first__lte=last)
    return [_piece(row, first, last) for row in near.select_related("step")]


def window(run: int | Run, first: int, last: int) -> list[Line]:
    """As `pieces`, line by line."""
    return [line for piece in pieces(run, first, last) for line in piece.lines()]


def lines_after(run: int | Run, seq: int, limit: int = PAGE) -> list[Line]:
    """The next lines after `seq`, in order, at most `limit`."""
    return window(run, seq + 1, seq + limit)


def every_piece(run: Run, after: int = 0) -> Iterator[Piece]:
    """The log from a number on, a few chunks in memory at a time; no query is open between two pieces."""
    while True:
        rows = list(_of(run).filter(last__gt=after)[:AT_ONCE])
        for row in rows:
            yield _piece(row, after + 1)
        if not rows:
            return
        after = rows[-1].last


def every_line(run: Run, after: int = 0) -> Iterator[Line]:
    """As `every_piece`, line by line."""
    for piece in every_piece(run, after):
        yield from piece.lines()


def chunks_from(run: Run, start: int, *, back: bool = False) -> Iterator[LogChunk]:
    """The chunks from the one with line `start` on, to the log's end or to its beginning."""
    at = start
    while True:
        if back:
            rows = list(
                LogChunk.objects.filter(run=run, last__lt=at + chunks.LINES, first__lte=at).order_by("-last")[:AT_ONCE]
            )
        else:
            rows = list(LogChunk.objects.filter(run=run, last__gte=at).order_by("last")[:AT_ONCE])
        yield from rows
        if not rows:
            return
        at = rows[-1].first - 1 if back else rows[-1].last + 1


def segments(run: Run) -> list[tuple[str, str, int, int]]:
    """The log's parts in order: phase, step, first and last number of lines that follow one another."""
    before = Window(Lag("step_id"), order_by=F("last").asc())
    begun = _of(run).annotate(before=before).filter(Q(before=None) | ~Q(before=F("step_id")))
    rows = [row for row in begun.values_list("step__phase", "step__key", "first") if row[2] <= run.last_seq]
    ends = [first - 1 for _, _, first in rows[1:]] + [run.last_seq]
    return [(*row, end) for row, end in zip(rows, ends, strict=False)]  # no rows: all was forgotten


def tails(run: Run, limit: int) -> Mapping[int, tuple[Line, ...]]:
    """Step's pk → the last lines of its log, at most `limit`; one query, and only their chunks are read."""
    size = F("last") - F("first") + 1
    behind = Window(Sum(size), partition_by=[F("step_id")], order_by=F("last").desc())
    found: dict[int, list[Line]] = {}
    for row in _of(run).annotate(behind=behind).filter(behind__lt=size + limit):
        found.setdefault(row.step_id, []).extend(_piece(row).lines())
    return {step: tuple(lines[-limit:]) for step, lines in found.items()}


def notes(change: int, steps: Sequence[str], limit: int) -> list[Line]:
    """Our own lines about these steps of a change, over all its runs, the first `limit`."""
    rows = LogChunk.objects.filter(run__change=change, stream=LogChunk.NOTE, step__key__in=steps)
    return [
        line for row in rows.select_related("step").order_by("run", "last")[:limit] for line in _piece(row).lines()
    ][:limit]


def as_json(line: Line) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "step": line.step,
        "phase": line.phase,
        "attempt": line.attempt,
        "stream": line.stream,
        "text": line.text,
        "at": line.at.isoformat(),
    }


def _of(run: int | Run) -> QuerySet[LogChunk]:
    return LogChunk.objects.filter(run=run).select_related("step").order_by("last")


def _piece(row: LogChunk, first: int = 0, last: int | None = None) -> Piece:
    """The chunk's lines with numbers from `first` to `last`, both included."""
    step, start = row.step, max(0, first - row.first)
    end = None if last is None else max(0, last - row.first + 1)
    texts = chunks.unpack(row.body)[start:end]
    return Piece(row.first + start, step.key, step.phase, row.attempt, row.stream, row.at, texts)
