"""What a hand back adds to the change page, and what a recovery says of being handed back."""

from __future__ import annotations

from changes.panels import Panel, Situation
from changes.plan import Plan
from people.roles import Role
from recovery.handback.asking import KEPT, handed_back


def after_panel(situation: Situation) -> Panel | None:
    """On a recovery's page, while its group stands on the host and no run is in charge of it, or once it is gone."""
    change = situation.change
    if change.state not in KEPT or not situation.found.get("restore", {}).get("areas"):
        return None
    if back := handed_back(change):
        return Panel("handback/_gone.html", {"number": back.number, "host": change.host.name})
    return Panel(
        "handback/_offer.html",
        {
            "number": change.number,
            "vm": situation.plan.target.get("vm", ""),
            "host": change.host.name,
            "old": situation.plan.settings.get("old", ""),
            "may": Role.REQUESTER in situation.actor.roles,
        },
    )


def confirm_words(plan: Plan, step: str) -> str:
    return "The disk is detached"
