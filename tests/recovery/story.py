"""The story as captured on a lab host: the request, the plan, and what the host answered at each moment.

Moments: ready (files copied, no disk) · stranger (another disk is there) · attached · saved · restored · active ·
mounted · undone. `tests/lab/recovery_capture.py` makes the samples.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from changes.kinds import Context, Verdict
from changes.plan import Check, Plan, Refusal
from recovery.facts.host import AskHost, HostState
from recovery.kind import KIND
from recovery.known import Facts
from ssh.session import Result

SAMPLES = Path(__file__).parent / "samples"
RUN_DIR = "/var/lib/regroup/sample"
PV = "pdA5ce-Quqf-gBRX-wjNb-G1Pr-A5No-EWTmN0"
VG = "1YwxqP-Zf2X-XGk3-UuOt-038d-j3Lu-ePa7cu"
ROOT = "sRcj7w-GVEm-ebWn-gG2U-Qh1r-xpKK-zwP8zs"


@cache
def load(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def params(**changes: Any) -> dict[str, Any]:
    return {**load("params"), **changes}


def facts(**changes: Any) -> Facts:
    """The target's planning facts; `host_…` changes the host's state, the rest the planning facts."""
    known = Facts.from_json(load("facts"))
    host = {key.removeprefix("host_"): value for key, value in changes.items() if key.startswith("host_")}
    planning = {key: value for key, value in changes.items() if not key.startswith("host_")}
    return Facts(replace(known.host, **host), replace(known.planning, **planning))


def plan(asked: Mapping[str, Any] | None = None, known: Facts | None = None) -> Plan:
    made = KIND.plan(asked or params(), (known or facts()).to_json())
    assert isinstance(made, Plan), made
    return made


def refused(asked: Mapping[str, Any] | None = None, known: Facts | None = None) -> Refusal:
    made = KIND.plan(asked or params(), (known or facts()).to_json())
    assert isinstance(made, Refusal), made.title
    return made


class Recorded:
    """Answers facts from a moment's capture; `changed` replaces single typed answers, by the fact's class."""

    def __init__(self, moment: str, changed: Mapping[type, Any] | None = None) -> None:
        self.answers, self.changed = load(moment), changed or {}

    def __call__(self, fact: Any) -> Any:
        if type(fact) in self.changed:
            return self.changed[type(fact)]
        status, text, said = self.answers[str(fact)]
        return fact.parse(Result(status, text.encode("utf-8", "surrogateescape"), said.encode()))


def host_at(moment: str, **changes: Any) -> HostState:
    state: HostState = Recorded(moment)(AskHost())
    return replace(state, **changes)


def found_before(*keys: str) -> dict[str, Any]:
    found = load("found")
    return {key: found[key] for key in keys}


def judge(
    moment: str,
    check: Check,
    *,
    found: Mapping[str, Any] | None = None,
    changed: Mapping[type, Any] | None = None,
    of: Plan | None = None,
) -> Verdict:
    """The verdict at a moment; by default all that steps had found until the end of the story is known."""
    known = load("found") if found is None else found
    return KIND.judge(check, Context(Recorded(moment, changed), of or plan(), RUN_DIR, known))


def check(step: str, rule: str, where: Callable[[Any], tuple[Check, ...]] | None = None) -> Check:
    """The check with that rule in a step of the plan: among its prechecks, verifies, and its undo's."""
    made = plan().step(step)
    pool = [*made.precheck, *made.verify, *((*made.undo.precheck, *made.undo.verify) if made.undo else ())]
    return next(item for item in pool if item.rule == rule)


DEVICES_VAR = "/dev/mapper/vm42_RootVG-var"
