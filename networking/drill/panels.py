"""What a drill adds to the change page, and its numbers on the pages of host and bond."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from changes.panels import Panel, Situation
from changes.plan import Plan
from inventory import panels as inventory
from inventory.models import Host
from networking.drill.asking import drills_of
from networking.models import Bond
from people.actor import Actor
from people.roles import Role


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


def bond_panel(bond: Bond, actor: Actor) -> inventory.Panel | None:
    """The drills of one bond, and the way to the next; nothing for a bond that is gone and was never drilled."""
    rows = drills_of(bond.host_id, bond.name, most=10)
    may_ask = bond.present and not bond.host.simulated and actor.may(Role.REQUESTER)
    url = f"{reverse('drill_new')}?{urlencode({'host': bond.host.name, 'bond': bond.name})}" if may_ask else ""
    if not rows and not bond.present:
        return None
    context = {"rows": rows, "new_url": url, "bond": bond}
    return inventory.Panel("Drills", "networking/_bond_drills.html", context, "drills")


def confirm_words(plan: Plan, step: str) -> str:
    return "Ask the host now"


def undo_words(plan: Plan, touched: frozenset[str]) -> str:
    return "take the timer away"
