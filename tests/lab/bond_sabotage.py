"""Ways to cut a lab host off by a change of its bond, and what has to come of each: the host is back by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from changes.kinds import Verdict
from lab import BondHost
from lab.switch import Switch
from networking.facts.guard import AskGuard, GuardState
from ssh import detached
from ssh.facts import SessionAsk
from tests.lab.bond_walker import OUTCOME_WITHIN, BondWalker
from tests.lab.recovery_walker import StepFailed, reach
from tests.lab.test_bond_change import network, nothing_left, walker

WITHIN = 200
"""Seconds from arming to management's return."""


class Killed(Exception):
    """The worker is no more."""


@dataclass(frozen=True)
class Sabotage:
    """What is wrong: with the wish, with the cabling, or with what happens before the step `at`."""

    name: str
    wish: Callable[[BondHost], dict[str, Any]] = lambda host: {}
    cabling: Callable[[BondHost, Switch], None] = lambda host, switch: None
    at: str = "confirm"
    meanwhile: Callable[[BondWalker, BondHost], None] = lambda change, host: None
    because: str = "no confirmation over a new connection came in time"


def static(address: str, gateway: str) -> dict[str, Any]:
    return {"addressing": {"method": "static", "addresses": [f"{address}/24"], "gateways": [gateway]}}


def kill_worker(change: BondWalker, host: BondHost) -> None:
    """It has begun the apply, and nothing more is heard of it."""
    step, change.outage = change.plan.step("apply"), True
    assert step.command
    change._start(step.key, host.name, step.command)
    raise Killed


def typo(host: BondHost) -> dict[str, Any]:
    return static(host.inside, "10.0.2.222")


CUTS = (
    Sabotage("wrong address", wish=lambda host: static("10.0.9.9", "10.0.9.1")),
    Sabotage("gateway with a typo", wish=typo),
    Sabotage("dead port", cabling=lambda host, switch: switch.kill(host.name, "eth1")),
    Sabotage("wrong VLAN", cabling=lambda host, switch: switch.vlan(host.name, "eth1", 20)),
)
KILLED = Sabotage("killed worker", wish=typo, at="apply", meanwhile=kill_worker)
REBOOTED = Sabotage(
    "rebooted host",
    meanwhile=lambda change, host: host.reboot(),
    because="it was restarted before the change was confirmed",
)


def guard_of(change: BondWalker, host: BondHost) -> GuardState:
    with reach(host) as session:
        return SessionAsk(session)(AskGuard(f"/var/lib/regroup/{change.run}/guard"))


def is_back_by_itself(
    host: BondHost, switch: Switch, sabotage: Sabotage, seconds: int
) -> tuple[BondWalker, GuardState]:
    """Sabotages a change and sees all that has to hold then; the change, and the host's guard as it stands."""
    before = network(host)
    sabotage.cabling(host, switch)
    change, said = _cut_off(host, sabotage, seconds)
    state = guard_of(change, host)
    assert f"{host.name} went back by itself" in said.sentence, (said.sentence, change.said, change.took)
    assert sabotage.because in said.sentence, (said.sentence, state)
    assert said.found == state.proof(), "the page shows what the host wrote"
    assert state.reverted["status"] == "0", state.log
    if state.reverted["boot"] == state.armed["boot"]:
        assert int(state.reverted["ended"]) - int(state.armed["begun"]) <= WITHIN, state
    assert network(host) == before
    nothing_left(host)
    return change, state


def _cut_off(host: BondHost, sabotage: Sabotage, seconds: int) -> tuple[BondWalker, Verdict]:
    """Asked for again where the machine was so slow that the timer came before anything was applied."""
    for _ in range(4):
        change = walker(host, seconds=seconds, **sabotage.wish(host))
        meanwhile = partial(sabotage.meanwhile, change, host)
        try:
            change.walk(before={sabotage.at: meanwhile})
        except StepFailed as failed:
            said = failed.verdict
        except Killed:
            said = _taken_over(change, host)
        else:
            pytest.fail(f"{sabotage.name}: it was confirmed. {change.said}")
        if said.found and "nothing was applied" not in str(said.found["log"]):
            return change, said
    pytest.fail(f"{sabotage.name}: {seconds} s were never enough to apply it. {change.said}, {change.took}")


def _taken_over(change: BondWalker, host: BondHost) -> Verdict:
    """What another worker finds: the step is not begun a second time, and in the end the host has gone back."""
    apply, confirm = change.plan.step("apply"), change.plan.step("confirm")
    assert apply.command
    again = apply.command.resolve({"run_dir": f"/var/lib/regroup/{change.run}"})
    heir = BondWalker(change.hosts, change.plan, run=change.run, found=dict(change.found), outage=True)
    with reach(host) as session, pytest.raises(detached.AlreadyClaimed):
        detached.start(session, heir._ticket("apply"), again)
    deadline = time.monotonic() + OUTCOME_WITHIN
    while (verdict := heir._wait("confirm", host.name, confirm.precheck[:1])).holds:
        assert time.monotonic() < deadline, verdict
        time.sleep(1)
    return verdict
