"""What the floors above hang on the pages of hosts, VMs and owners: the changes that concern them."""

from __future__ import annotations

from django.db.models import QuerySet

from changes.models import Change, Lock
from inventory.models import Host, Owner, Vm
from inventory.panels import Panel, register_panel
from people.actor import Actor

MOST = 10
TEMPLATE = "pages/_changes_panel.html"


def connect() -> None:
    register_panel(host_panel, page="host")
    register_panel(vm_panel, page="vm")
    register_panel(owner_panel, page="owner")


def host_panel(host: Host, actor: Actor) -> Panel:
    """Who holds the host now, and its newest changes."""
    lock = Lock.objects.filter(key=f"host:{host.name}", holder__isnull=False).select_related("holder").first()
    words = f"Changes planned on {host.name} stand here."
    return _panel(Change.objects.filter(host=host), words, lock, f"host={host.name}")


def vm_panel(vm: Vm, actor: Actor) -> Panel:
    """The VM's recoveries, and which of them holds it."""
    lock = Lock.objects.filter(key=f"vm:{vm.name}", holder__isnull=False).select_related("holder").first()
    return _panel(Change.objects.filter(vm=vm), f"Recoveries of {vm.name} stand here.", lock)


def owner_panel(owner: Owner, actor: Actor) -> Panel:
    return _panel(Change.objects.filter(vm__owner=owner), f"Changes to what {owner.name} owns stand here.")


def _panel(rows: QuerySet[Change], words: str, lock: Lock | None = None, query: str = "") -> Panel:
    shown = rows.select_related("host", "requester").defer("plan_json", "facts", "params", "refusal")[: MOST + 1]
    changes = list(shown)
    context = {"changes": changes[:MOST], "more": len(changes) > MOST, "lock": lock, "empty": words, "query": query}
    return Panel("Changes", TEMPLATE, context, "changes")
