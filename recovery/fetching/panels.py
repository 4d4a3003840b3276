"""What a fetch adds to the change page: who has the disks now, and what can be done with them."""

from __future__ import annotations

from changes.panels import Panel, Situation
from changes.plan import Plan
from changes.states import State
from inventory.models import Host
from people.roles import Role
from recovery.fetching.after import found_of, stays
from ssh.hostkeys import parse_public_key


def result_panel(situation: Situation) -> Panel | None:
    """Once it succeeded: the disks by serial number, the clone as a host or how to make it one, and the next step."""
    change, settings = situation.change, situation.plan.settings
    if change.state is not State.SUCCEEDED:
        return None
    host = Host.objects.filter(name=settings["name"]).first()
    keys = [parse_public_key(line) for line in found_of(change).get("host_keys", ())]
    return Panel(
        "fetching/_result.html",
        {
            "vm": situation.plan.target["vm"],
            "name": settings["name"],
            "host": host,
            "serials": settings["serials"],
            "keys": [(key.algorithm, key.fingerprint()) for key in keys],
            "stays": stays(change.pk),
            "may": Role.REQUESTER in situation.actor.roles,
        },
    )


def undo_words(plan: Plan, touched: frozenset[str]) -> str:
    return f"take the disks from {plan.settings['name']}, and put {plan.target['vm']} back as it was"
