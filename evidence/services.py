"""Taking the evidence of a change: once it stands still, and all about it is sealed. Taking it is audited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from audit.models import Anchor, Entry
from changes.history import note
from changes.models import Change
from evidence import contents, readable
from evidence.archive import Part, signed_zip
from evidence.contents import as_file
from evidence.keys import SigningKey, signing_key
from execution.models import Run
from execution.stream import is_moving
from inventory.models import Host
from inventory.rights import hosts_seen_by, owners_seen_by, vms_seen_by
from people.actor import Actor

FORMAT = 1
PATIENCE = 5.0
"""Seconds that a request waits for the sealer."""


class NotYet(Exception):
    """There is nothing whole to be taken now; the message is the sentence."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An archive that is made while it is read. The change's name for the file stands in `name`."""

    name: str
    blocks: Iterator[bytes]


def evidence_take(actor: Actor, change: Change) -> Evidence:
    """The change's signed archive. Raises NotYet, or VaultError where there is no key to sign with."""
    if is_moving(change):
        raise NotYet(f"Change #{change.pk} is {change.label.word}: its evidence can be taken once it stands still.")
    key = signing_key()
    last_id = _all_sealed(change)
    note(
        actor, "change.evidence", change, {"key": key.public.id, "public_key": key.public.hex, "digest": change.digest}
    )
    return Evidence(f"evidence-{change.pk}.zip", _archive(change, key, last_id, actor))


def _all_sealed(change: Change) -> int:
    """The id of the change's last entry, once it and all before it have their seals. Raises NotYet."""
    rows = Entry.objects.filter(object_kind="change", object_id=str(change.pk))
    last_id = rows.order_by("-id").values_list("pk", flat=True).first()
    if last_id is None:
        raise NotYet(f"The audit has no entry about change #{change.pk}, so there is nothing to prove it with.")
    end = time.monotonic() + PATIENCE
    while rows.unsealed().filter(pk__lte=last_id).exists():
        if time.monotonic() > end:
            raise NotYet(
                f"The last audit entries about change #{change.pk} are not sealed yet. Try again in a few seconds; if "
                "that lasts, the worker “sweeps” is away: the page Engine says so."
            )
        time.sleep(0.2)
    return last_id


def _archive(change: Change, key: SigningKey, last_id: int, actor: Actor) -> Iterator[bytes]:
    now = timezone.now()
    told = {
        "format": FORMAT,
        "change": change.pk,
        "made_at": now.isoformat(timespec="seconds"),
        "digest": change.digest,
    }
    return signed_zip(f"evidence-{change.pk}", _parts(change, last_id, actor), told, key, now)


def _parts(change: Change, last_id: int, actor: Actor) -> Iterator[Part]:
    runs = list(change.runs.select_related("started_by").prefetch_related("steps").order_by("pk"))
    data = _small(change, runs, _hosts(change, actor), names_for(change, actor))
    yield "README.txt", [readable.README.encode()]
    yield "verify.py", [Path(__file__).with_name("verify.py").read_bytes()]
    for name, value in data.items():
        yield f"{name}.json", as_file(value)
    if change.plan_json:
        yield "plan.json", [change.plan_json.encode()]
    yield "audit.jsonl", contents.audit_lines(change, last_id)
    first, last = _span(change, last_id)
    anchor = contents.anchor_after(last)
    end = anchor.position if anchor else last
    yield "links.jsonl", (contents.as_lines([link]) for link in contents.links(first, end))
    yield "anchor.json", as_file(_anchor(anchor))
    for run in runs:
        yield f"log/{run.name}.jsonl", contents.log_lines(run)
        yield f"log/{run.name}.txt", contents.log_text(run)
    yield "index.html", readable.page(change, runs, data, _anchor(anchor), contents.entries(change, last_id))


def _small(change: Change, runs: list[Run], hosts: list[Host], names: dict[str, str | None]) -> dict[str, Any]:
    approvals = change.approvals.select_related("approver").order_by("pk")
    moves = change.transitions.select_related("actor").order_by("pk")
    return {
        "change": contents.change_data(change, names),
        "approvals": [contents.approval_data(row) for row in approvals],
        "history": [contents.move_data(row) for row in moves],
        "gate": contents.gate_data(change),
        "steps": [contents.run_data(run) for run in runs],
        "hosts": [contents.host_data(host) for host in hosts],
        "facts": contents.facts_data(change, runs, hosts),
    }


def _hosts(change: Change, actor: Actor) -> list[Host]:
    """Those of its hosts that the person sees: how a host is reached, and what it said since, is of today."""
    names = {change.host.name, *change.the_kind.hosts(change.params)}
    return list(hosts_seen_by(actor).filter(name__in=names).order_by("name"))


def names_for(change: Change, actor: Actor) -> dict[str, str | None]:
    """Its host, VM and owner by their names of today; what the person does not see any more, as it was asked for."""
    vm, owner = change.vm, change.vm.owner if change.vm and change.vm.owner else change.host.owner
    sees_host = hosts_seen_by(actor).filter(pk=change.host_id).exists()
    sees_vm = vm is not None and vms_seen_by(actor).filter(pk=vm.pk).exists()
    sees_owner = owner is not None and owners_seen_by(actor).filter(pk=owner.pk).exists()
    asked = change.params.get("vm")
    return {
        "host": change.host.name if sees_host else str(change.the_kind.hosts(change.params)[0]),
        "vm": (vm.name if sees_vm else str(asked) if asked else None) if vm else None,
        "owner": owner.name if owner and sees_owner else None,
    }


def _span(change: Change, last_id: int) -> tuple[int, int]:
    """First and last position of the change's entries. They are sealed in the order of their ids, or nearly so."""
    places = [entry.position or 0 for entry in contents.entries(change, last_id)]
    return min(places), max(places)


def _anchor(anchor: Anchor | None) -> dict[str, Any] | None:
    if anchor is None:
        return None
    return {
        "position": anchor.position,
        "hash": anchor.hash,
        "at": anchor.at.isoformat(),
        "place": anchor.place,
    }
