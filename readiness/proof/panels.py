"""What a proof adds to its change's page: whether the clone came up, and the end of its console."""

from __future__ import annotations

from changes.panels import Panel, Situation
from readiness.proof.outcome import OUTCOME_LABELS, Watched


def outcome_panel(situation: Situation) -> Panel | None:
    """Once the watch is over, whatever became of the rest."""
    found = situation.found.get("watch", {})
    if not found.get("outcome"):
        return None
    seen = Watched.from_json(found)
    context = {
        "label": OUTCOME_LABELS[seen.outcome],
        "sentence": found["sentence"],
        "console": seen.console,
        "proves": situation.plan.target["proves"],
    }
    return Panel("proof/_outcome.html", context)
