"""Reading a log by cursor: `seq > n` is right after a reload, a late join or a lost message."""

from __future__ import annotations

from typing import Any

from execution.models import LogLine, Run

PAGE = 1000


def lines_after(run: Run, seq: int, limit: int = PAGE) -> list[LogLine]:
    """The next lines after `seq`, in order, at most `limit`."""
    return list(run.lines.filter(seq__gt=seq).select_related("step")[:limit])


def as_json(line: LogLine) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "step": line.step.key,
        "phase": line.step.phase,
        "attempt": line.attempt,
        "stream": line.stream,
        "text": line.text,
        "at": line.at.isoformat(),
    }
