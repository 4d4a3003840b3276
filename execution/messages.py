"""What the live stream says, as it is sent: many lines in one message, and what they have in common once.

    event: log    id: 122   data: {"late":0.1,"pieces":[{"first":121,"step":"restore","attempt":1,"stream":"out",
                                   "at":"…","lines":["…",[["a-red","no"],[""," such disk"]]]}]}
    event: silent           data: {"seconds":12}: so long nobody renewed the run's lease; 0: somebody does again
    event: steps            something in the change or one of its steps moved: ask for them again
    event: done             nothing more will come without somebody's act

`id` is the number of the last line. A line is its text, or, where it is coloured, its spans. `late` is how many
seconds ago the last line was stored.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from execution.colours import spans
from execution.logs import Piece
from execution.models import UNDO

ROOM = 256 * 1024
"""Characters of lines in one message; the line that goes beyond is its last."""

STEPS, DONE = b"event: steps\ndata: {}\n\n", b"event: done\ndata: {}\n\n"


def log_key(phase: str, key: str) -> str:
    """The name of a step's log on the page and in the stream."""
    return f"undo-{key}" if phase == UNDO else key


def log_event(pieces: Sequence[Piece], now: datetime) -> bytes:
    """At least one piece as an event; JSON keeps it on one line, whatever the host wrote."""
    late = max(0.0, (now - pieces[-1].at).total_seconds())
    told = {"late": round(late, 1), "pieces": [as_json(piece) for piece in pieces]}
    data = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    return f"id: {pieces[-1].last}\nevent: log\ndata: {data}\n\n".encode()


def silent_event(seconds: int) -> bytes:
    return f'event: silent\ndata: {{"seconds":{seconds}}}\n\n'.encode()


def as_json(piece: Piece) -> dict[str, Any]:
    return {
        "first": piece.first,
        "step": log_key(piece.phase, piece.step),
        "attempt": piece.attempt,
        "stream": piece.stream,
        "at": piece.at.isoformat(),
        "lines": [spans(raw) if "\x1b" in raw else raw for raw in piece.raws],
    }


def fitting(pieces: Sequence[Piece], room: int = ROOM) -> list[Piece]:
    """The first of these lines, as many as there is room for, and at least one."""
    found: list[Piece] = []
    for piece in pieces:
        for count, raw in enumerate(piece.raws, 1):
            room -= len(raw)
            if room <= 0:
                return [*found, replace(piece, raws=piece.raws[:count])]
        found.append(piece)
    return found
