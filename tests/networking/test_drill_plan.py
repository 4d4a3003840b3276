"""A drill's plan, its refusals, and what its numbers mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from changes.kinds import Context, Verdict
from changes.plan import Check, Plan, Refusal
from networking.bonding.status import PortStatus
from networking.drill.facts import AskDrill, AskPings, Pings
from networking.drill.judges import RULES, judge
from networking.drill.planner import plan
from networking.facts.nics import AskNetwork
from networking.facts.values import BondNow, Network
from networking.judges import RULES as BOND_RULES
from ssh.facts import FactError
from ssh.session import Result
from tests.networking.plans import bonded, host


def with_status(on: Network | None = None, **values: Any) -> Network:
    on = on or bonded()
    bond = on.bonds[0]
    return replace(on, bonds=(BondNow(bond.name, replace(bond.status, **values), bond.options, ""),))


def asked(**values: Any) -> dict[str, Any]:
    return {"host": "web01", "bond": "bond0", "witness": "ping01"} | values


def planned(on: Network | None = None, **values: Any) -> Plan:
    made = plan(asked(**values), (on or bonded()).to_json())
    assert isinstance(made, Plan), made
    return made


def refused(on: Network | None = None, **values: Any) -> str:
    made = plan(asked(**values), (on or bonded()).to_json())
    assert isinstance(made, Refusal), made.title
    return " ".join(made.reasons)


def test_packets_go_out_before_the_link_goes_down_and_are_counted_before_it_is_confirmed():
    assert [step.key for step in planned().steps] == [
        "baseline", "snapshot", "watch", "arm", "drill", "count", "confirm", "tidy",
    ]  # fmt: skip


def test_the_second_host_has_steps_of_its_own():
    assert {step.key for step in planned().steps if step.host == "ping01"} == {"watch", "count"}
    assert planned().step("watch").command.argv[1] == "10.0.2.15"


def test_without_a_second_host_nothing_is_measured_and_that_is_said():
    made = planned(witness="")
    assert "watch" not in [step.key for step in made.steps]
    assert any("the gap in the traffic is not measured" in said for said in made.warnings)


def test_the_same_drill_has_the_same_digest():
    assert planned().digest() == planned().digest()
    assert Plan.from_json(planned().to_json()) == planned()


def test_a_slowed_primary_is_slower_than_the_port_that_stands_by():
    assert planned(slowed=True).settings["slow"] == 100


def test_every_rule_has_a_judge():
    rules = {check.rule for step in planned().steps for check in (*step.precheck, *step.verify)}
    assert rules <= set(RULES) | set(BOND_RULES)


def test_the_failure_policy_leaves_it_to_the_drill_to_move_the_traffic_back():
    made = planned(bonded(primary_reselect="failure"))
    assert any("the drill moves it back" in said for said in made.warnings)


def down(name: str) -> tuple[PortStatus, ...]:
    return tuple(
        replace(port, mii_status="down") if port.name == name else port for port in bonded().bonds[0].status.ports
    )


@pytest.mark.parametrize(
    ("on", "values", "sentence"),
    [
        (host(), {}, "There is no bond bond0 on web01. It has: none."),
        (with_status(mode="802.3ad"), {}, "is in mode 802.3ad; a drill is for active-backup."),
        (with_status(primary=None), {}, "bond0 has no primary"),
        (with_status(miimon=0), {}, "watches no links (miimon 0)"),
        (with_status(active="eth0"), {}, "eth0 carries the traffic of bond0, not its primary eth1."),
        (with_status(ports=down("eth0")), {}, "has no other port with a link"),
        (replace(bonded(), managers=replace(host().managers, tools=("ip",))), {}, "no way to arm a revert"),
        (replace(bonded(), nics=bonded().nics[:2]), {}, "has no IPv4 address of its own"),
        (bonded(primary_reselect="always"), {"slowed": True}, "only with better does a slowed primary"),
        (replace(bonded(), managers=replace(host().managers, tools=("at",))), {"slowed": True}, "has no ethtool"),
        (with_status(ports=()), {"slowed": True}, "an unknown number of Mb/s"),
        (bonded(), {"witness": "web01"}, "web01 cannot watch itself"),
        (bonded(), {"seconds": 5}, "60 to 180 seconds, not 5."),
        (bonded(), {"interval_ms": 1}, "Packets go out every 10 to 1000 ms"),
        (bonded(), {"bond": "0"}, "is no name for a bond"),
        (bonded(), {"seconds": "soon"}, "are numbers"),
    ],
)
def test_what_is_not_drilled(on, values, sentence):
    assert sentence in refused(on, **values)


def test_a_request_that_lacks_something_is_refused():
    assert plan({"host": "web01"}, {}).reasons == ("The request lacks 'bond'.",)


DONE = {
    "failures_before": "0", "plain_moved_ms": "110", "plain_moved_to": "eth0", "plain_up_ms": "60",
    "plain_then": "eth1", "failures_after": "1", "done": "yes",
}  # fmt: skip


def say(
    rule: str, said: dict[str, str] | None = None, pings: Pings | None = None, on: Network | None = None, **values: Any
) -> Verdict:
    def ask(fact: Any) -> Any:
        if isinstance(fact, AskNetwork):
            return on or bonded()
        return pings if isinstance(fact, AskPings) else said

    return judge(Check(rule, ""), Context(ask, planned(values.pop("planned_on", None), **values), "/r", {}))


def test_a_drill_that_did_as_its_policy_says_gives_its_numbers():
    verdict = say("drilled", DONE)
    assert verdict.holds
    assert verdict.found["plain_moved_ms"] == "110"
    assert "moved to eth0 within 110 ms" in verdict.sentence


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"failed": "The traffic did not leave eth1."}, "did not leave eth1"),
        ({}, "has not come to its end"),
        (DONE | {"plain_then": "eth0"}, "the traffic was on eth0, where better wants eth1"),
    ],
)
def test_a_drill_that_did_otherwise_is_told(said, sentence):
    verdict = say("drilled", said)
    assert not verdict.holds
    assert sentence in verdict.sentence


def test_a_slowed_primary_must_not_get_the_traffic_under_better():
    slowed = DONE | {"slowed_then": "eth1", "restored_then": "eth1"}
    assert "primary came back slowed the traffic was on eth1" in say("drilled", slowed, slowed=True).sentence
    assert say("drilled", slowed | {"slowed_then": "eth0"}, slowed=True).holds


def test_under_failure_the_traffic_has_to_stay():
    on = bonded(primary_reselect="failure")
    assert say("drilled", DONE | {"plain_then": "eth0"}, planned_on=on).holds


def test_lost_packets_times_their_distance_are_the_gap():
    verdict = say("counted", pings=Pings(True, 412, 415, ((120, 3),)))
    assert verdict.found["longest_gap_ms"] == 150
    assert "3 of 415 packets were lost; the longest gap was 150 ms." in verdict.sentence
    assert not say("counted", pings=Pings(False, 412, 415, ())).holds
    assert not say("counted", pings=Pings(True, 0, 0, ())).holds


def test_packets_must_come_back_before_it_begins():
    assert say("watching", pings=Pings(False, 4, 4, ())).holds
    assert not say("watching", pings=Pings(False, 0, 0, ())).holds


def test_the_bond_is_looked_at_before_and_after():
    assert say("drill-ready").holds
    assert "carries the traffic, not eth1" in say("drill-ready", on=with_status(active="eth0")).sentence
    assert "has no link" in say("drill-ready", on=with_status(ports=down("eth0"))).sentence
    assert "another machine" in say("drill-ready", on=replace(bonded(), machine_id="f" * 32)).sentence
    assert "There is no bond0 any more." in say("drill-ready", on=host(machine_id=bonded().machine_id)).sentence
    assert say("drill-over").holds
    assert say("drill-over", on=with_status(active="eth0")).not_yet


def test_answers_are_read_strictly():
    assert AskDrill("/r").parse(Result(0, b"done=yes\n", b"")) == {"done": "yes"}
    assert AskPings("/r").parse(Result(0, b"ended=yes\ngap=120 3\nreceived=412\nlast=415\n", b"")).longest == 3
    assert AskDrill("/r").command().sudo
    assert AskPings("/r").command().sudo
    for ask, text in ((AskDrill("/r"), b"done\n"), (AskPings("/r"), b"gap=x\n"), (AskPings("/r"), b"what=1\n")):
        with pytest.raises(FactError):
            ask.parse(Result(0, text, b""))
