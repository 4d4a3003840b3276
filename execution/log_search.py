"""Searching a log where it lies, a bounded part at a time: whoever asks goes on from where it stopped."""

from __future__ import annotations

from dataclasses import dataclass

from execution import chunks
from execution.logs import chunks_from
from execution.models import Run
from execution.text import plain

AT_MOST = 200_000
"""Lines that one request looks through."""

LONGEST = 200
"""Characters of what is searched for."""


@dataclass(frozen=True, slots=True)
class Found:
    """seq of the first line with the words, or None; reached: where to go on, or None at the log's end."""

    seq: int | None
    reached: int | None


def find(run: Run, words: str, start: int, *, back: bool = False) -> Found:
    """The nearest line from `start` on, itself included, that has the words, whatever their case."""
    wanted, seen = words[:LONGEST].casefold(), 0
    for row in chunks_from(run, start, back=back):
        texts = chunks.unpack(row.body)
        if any(wanted in plain(text).casefold() for text in texts):
            numbers = range(row.last, row.first - 1, -1) if back else range(row.first, row.last + 1)
            for seq in numbers:
                beyond = seq > start if back else seq < start
                if not beyond and wanted in plain(texts[seq - row.first]).casefold():
                    return Found(seq, seq)
        seen += len(texts)
        if seen >= AT_MOST:
            return Found(None, row.first - 1 if back else row.last + 1)
    return Found(None, None)
