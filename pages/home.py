"""Home: what waits for me, what runs, what is new, and how the hosts are."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render

from changes.models import Change
from changes.policy import may_request
from changes.states import ACTIVE, State
from inventory.models import Host
from inventory.states import TRUST_LABELS, HostTrust, Label
from networking.selectors import counts
from pages.change_list import new_urls
from pages.waiting import waiting_for
from people.access import Request, requires
from people.roles import Role

MOST = 10
UNREACHABLE = Label("⌀", "did not answer when last asked", "bad")


@dataclass(frozen=True, slots=True)
class Glance:
    """How many hosts are in a state, and the address of their list."""

    label: Label
    count: int
    query: str


@requires(Role.VIEWER)
def home(request: Request) -> HttpResponse:
    """The page after signing in."""
    waiting = waiting_for(request.actor)
    rows = Change.objects.select_related("host", "vm", "requester").defer("plan_json", "facts", "params", "refusal")
    context = {
        "waiting": waiting[:MOST],
        "waiting_more": max(0, len(waiting) - MOST),
        "waiting_for_me": len(waiting),
        "running": rows.filter(status__in=[*ACTIVE, State.WAITING])[:MOST],
        "newest": rows[:MOST],
        "glances": (glances := hosts_at_a_glance()),
        "hosts": sum(glance.count for glance in glances if glance.query),
        "bond_counts": counts(),
        "new": new_urls() if may_request(request.actor).allowed else [],
    }
    return render(request, "pages/home.html", context)


def hosts_at_a_glance() -> list[Glance]:
    """Hosts by trust, and those that did not answer; one query."""
    trusted, pending = Q(has_trusted=True), Q(has_pending=True)
    counts = Host.objects.with_trust().aggregate(
        trusted=Count("pk", filter=trusted & ~pending),
        changed=Count("pk", filter=trusted & pending),
        pending=Count("pk", filter=~trusted & pending),
        none=Count("pk", filter=~trusted & ~pending),
        silent=Count("pk", filter=trusted & ~pending & Q(facts__error__gt="")),
    )
    order = (HostTrust.CHANGED, HostTrust.NONE, HostTrust.PENDING, HostTrust.TRUSTED)
    found = [Glance(TRUST_LABELS[trust], counts[trust], f"?trust={trust}") for trust in order]
    return [glance for glance in (Glance(UNREACHABLE, counts["silent"], ""), *found) if glance.count]
