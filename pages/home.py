"""Home: what waits for me, what runs, what is new, and how the hosts are."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from changes.glasses import glasses_open
from changes.policy import may_request
from changes.rights import changes_seen_by
from changes.states import ACTIVE, State
from inventory import unowned
from inventory.models import HostQuerySet
from inventory.rights import hosts_seen_by
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
    waiting, count = waiting_for(request.actor, MOST)
    rows = (
        changes_seen_by(request.actor)
        .select_related("host", "vm", "requester")
        .defer("plan_json", "facts", "params", "refusal")
    )
    context = {
        "waiting": waiting,
        "waiting_more": max(0, count - MOST),
        "waiting_for_me": count,
        "glasses": glasses_open(request.actor),
        "running": rows.filter(status__in=[*ACTIVE, State.WAITING])[:MOST],
        "newest": rows[:MOST],
        "glances": (glances := hosts_at_a_glance(hosts_seen_by(request.actor))),
        "hosts": sum(glance.count for glance in glances if glance.query),
        "without_a_word": unowned.counts(request.actor),
        "bond_counts": counts(request.actor),
        "new": new_urls() if may_request(request.actor).allowed else [],
    }
    return render(request, "pages/home.html", context)


def hosts_at_a_glance(hosts: HostQuerySet) -> list[Glance]:
    """These hosts by trust, and those that did not answer."""
    counts, silent = hosts.by_trust()
    order = (HostTrust.CHANGED, HostTrust.NONE, HostTrust.PENDING, HostTrust.TRUSTED)
    found = [Glance(TRUST_LABELS[trust], counts[trust], f"?trust={trust}") for trust in order]
    return [glance for glance in (Glance(UNREACHABLE, silent, ""), *found) if glance.count]
