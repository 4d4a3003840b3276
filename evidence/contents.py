"""What the evidence of a change says, as JSON: read from the rows, nothing computed anew, nothing that is a secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from audit.models import Anchor, Entry
from audit.services import as_row
from changes.models import Approval, Change, Glass, Transition
from execution.logs import Piece, as_json, every_piece
from execution.models import UNDO, LogChunk, Run, StepRun
from inventory.models import Host, HostFacts
from people.models import User

LINKS = 1000
"""Entries of the audit that are read at once."""


def change_data(change: Change, names: Mapping[str, str | None]) -> dict[str, Any]:
    """`names`: of host, vm and owner, as whoever takes it may read them."""
    part = getattr(change, "part", None)
    return {
        "number": change.number,
        "kind": change.kind,
        "title": change.title,
        "reason": change.reason,
        "ticket": change.ticket,
        "state": str(change.state),
        **names,
        "requester": person(change.requester),
        "editor": person(change.editor),
        "created_at": when(change.created_at),
        "asked_for": change.params,
        "digest": change.digest,
        "policy": change.policy,
        "refusal": change.refusal,
        "continues": change.continues_id,
        "glasses": [glass_data(row) for row in change.glasses.order_by("pk")],
        "rollout": part.rollout_id if part else None,
    }


def glass_data(row: Glass) -> dict[str, Any]:
    """A glass that was asked for; what it was used for stands in the audit and in the gate's conditions."""
    plain = ("lifts", "reason", "digest", "granted", "comment", "review")
    people = {name: person(getattr(row, name)) for name in ("asked_by", "decided_by", "used_by", "reviewed_by")}
    times = {name: when(getattr(row, name)) for name in ("asked_at", "decided_at", "until", "used_at", "reviewed_at")}
    return {**{name: getattr(row, name) for name in plain}, **people, **times}


def person(user: User | None) -> str | None:
    """The name that is unique; None where Regroup itself acted."""
    return user.username if user else None


def when(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def approval_data(row: Approval) -> dict[str, Any]:
    names = {"decision": row.decision, "digest": row.digest, "comment": row.comment}
    return {"approver": person(row.approver), **names, "at": when(row.at)}


def move_data(row: Transition) -> dict[str, Any]:
    return {"old": row.old, "new": row.new, "by": person(row.actor), "reason": row.reason, "at": when(row.at)}


def gate_data(change: Change) -> list[dict[str, Any]]:
    """Each time that the gate was passed: its conditions as they were then. Where it refused, the history says why."""
    rows = Entry.objects.filter(object_kind="change", object_id=str(change.pk), action="change.gate").order_by("id")
    return [{"at": when(row.at), **row.detail} for row in rows]


def run_data(run: Run) -> dict[str, Any]:
    return {
        "name": run.name,
        "digest": run.digest,
        "started_by": person(run.started_by),
        "started_at": when(run.started_at),
        "ended_at": when(run.ended_at),
        "phase": run.phase,
        "sentence": run.sentence,
        "last_seq": run.last_seq,
        "log_gone": run.log_gone,
        "log_sha256": run.log_sha256,
        "steps": [step_data(step) for step in run.steps.all()],
    }


def step_data(step: StepRun) -> dict[str, Any]:
    """`found` is what the host said about the step's effect, after it."""
    names = ("phase", "key", "position", "state", "attempt", "exit_code", "said", "sentence", "log_cut", "found")
    times = {name: when(getattr(step, name)) for name in ("started_at", "ended_at")}
    return {**{name: getattr(step, name) for name in names}, **times}


def host_data(host: Host) -> dict[str, Any]:
    """How it is reached, and every key that it was ever known by."""
    keys = [
        {
            "algorithm": key.algorithm,
            "fingerprint": key.fingerprint,
            "state": key.state,
            "source": key.source,
            "seen_at": when(key.seen_at),
            "confirmed_by": person(key.confirmed_by),
            "confirmed_at": when(key.confirmed_at),
            "revoked_at": when(key.revoked_at),
        }
        for key in host.keys.select_related("confirmed_by").order_by("pk")
    ]
    return {"name": host.name, "address": host.address, "port": host.port, "login": host.user, "keys": keys}


def facts_data(change: Change, runs: list[Run], hosts: list[Host]) -> dict[str, Any]:
    """What the plan was made from; what the hosts said of each step's effect; what they said last, if after the run."""
    ended = max((run.ended_at for run in runs if run.ended_at), default=None)
    after = HostFacts.objects.filter(host__in=hosts, at__gt=ended) if ended else HostFacts.objects.none()
    found = [
        {"run": run.name, "phase": step.phase, "step": step.key, "at": when(step.ended_at), "found": step.found}
        for run in runs
        for step in run.steps.all()
        if step.found
    ]
    return {
        "before": {"at": when(change.facts_at), "facts": change.facts},
        "of_each_effect": found,
        "after": [{"host": row.host.name, "at": when(row.at), "facts": row.facts} for row in after],
    }


def entries(change: Change, last_id: int) -> Iterator[Entry]:
    """The change's entries in the order of the chain, some at a time; no query is open in between."""
    rows = Entry.objects.sealed().filter(object_kind="change", object_id=str(change.pk), pk__lte=last_id)
    after = 0
    while found := list(rows.filter(position__gt=after).order_by("position")[:LINKS]):
        yield from found
        after = found[-1].position or 0


def anchor_after(position: int) -> Anchor | None:
    """The first anchor from that position on."""
    return Anchor.objects.filter(position__gte=position).order_by("position").first()


def links(first: int, last: int) -> Iterator[dict[str, Any]]:
    """The chain between two positions, both included, without what its entries say."""
    while first <= last:
        rows = Entry.objects.filter(position__gte=first, position__lte=last).order_by("position")
        found = list(rows.values_list("position", "content_hash", "hash")[:LINKS])
        for position, content, hash in found:
            yield {"position": position, "content": content, "hash": hash}
        if not found:
            return
        first = (found[-1][0] or last) + 1


def log_lines(run: Run) -> Iterator[bytes]:
    """Every line as JSON, one a line; many lines at a time."""
    for piece in every_piece(run):
        yield as_lines(map(as_json, piece.lines()))


def log_text(run: Run) -> Iterator[bytes]:
    """The same for people: number, time, step, and # before what Regroup itself says."""
    yield f"# run {run.name}: lines marked # are Regroup's own, all others the host's\n".encode()
    if run.log_gone:
        yield f"# lines 1 to {run.log_gone} were forgotten for their age; their SHA-256 is {run.log_sha256}\n".encode()
    for piece in every_piece(run):
        yield piece_text(piece).encode("utf-8", "backslashreplace")


def piece_text(piece: Piece) -> str:
    mark = "#" if piece.stream == LogChunk.NOTE else " "
    step = f"{'undo ' if piece.phase == UNDO else ''}{piece.step}"
    at = piece.at.isoformat(timespec="seconds")
    return "".join(f"{line.seq:>7}  {at}  {step} {mark} {line.text}\n" for line in piece.lines())


def as_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n" for row in rows).encode()


def audit_lines(change: Change, last_id: int) -> Iterator[bytes]:
    for entry in entries(change, last_id):
        yield as_lines([as_row(entry)])


def as_file(data: Any) -> list[bytes]:
    """JSON for a file that a person may open."""
    return [json.dumps(data, indent=1, sort_keys=True).encode() + b"\n"]
