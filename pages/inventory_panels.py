"""What the floors above hang on the pages of hosts, VMs and owners: the changes that concern them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from changes.models import Change, Lock
from changes.rights import changes_seen_by
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
    lock = _lock(f"host:{host.name}", actor)
    words = f"Changes planned on {host.name} stand here."
    return _panel(changes_seen_by(actor).filter(host=host), words, lock, f"host={host.name}")


def vm_panel(vm: Vm, actor: Actor) -> Panel:
    """The VM's recoveries, and which of them holds it."""
    lock = _lock(f"vm:{vm.name}", actor)
    return _panel(changes_seen_by(actor).filter(vm=vm), f"Recoveries of {vm.name} stand here.", lock)


def owner_panel(owner: Owner, actor: Actor) -> Panel:
    return _panel(changes_seen_by(actor).filter(vm__owner=owner), f"Changes to what {owner.name} owns stand here.")


def _lock(key: str, actor: Actor) -> Lock | None:
    """The lock, if somebody holds it; `is_seen`: whether the person sees the change that does."""
    seen = changes_seen_by(actor).filter(pk=OuterRef("holder"))
    return Lock.objects.filter(key=key, holder__isnull=False).annotate(is_seen=Exists(seen)).first()


def _panel(rows: QuerySet[Change], words: str, lock: Lock | None = None, query: str = "") -> Panel:
    shown = rows.select_related("host", "requester").defer("plan_json", "facts", "params", "refusal")[: MOST + 1]
    changes = list(shown)
    context = {"changes": changes[:MOST], "more": len(changes) > MOST, "lock": lock, "empty": words, "query": query}
    return Panel("Changes", TEMPLATE, context, "changes")
