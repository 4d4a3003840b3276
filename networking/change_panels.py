"""What a bond or a drill adds to the change page: the countdown, how the host went back, and how the bond is now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from changes.panels import Panel, Situation
from changes.plan import Json, Plan
from changes.states import State
from execution.logs import Line, notes
from execution.models import UNDO, Run
from networking.models import Bond

WAITING_STEPS = ("apply", "drill", "confirm")
WAITS = WAITING_STEPS, "arm", "{host} goes back by itself"
UNDO_WAITS = ("apply", "arm"), "confirm", "{host} returns to {bond} by itself"
"""Steps that wait for the host, the step that armed its revert, and what that does."""


def countdown_panel(situation: Situation) -> Panel | None:
    """While the host cannot be reached, or is not as it has to be: when it goes back by itself at the latest.

    An undo has a revert of its own, armed by the undo of the confirmation, which returns the host to the bond.
    """
    run = Run.objects.filter(change=situation.change).latest("pk")
    waits, arms, back = UNDO_WAITS if run.phase == UNDO else WAITS
    step = run.steps.filter(phase=run.phase, key=arms, ended_at__isnull=False).first()
    if situation.wait_step not in waits or step is None or step.ended_at is None or not step.found:
        return None
    moment = step.ended_at + timedelta(seconds=int(step.found.get("left", 0)))
    host, bond = situation.change.host.name, situation.plan.target["bond"]
    context = {"back": back.format(host=host, bond=bond), "seconds": step.found.get("seconds"), "moment": moment}
    return Panel("networking/_countdown.html", context)


def went_back_panel(situation: Situation) -> Panel | None:
    """The host's own proof that it went back, beside what Regroup saw."""
    proof = next((found for found in situation.found.values() if found.get("reverted")), None)
    if proof is None or situation.change.state not in (State.FAILED, State.CLOSED, State.UNDONE, State.UNDO_FAILED):
        return None
    context = {**_proof(proof), "host": situation.change.host.name, "seen": _seen(situation)}
    return Panel("networking/_went_back.html", context)


def now_panel(situation: Situation) -> Panel | None:
    """The bond as it was last seen, once a run has ended well; the host is asked as soon as it has."""
    change = situation.change
    if change.state is not State.SUCCEEDED:
        return None
    name = str(situation.plan.target["bond"])
    bond = Bond.objects.there().filter(host=change.host, name=name).select_related("host__network").first()
    return Panel("networking/_bond_now.html", {"bond": bond, "host": change.host, "name": name})


def _proof(found: Mapping[str, Json]) -> dict[str, Any]:
    armed, back = found.get("armed", {}), found["reverted"]
    same = armed.get("boot") == back.get("boot")
    return {
        "how": back.get("how", ""),
        "after": int(back["ended"]) - int(armed["begun"]) if same and armed else None,
        "took": int(back["ended"]) - int(back["begun"]),
        "whole": back.get("status") == "0",
        "log": found.get("log", ""),
    }


def _seen(situation: Situation) -> list[Line]:
    """What was noted from here while the host was away."""
    return notes(situation.change.pk, WAITING_STEPS, 40)


def confirm_words(plan: Plan, step: str) -> str:
    return "Ask the host now"


def undo_words(plan: Plan, touched: frozenset[str]) -> str:
    """`give web01 its network back as it was before`."""
    if "confirm" in touched:
        return f"give {plan.target['host']} its network back as it was before bond {plan.target['bond']}"
    return "take timers and boot guards away"
