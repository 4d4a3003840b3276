"""What readiness hangs on a host's page: the verdict, why, and the way to have it asked."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from inventory.models import Host
from inventory.panels import Panel, register_panel
from people.actor import Actor
from people.roles import Role
from readiness.selectors import proofs_of, readiness_of

MAY_ASK = (Role.OPERATOR, Role.REQUESTER, Role.ADMINISTRATOR)


def connect() -> None:
    register_panel(host_panel, page="host")


def reboot_url(host: Host, actor: Actor) -> str:
    """Where this person asks for its reboot; empty where they may not, or it has no boot to end."""
    may = actor.may(Role.REQUESTER) and not host.simulated
    return f"{reverse('reboot_new')}?{urlencode({'host': host.name})}" if may else ""


def proof_url(host: Host, actor: Actor) -> str:
    """Where this person asks for the boot of its clone; empty where they may not, or it is simulated."""
    may = actor.may(Role.REQUESTER) and not host.simulated
    return f"{reverse('proof_new')}?{urlencode({'host': host.name})}" if may else ""


def host_panel(host: Host, actor: Actor) -> Panel:
    context = {
        "host": host,
        "row": readiness_of(host),
        "may_ask": actor.may(*MAY_ASK),
        "reboot": reboot_url(host, actor),
        "proofs": proofs_of(host),
        "prove": proof_url(host, actor),
    }
    return Panel("Will it come back?", "readiness/_host_panel.html", context, "readiness")
