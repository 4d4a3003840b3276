"""One table of transitions: where a change may go from where it is, and how each state looks.

    draft ─ planned ─ in_review ─ approved ─ queued ─ gating ─ running ⇄ waiting
      └ refused           └ rejected   └ stale       └ blocked    ├ succeeded ─ undoing ─ undone
                                                                  ├ failed, cancelled ┘    └ undo_failed
                                                                  └ unknown

Nothing else in Regroup decides whether a change may move; the database only compares and swaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    REFUSED = "refused"
    PLANNED = "planned"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    APPROVED = "approved"
    STALE = "stale"
    QUEUED = "queued"
    GATING = "gating"
    BLOCKED = "blocked"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


S = State

TRANSITIONS: dict[State, frozenset[State]] = {
    S.DRAFT: frozenset({S.PLANNED, S.REFUSED, S.WITHDRAWN}),
    S.REFUSED: frozenset({S.DRAFT, S.WITHDRAWN}),
    S.PLANNED: frozenset({S.IN_REVIEW, S.DRAFT, S.WITHDRAWN}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.REJECTED, S.STALE, S.DRAFT, S.EXPIRED, S.WITHDRAWN}),
    S.APPROVED: frozenset({S.QUEUED, S.STALE, S.EXPIRED, S.WITHDRAWN}),
    S.STALE: frozenset({S.PLANNED, S.WITHDRAWN}),
    S.QUEUED: frozenset({S.GATING, S.EXPIRED, S.WITHDRAWN}),
    S.GATING: frozenset({S.RUNNING, S.STALE, S.BLOCKED}),
    S.BLOCKED: frozenset({S.QUEUED, S.EXPIRED, S.WITHDRAWN}),
    S.RUNNING: frozenset({S.WAITING, S.SUCCEEDED, S.FAILED, S.UNKNOWN, S.CANCELLED}),
    S.WAITING: frozenset({S.RUNNING, S.FAILED, S.UNKNOWN, S.CANCELLED}),
    S.FAILED: frozenset({S.RUNNING, S.UNDOING, S.CLOSED}),
    S.CANCELLED: frozenset({S.RUNNING, S.UNDOING, S.CLOSED}),
    S.UNKNOWN: frozenset({S.RUNNING, S.FAILED, S.UNDO_FAILED, S.CLOSED}),
    S.SUCCEEDED: frozenset({S.UNDOING}),
    S.UNDOING: frozenset({S.UNDONE, S.UNDO_FAILED, S.UNKNOWN}),
    S.UNDO_FAILED: frozenset({S.UNDOING, S.CLOSED}),
    S.REJECTED: frozenset(),
    S.EXPIRED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.UNDONE: frozenset(),
    S.CLOSED: frozenset(),
}

HOLDS_HOST = frozenset({S.GATING, S.RUNNING, S.WAITING, S.UNKNOWN, S.FAILED, S.CANCELLED, S.UNDOING, S.UNDO_FAILED})
"""States in which a change keeps the lock of its hosts: what it began is not resolved yet."""

ON_THE_HOST = frozenset({S.RUNNING, S.WAITING, S.UNDOING})
"""A run, or its undo, is under way; leaving these is its end."""

ACTIVE = frozenset({S.QUEUED, S.GATING, S.RUNNING, S.UNDOING})
"""States in which a worker has something to do now."""


class IllegalMove(Exception):
    """The table has no such transition."""


def check_move(old: State, new: State) -> None:
    """Raise IllegalMove, with a sentence, unless the table allows `old` to become `new`."""
    if new not in TRANSITIONS[old]:
        raise IllegalMove(f"A change that is {LABELS[old].word} cannot become {LABELS[new].word}.")


@dataclass(frozen=True, slots=True)
class Label:
    """How a state shows everywhere: a glyph, a word and a tone; never colour alone.

    tone is one of neutral, info, wait, ok, warn, bad.
    """

    glyph: str
    word: str
    tone: str


LABELS: dict[State, Label] = {
    S.DRAFT: Label("✎", "draft", "neutral"),
    S.REFUSED: Label("⊘", "refused", "bad"),
    S.PLANNED: Label("☰", "planned", "info"),
    S.IN_REVIEW: Label("◔", "in review", "wait"),
    S.REJECTED: Label("✗", "rejected", "bad"),
    S.APPROVED: Label("✓", "approved", "info"),
    S.STALE: Label("≠", "stale", "warn"),
    S.QUEUED: Label("…", "queued", "wait"),
    S.GATING: Label("⋯", "checking the gate", "info"),
    S.BLOCKED: Label("▮", "blocked", "warn"),
    S.RUNNING: Label("▶", "running", "info"),
    S.WAITING: Label("◷", "waiting", "wait"),
    S.SUCCEEDED: Label("✔", "succeeded", "ok"),
    S.FAILED: Label("✖", "failed", "bad"),
    S.UNKNOWN: Label("?", "unknown", "warn"),
    S.CANCELLED: Label("◼", "cancelled", "neutral"),
    S.UNDOING: Label("↶", "undoing", "info"),
    S.UNDONE: Label("↩", "undone", "neutral"),
    S.UNDO_FAILED: Label("✖", "undo failed", "bad"),
    S.EXPIRED: Label("◌", "expired", "neutral"),
    S.WITHDRAWN: Label("–", "withdrawn", "neutral"),
    S.CLOSED: Label("●", "closed", "neutral"),
}


class StepState(StrEnum):
    PENDING = "pending"
    CHECKING = "checking"
    RUNNING = "running"
    WAITING = "waiting"
    VERIFYING = "verifying"
    OK = "ok"
    DONE_ALREADY = "done_already"
    FAILED = "failed"
    ERRORED = "errored"
    UNKNOWN = "unknown"
    UNDONE = "undone"
    SKIPPED = "skipped"


STEP_DONE = frozenset({StepState.OK, StepState.DONE_ALREADY, StepState.SKIPPED})
STEP_BROKEN = frozenset({StepState.FAILED, StepState.ERRORED, StepState.UNKNOWN})

STEP_LABELS: dict[StepState, Label] = {
    StepState.PENDING: Label("○", "pending", "neutral"),
    StepState.CHECKING: Label("⋯", "checking", "info"),
    StepState.RUNNING: Label("▶", "running", "info"),
    StepState.WAITING: Label("◷", "waiting", "wait"),
    StepState.VERIFYING: Label("⋯", "verifying", "info"),
    StepState.OK: Label("✔", "ok", "ok"),
    StepState.DONE_ALREADY: Label("✓", "done already", "ok"),
    StepState.FAILED: Label("✖", "failed", "bad"),
    StepState.ERRORED: Label("⚠", "errored", "bad"),
    StepState.UNKNOWN: Label("?", "unknown", "warn"),
    StepState.UNDONE: Label("↩", "undone", "neutral"),
    StepState.SKIPPED: Label("–", "skipped", "neutral"),
}
