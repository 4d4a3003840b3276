"""REGROUP_FAILPOINT, read: where a worker is told to die, and how. What it means: `execution.failpoints`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

EVENTS = ("entered", "said", "intent", "output", "exited", "ended", "parked", "finished")
PLACES = frozenset(
    {"after-claim", "after-start", *(f"{when}-{name}" for when in ("before", "after") for name in EVENTS)}
)
_SPELLED = re.compile(r"([a-z-]+)(?:@([A-Za-z0-9_-]+))?:(?:(kill|stop|raise)|delay=([0-9]{1,4}))")


@dataclass(frozen=True, slots=True)
class Failpoint:
    """`step` is empty for every step; `seconds` belong to a delay."""

    place: str
    step: str
    action: str
    seconds: int = 0


def parse_failpoint(text: str, *, debug: bool) -> Failpoint | None:
    """The fail point that a setting spells, None for an empty one. Raises ImproperlyConfigured."""
    if not text:
        return None
    if not debug:
        raise ImproperlyConfigured(
            "REGROUP_FAILPOINT kills workers and is for tests; unset it, or set REGROUP_DEBUG=1 where nobody is harmed."
        )
    spelled = _SPELLED.fullmatch(text)
    if spelled is None or spelled[1] not in PLACES:
        raise ImproperlyConfigured(
            f"REGROUP_FAILPOINT must be PLACE[@STEP]:kill, :stop, :raise or :delay=SECONDS, where PLACE is one of "
            f"{', '.join(sorted(PLACES))}; it is {text!r}."
        )
    return Failpoint(spelled[1], spelled[2] or "", spelled[3] or "delay", int(spelled[4] or 0))
