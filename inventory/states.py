"""States of a host key and levels of criticality, each with how it looks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Label:
    """Glyph, word and tone (neutral, info, wait, ok, warn, bad); never colour alone."""

    glyph: str
    word: str
    tone: str


class KeyState(StrEnum):
    """pending ─ trusted ─ revoked; a pending key may be revoked at once. Nothing leads back."""

    PENDING = "pending"
    TRUSTED = "trusted"
    REVOKED = "revoked"


KEY_MOVES: dict[KeyState, frozenset[KeyState]] = {
    KeyState.PENDING: frozenset({KeyState.TRUSTED, KeyState.REVOKED}),
    KeyState.TRUSTED: frozenset({KeyState.REVOKED}),
    KeyState.REVOKED: frozenset(),
}

KEY_LABELS: dict[KeyState, Label] = {
    KeyState.PENDING: Label("◔", "waits for a person", "wait"),
    KeyState.TRUSTED: Label("✓", "trusted", "ok"),
    KeyState.REVOKED: Label("⊘", "revoked", "neutral"),
}


class HostTrust(StrEnum):
    """What all keys of a host together say."""

    NONE = "none"
    PENDING = "pending"
    TRUSTED = "trusted"
    CHANGED = "changed"


TRUST_LABELS: dict[HostTrust, Label] = {
    HostTrust.NONE: Label("○", "no key yet", "neutral"),
    HostTrust.PENDING: Label("◔", "key waits for a person", "wait"),
    HostTrust.TRUSTED: Label("✓", "key trusted", "ok"),
    HostTrust.CHANGED: Label("≠", "another key was shown", "bad"),
}


class Criticality(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


CRITICALITY_LABELS: dict[Criticality, Label] = {
    Criticality.LOW: Label("▁", "low", "neutral"),
    Criticality.NORMAL: Label("▃", "normal", "neutral"),
    Criticality.HIGH: Label("▅", "high", "warn"),
    Criticality.CRITICAL: Label("▇", "critical", "bad"),
}


SIMULATED = Label("▨", "simulated", "info")
"""A host that a program on this machine plays; said wherever it stands."""


def trust_of(states: set[str]) -> HostTrust:
    """A host's trust from the states of its keys: a pending key beside a trusted one is a changed key."""
    if KeyState.TRUSTED in states:
        return HostTrust.CHANGED if KeyState.PENDING in states else HostTrust.TRUSTED
    return HostTrust.PENDING if KeyState.PENDING in states else HostTrust.NONE
