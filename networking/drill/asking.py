"""The numbers of a host's drills, read from the database; for pages of any floor above."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from changes.states import State
from execution.models import DO, StepRun
from networking.drill.planner import KIND


@dataclass(frozen=True, slots=True)
class Drilled:
    """One drill that came to its end. Times in ms; None where it was not measured.

    moved_ms   until the traffic left the primary, as the host saw it; slowed_ms  the same before it came back slowed
    gap_ms     longest gap in packets from the witness; gaps_ms  all of them, in their order
    """

    number: int
    bond: str
    at: datetime | None
    policy: str
    primary: str
    moved_to: str
    moved_ms: int | None
    slowed_ms: int | None
    gap_ms: int | None
    gaps_ms: tuple[int, ...]
    lost: int | None
    interval_ms: int | None
    witness: str
    slowed: bool


def drills_of(host_id: int, bond: str = "", most: int = 20) -> list[Drilled]:
    """Drills of a host that succeeded, newest first; of one bond where it is named."""
    steps = StepRun.objects.filter(
        phase=DO, key="drill", run__change__kind=KIND, run__change__host_id=host_id, run__change__status=State.SUCCEEDED
    )
    if bond:
        steps = steps.filter(run__change__params__bond=bond)
    rows = steps.select_related("run__change").order_by("-run__change_id")[:most]
    counts = {
        row.run_id: row.found for row in StepRun.objects.filter(phase=DO, key="count", run__in=[r.run_id for r in rows])
    }
    return [_drilled(row, counts.get(row.run_id, {})) for row in rows]


def failures_made(host_ids: Iterable[int], since: datetime) -> dict[tuple[int, str], Counter[str]]:
    """Link failures that were drills' own: (host, bond) → port → how many, of drills that ended after `since`."""
    made = defaultdict[tuple[int, str], Counter[str]](Counter)
    rows = StepRun.objects.filter(
        phase=DO, key="drill", ended_at__gt=since, run__change__kind=KIND, run__change__host_id__in=list(host_ids)
    )
    for row in rows.select_related("run__change"):
        change, before, after = (
            row.run.change,
            *(_number(row.found.get(f"failures_{at}")) for at in ("before", "after")),
        )
        if change.plan and before is not None and after is not None:
            bond, primary = change.plan.target["bond"], change.plan.settings["primary"]
            made[change.host_id, bond][primary] += max(after - before, 0)
    return made


def _drilled(row: StepRun, counted: dict[str, Any]) -> Drilled:
    change, plan = row.run.change, row.run.change.plan
    settings = plan.settings if plan else {}
    return Drilled(
        number=change.pk,
        bond=str(change.params.get("bond", "")),
        at=row.ended_at,
        policy=str(settings.get("policy", "")),
        primary=str(settings.get("primary", "")),
        moved_to=str(row.found.get("plain_moved_to", "")),
        moved_ms=_number(row.found.get("plain_moved_ms")),
        slowed_ms=_number(row.found.get("slowed_moved_ms")),
        gap_ms=counted.get("longest_gap_ms"),
        gaps_ms=tuple(counted.get("gaps_ms", ())),
        lost=counted.get("lost"),
        interval_ms=counted.get("interval_ms"),
        witness=str(change.params.get("witness") or ""),
        slowed=bool(settings.get("slow")),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text else None
