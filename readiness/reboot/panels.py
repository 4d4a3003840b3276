"""How a reboot's change page names its button."""

from __future__ import annotations

from changes.plan import Plan


def confirm_words(plan: Plan, step: str) -> str:
    """While the host is away there is nothing to be done but to ask it once more."""
    return "Ask the host now"
