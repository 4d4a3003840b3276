"""The steps of a drill as values. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from changes.plan import LOW, MEDIUM, Call, Check, Json, Step, Undo
from networking.drill.wish import Wish
from networking.facts.values import BondNow, Network
from networking.guard import AFTER, Guard, guarded
from networking.scripts import script

PINGS = "{run_dir}/pings"
STANDS = 240
"""Seconds beyond the revert's time for which pings go out at most."""


@dataclass(frozen=True, slots=True)
class Drill:
    """What the steps are made from.

    mbps  the primary's speed now; slow  what it is slowed down to, 0 for not at all; address  whom the witness pings
    """

    wish: Wish
    network: Network
    bond: BondNow
    primary: str
    standby: str
    policy: str
    mbps: int
    slow: int
    address: str

    @property
    def guard(self) -> Guard:
        return Guard(seconds=self.wish.seconds)

    @property
    def longest(self) -> int:
        return self.wish.seconds + AFTER

    def values(self) -> str:
        """The drill in shell variables."""
        said = {
            "bond": self.bond.name,
            "primary": self.primary,
            "standby": self.standby,
            "policy": self.policy,
            "mbps": str(self.mbps),
            "slow": str(self.slow),
        }
        return "".join(f"{name}={shlex.quote(value)}\n" for name, value in said.items())


def steps_of(drill: Drill) -> tuple[Step, ...]:
    watched = bool(drill.wish.witness)
    return (
        baseline(drill),
        snapshot(drill),
        *((watch(drill),) if watched else ()),
        arm(drill),
        take_down(drill),
        *((count(drill),) if watched else ()),
        confirm(drill),
        tidy(drill),
    )


def _check(rule: str, sentence: str, **args: Json) -> Check:
    return Check(rule, sentence, args)


def baseline(drill: Drill) -> Step:
    return Step(
        key="baseline",
        title=f"See that {drill.primary} carries the traffic and {drill.standby} stands by",
        why="A drill of a bond that is not well would be an outage.",
        host=drill.wish.host,
        precheck=(_check("drill-ready", f"{drill.bond.name} is as planned, both links up, {drill.primary} active."),),
        verify=(_check("baseline", "Gateway, name servers and our end of the session were asked."),),
        no_undo="Only reads.",
    )


def snapshot(drill: Drill) -> Step:
    back = f"{drill.values()}{script('speed.lib', 'drill_back')}"
    return Step(
        key="snapshot",
        title="Put the way back in place",
        why=f"It brings {drill.primary} up at its speed, and the traffic back to it, without us.",
        host=drill.wish.host,
        command=drill.guard.snapshot({}, {"back.sh": back, "act.sh": guarded("act")}),
        verify=(_check("saved", "The way back is on the host, and its shell can read it."),),
        undo=Undo(
            title="Take the timer away",
            command=drill.guard.tidy(),
            verify=(_check("tidied", "No revert is armed any more."),),
        ),
        writes=("{run_dir}/guard",),
    )


def watch(drill: Drill) -> Step:
    seconds = drill.wish.seconds + STANDS
    return Step(
        key="watch",
        title=f"Send packets from {drill.wish.witness} to {drill.address}, every {drill.wish.interval_ms} ms",
        why="The gap is measured from outside: lost packets times their distance.",
        host=drill.wish.witness,
        command=Call(
            (PINGS, drill.address, f"{drill.wish.interval_ms / 1000:g}", str(seconds)), script=script("watch")
        ),
        verify=(_check("watching", f"{drill.address} answers {drill.wish.witness}."),),
        no_undo=f"They end by themselves after {seconds} s.",
        writes=("{run_dir}/pings",),
    )


def arm(drill: Drill) -> Step:
    return Step(
        key="arm",
        title=f"Arm the revert: in {drill.wish.seconds} seconds the host ends the drill by itself",
        why="The drill may show that the other path is dead; then nobody gets in to end it.",
        host=drill.wish.host,
        command=drill.guard.arm(),
        precheck=(_check("undecided", "It is not decided yet."), _check("saved", "The way back is in place.")),
        verify=(_check("armed", "The revert is armed, as the host's own timer says."),),
        no_undo="It is taken away when it is decided.",
        writes=("a timer",),
        danger=LOW,
    )


def take_down(drill: Drill) -> Step:
    slowed = f" First it comes back at {drill.slow} Mb/s." if drill.slow else ""
    return Step(
        key="drill",
        title=f"Take {drill.primary}'s link down, and bring it up again",
        why=(
            f"The traffic must move to {drill.standby}, and then do as primary_reselect={drill.policy} says.{slowed}"
            " One script on the host, which needs no session."
        ),
        host=drill.wish.host,
        command=drill.guard.apply((), f"guard=$1\n{drill.values()}{script('speed.lib', 'drill')}"),
        precheck=(
            _check("undecided", "It is not decided yet."),
            _check("armed", "The revert is armed."),
            _check("drill-ready", f"{drill.bond.name} is as planned, both links up, {drill.primary} active."),
        ),
        verify=(_check("applied", "The drill has ended well."), _check("drilled", "The bond did as its policy says.")),
        no_undo="Nothing stays of it.",
        writes=(f"the link of {drill.primary}",),
        danger=MEDIUM,
        cancel="never",
        outage=drill.longest,
    )


def count(drill: Drill) -> Step:
    return Step(
        key="count",
        title=f"Count on {drill.wish.witness} what was lost",
        why="Each run of lost packets is a gap in the traffic.",
        host=drill.wish.witness,
        command=Call((PINGS,), script=script("count")),
        verify=(_check("counted", "The packets are counted."),),
        no_undo="Only counts.",
        writes=("{run_dir}/pings",),
    )


def confirm(drill: Drill) -> Step:
    return Step(
        key="confirm",
        title="Confirm over a new connection that all is as before",
        why="Then the host need not end the drill by itself.",
        host=drill.wish.host,
        command=drill.guard.confirm(),
        precheck=(
            _check("not-gone-back", "The host has not ended the drill by itself."),
            _check("probes", "What answered before answers again."),
            _check("drill-over", f"{drill.primary} carries the traffic again."),
        ),
        verify=(_check("confirmed", "It is decided."),),
        no_undo="There is nothing to take back.",
        writes=("the host's decision",),
        cancel="never",
        outage=drill.longest,
    )


def tidy(drill: Drill) -> Step:
    return Step(
        key="tidy",
        title="Take the timer away",
        why="It would do nothing any more: it is decided.",
        host=drill.wish.host,
        command=drill.guard.tidy(),
        verify=(_check("tidied", "No revert is armed any more."),),
        no_undo="There is nothing to take back.",
        writes=("a timer",),
    )
