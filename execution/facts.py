"""Live facts of a host for the pages: wished for by the web, gathered by a worker, kept with their time."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from changes.kinds import kinds
from changes.models import Change
from changes.plan import Json
from execution.claims import claimed
from execution.doorbell import ring_facts
from execution.models import FactsWish
from inventory.connect import open_session
from inventory.models import Host
from inventory.services import facts_failed, facts_record
from ssh.facts import Ask, FactError, SessionAsk
from ssh.session import SessionError


def wish(host: Host) -> None:
    """Ask for fresh facts; returns at once."""
    with transaction.atomic():
        FactsWish.objects.update_or_create(host=host, defaults={"asked_at": timezone.now()})
        ring_facts(host.pk)


def wish_after(change_id: int) -> None:
    """A run has ended: its hosts are asked what they are like now, for their pages and for the change's evidence."""
    change = Change.objects.select_related("host").get(pk=change_id)
    for host in Host.objects.filter(name__in={change.host.name, *change.the_kind.hosts(change.params)}):
        wish(host)


def pending(host: Host) -> bool:
    return FactsWish.objects.filter(host=host).exists()


def refresh(host_id: int) -> None:
    """Ask a host whose facts are wished for, unless somebody is asking it, and keep the answer or the sentence."""
    with claimed(f"facts:{host_id}") as ours:
        wished = FactsWish.objects.select_related("host").filter(host_id=host_id).first() if ours else None
        if wished:
            _ask(wished.host)


def _ask(host: Host) -> None:
    """What each kind of change wants to know of it."""
    now = timezone.now()
    try:
        with open_session(host) as session:
            facts, unread = _facts(SessionAsk(session))
        if facts:
            facts_record(host, facts, unread)
        else:
            facts_failed(host, unread)
    except SessionError as error:
        facts_failed(host, str(error))
    FactsWish.objects.filter(host=host, asked_at__lte=now).delete()


def _facts(ask: Ask) -> tuple[dict[str, Mapping[str, Json]], str]:
    """What each kind was told, and why others were not: a hypervisor is one also where its LVM cannot be read."""
    facts, unread = {}, list[str]()
    for kind in kinds():
        try:
            facts[kind.key] = kind.host_facts(ask)
        except FactError as error:
            unread.append(str(error))
    return (facts if any(facts.values()) else {}), " ".join(unread)
