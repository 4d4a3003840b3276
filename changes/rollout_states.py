"""The states of a rollout: many changes under one approval, done in waves.

draft ─ in_review ─ approved ─ running ⇄ stopped ─ closed
  └─────────┴─ rejected, withdrawn        └ succeeded
"""

from __future__ import annotations

from enum import StrEnum

from changes.states import IllegalMove, Label, State


class RolloutState(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RUNNING = "running"
    STOPPED = "stopped"
    SUCCEEDED = "succeeded"
    CLOSED = "closed"


R = RolloutState

ROLLOUT_TRANSITIONS: dict[RolloutState, frozenset[RolloutState]] = {
    R.DRAFT: frozenset({R.IN_REVIEW, R.WITHDRAWN}),
    R.IN_REVIEW: frozenset({R.APPROVED, R.REJECTED, R.WITHDRAWN}),
    R.APPROVED: frozenset({R.RUNNING, R.WITHDRAWN}),
    R.RUNNING: frozenset({R.SUCCEEDED, R.STOPPED}),
    R.STOPPED: frozenset({R.RUNNING, R.CLOSED}),
    R.REJECTED: frozenset(),
    R.WITHDRAWN: frozenset(),
    R.SUCCEEDED: frozenset(),
    R.CLOSED: frozenset(),
}

ROLLOUT_LABELS: dict[RolloutState, Label] = {
    R.DRAFT: Label("✎", "draft", "neutral"),
    R.IN_REVIEW: Label("◔", "in review", "wait"),
    R.APPROVED: Label("✓", "approved", "info"),
    R.REJECTED: Label("✗", "rejected", "bad"),
    R.WITHDRAWN: Label("–", "withdrawn", "neutral"),
    R.RUNNING: Label("▶", "running", "info"),
    R.STOPPED: Label("◼", "stopped", "warn"),
    R.SUCCEEDED: Label("✔", "succeeded", "ok"),
    R.CLOSED: Label("●", "closed", "neutral"),
}

HOLDS_PARTS = frozenset({R.DRAFT, R.IN_REVIEW, R.APPROVED, R.RUNNING, R.STOPPED})
"""States in which a part is started by its rollout alone: out of its turn it could take both halves of a pair."""

GOING = frozenset({State.QUEUED, State.GATING, State.RUNNING, State.WAITING})
"""States of a part that the rollout waits for. Whatever is neither this nor succeeded stops it."""


def check_rollout_move(old: RolloutState, new: RolloutState) -> None:
    """Raise IllegalMove, with a sentence, unless the table allows `old` to become `new`."""
    if new not in ROLLOUT_TRANSITIONS[old]:
        raise IllegalMove(f"A rollout that is {ROLLOUT_LABELS[old].word} cannot become {ROLLOUT_LABELS[new].word}.")
