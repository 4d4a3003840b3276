"""The engine, for those who look after it: workers, runs and their leases, locks, queues; what is odd comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from changes.states import Label
from pages.engine_sight import last_seal, see
from pages.oddities import KEEPS_DISK, RunNow, Sight, odd_run, oddities
from people.access import Request, requires
from people.roles import Role

ALIVE, GONE = Label("✔", "alive", "ok"), Label("✖", "not seen", "bad")
DUTIES = {
    "runs": "plans, gates, runs, live facts",
    "sweeps": "finds what was left undone, seals the audit",
    "fleet": "asks hosts for their bonds",
}


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A kind of worker: when it was last seen, and how many hints wait for it (None: the broker did not say)."""

    name: str
    duty: str
    label: Label
    age: float | None
    hints: int | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, what is odd about it if anything, and when its wait ends."""

    run: RunNow
    odd: bool
    tone: str
    until: object


@requires(Role.OPERATOR, Role.ADMINISTRATOR)
def engine(request: Request) -> HttpResponse:
    """The page; htmx asks for its inner part every few seconds."""
    sight = see()
    found = oddities(sight)
    rows = [_run_row(run, sight) for run in sight.runs]
    context = {
        "sight": sight,
        "oddities": found,
        "bad": sum(oddity.tone == "bad" for oddity in found),
        "workers": _workers(sight),
        "working": [row for row in rows if not row.run.parked],
        "parked": [row for row in rows if row.run.parked],
        "more": max(0, sight.runs_in_all - len(rows)),
        "locks": [(lock, lock.state not in KEEPS_DISK) for lock in sight.locks],
        "sealed_at": last_seal(),
        "now": timezone.now(),
    }
    return render(request, "engine/_engine.html" if request.htmx else "engine/engine.html", context)


def _workers(sight: Sight) -> list[WorkerRow]:
    """Those that are gone first."""
    rows = [
        WorkerRow(name, DUTIES[name], ALIVE if sight.alive(name) else GONE, age, sight.queues.get(name))
        for name, age in sight.workers.items()
    ]
    return sorted(rows, key=lambda row: row.label is ALIVE)


def _run_row(run: RunNow, sight: Sight) -> RunRow:
    odd = odd_run(run, sight.pace)
    until = timezone.now() + timedelta(seconds=run.ends_in) if run.ends_in is not None else None
    return RunRow(run, odd is not None, odd.tone if odd else "", until)
