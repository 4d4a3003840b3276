"""What people and programs are told of, and how each person may have it. Pure."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class Kind(StrEnum):
    APPROVAL = "approval"
    GLASS = "glass"
    WINDOW = "window"
    RUN = "run"
    WAITING = "waiting"
    BOND = "bond"
    READINESS = "readiness"
    KEY = "key"
    OWNERSHIP = "ownership"


KIND_WORDS: dict[Kind, str] = {
    Kind.APPROVAL: "A change waits for your approval",
    Kind.GLASS: "Somebody asks to break the glass, or broke it and a review is owed",
    Kind.WINDOW: "The slot of an approved change begins within the hour",
    Kind.RUN: "A run failed, or nobody can tell how it ended",
    Kind.WAITING: "A run waits for somebody to do something and confirm it",
    Kind.BOND: "A bond went bad, or is well again",
    Kind.READINESS: "A host would not come back from a reboot",
    Kind.KEY: "A host shows another key than the trusted one",
    Kind.OWNERSHIP: "Machines of yours were not confirmed for long",
}


class How(StrEnum):
    NOW = "now"
    DAILY = "daily"
    NOTHING = "nothing"


HOW_WORDS: dict[How, str] = {How.NOW: "at once", How.DAILY: "in the daily digest", How.NOTHING: "not at all"}

AT_FIRST: dict[Kind, How] = dict.fromkeys(Kind, How.NOW) | {
    Kind.BOND: How.DAILY,
    Kind.READINESS: How.DAILY,
    Kind.OWNERSHIP: How.DAILY,
}
"""How somebody has it who has chosen nothing."""


def one_line(text: str, most: int = 160) -> str:
    """The text as it may stand in a mail's header: no line end, no control or format character, not too long."""
    plain = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in text)
    words = " ".join(plain.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"
