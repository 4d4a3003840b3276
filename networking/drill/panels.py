"""What a drill adds to the change page, and its numbers on the host's page."""

from __future__ import annotations

from changes.panels import Panel, Situation
from changes.plan import Plan
from inventory import panels as inventory
from inventory.models import Host
from networking.drill.asking import drills_of
from people.actor import Actor


def numbers_panel(situation: Situation) -> Panel | None:
    """What the host saw, and what the witness counted."""
    said = situation.found.get("drill")
    if not said or "plain_moved_ms" not in said:
        return None
    context = {"said": said, "counted": situation.found.get("count"), "settings": situation.plan.settings}
    return Panel("networking/_drill_numbers.html", {**context, "target": situation.plan.target})


def host_panel(host: Host, actor: Actor) -> inventory.Panel | None:
    rows = drills_of(host.pk, most=5)
    return inventory.Panel("Drills", "networking/_host_drills.html", {"rows": rows}) if rows else None


def confirm_words(plan: Plan, step: str) -> str:
    return "Ask the host now"


def undo_words(plan: Plan, touched: frozenset[str]) -> str:
    return "take the timer away"
