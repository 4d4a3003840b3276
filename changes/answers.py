"""Short ways to say yes and no."""

from __future__ import annotations

from collections.abc import Mapping

from changes.kinds import Verdict
from changes.plan import Json


def yes(sentence: str, found: Mapping[str, Json] | None = None) -> Verdict:
    return Verdict(True, sentence, found or {})


def no(sentence: str) -> Verdict:
    return Verdict(False, sentence)


def not_yet(sentence: str) -> Verdict:
    """No for now: a step that waits goes on waiting."""
    return Verdict(False, sentence, not_yet=True)
