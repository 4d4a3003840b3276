"""What this floor decides, said aloud: a floor above writes it into the audit.

People and audit are siblings and never import one another. The signal is sent inside the
deciding transaction and a receiver's error is not caught, so that the entry and the decision
are written together or not at all.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import Signal

from people.actor import Actor
from people.models import User

decided = Signal()
"""Arguments: actor (Actor | None: the system), action (text), user (User it is about), detail (JSON dict)."""


def say(by: Actor | None, action: str, user: User, detail: dict[str, Any]) -> None:
    """Tell of a decision about an account; no secret may stand in `detail`."""
    decided.send(sender=User, actor=by, action=action, user=user, detail=detail)
