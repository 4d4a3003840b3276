"""What readiness hangs on a host's page: the verdict, why, and the way to have it asked."""

from __future__ import annotations

from inventory.models import Host
from inventory.panels import Panel, register_panel
from people.actor import Actor
from people.roles import Role
from readiness.selectors import readiness_of

MAY_ASK = (Role.OPERATOR, Role.REQUESTER, Role.ADMINISTRATOR)


def connect() -> None:
    register_panel(host_panel, page="host")


def host_panel(host: Host, actor: Actor) -> Panel:
    context = {"host": host, "row": readiness_of(host), "may_ask": actor.may(*MAY_ASK)}
    return Panel("Will it come back?", "readiness/_host_panel.html", context, "readiness")
