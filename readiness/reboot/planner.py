"""Plans a reboot of a host that looks as if it would come back, or says why not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from changes.plan import Json, Plan, Refusal
from readiness.judges.finding import Finding
from readiness.lights import Light
from readiness.reboot.steps import Reboot, steps_of
from readiness.reboot.wish import Wish, wish_problems

KIND, VERSION = "reboot", 1
MOVING = frozenset(("packages", "space", "storage", "services", "changes", "people", "backup"))
"""Checks whose sentences have clocks and counts in them, which no plan has: they are named alone."""


def plan(params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
    """The plan for a wish on a host, or the refusal. The same input gives the same digest."""
    try:
        wish = Wish.from_json(params)
    except ValueError as error:
        return Refusal((str(error),))
    said = list(wish_problems(wish))
    if said:
        return Refusal(tuple(sentence for _, sentence in said), said[0][0])
    if facts["container"]:
        return Refusal((f"{wish.host} is a container ({facts['container']}): it has no boot of its own.",), "host")
    if not facts["systemctl"]:
        return Refusal(
            (f"{wish.host} has no systemctl, so its services cannot be compared. Reboot it by hand.",), "host"
        )
    found = [Finding.from_json(row) for row in facts["findings"]]
    red = [finding for finding in found if finding.light is Light.RED]
    if red and not wish.despite:
        return Refusal((*(_refused(finding) for finding in red), _other_way(wish)), "host")
    return _plan(wish, facts, found)


def barred(made: Plan) -> str:
    """Why nothing but a broken glass lets this plan start; empty where it is not red."""
    red = [said.partition(":")[0] for said in made.settings.get("red", ())]
    return f"{made.target['host']} would not come back, as far as can be told. Red: {', '.join(red)}." if red else ""


def bound(begun: Collection[str]) -> str:
    """Why the rest of a reboot cannot be planned anew: that would be a second one, with nothing left to compare."""
    if "reboot" not in begun:
        return ""
    return (
        "The order was given, and only this change remembers what ran before it. Resume it; or close it with a"
        " reason, and ask for another reboot."
    )


def _refused(finding: Finding) -> str:
    """The check with what is wrong and what to do."""
    red = [point for point in finding.points if point.light is Light.RED]
    todos = dict.fromkeys(point.todo for point in red if point.todo)
    return " ".join((f"Red: {finding.title}.", *(point.sentence for point in red), *todos))


def _other_way(wish: Wish) -> str:
    return (
        f"Mend that while {wish.host} still runs, then ask again. If it has to be rebooted all the same, ask for it"
        " although checks are red: that plan starts only under a broken glass."
    )


def _said(finding: Finding, *lights: Light) -> str:
    """The sentences of a finding as far as a plan can hold them."""
    if finding.check in MOVING:
        return f"{finding.title}: see the host's checks."
    return f"{finding.title}: " + " ".join(point.sentence for point in finding.points if point.light in lights)


def _plan(wish: Wish, facts: Mapping[str, Json], found: list[Finding]) -> Plan:
    red = tuple(_said(finding, Light.RED) for finding in found if finding.light is Light.RED)
    reboot = Reboot(wish, facts["boot_id"], facts["kernel"], red)
    return Plan(
        kind=KIND,
        version=VERSION,
        title=f"Reboot {wish.host}, and see that it comes back",
        target={"host": wish.host, "machine_id": facts["machine_id"], "boot_id": facts["boot_id"]},
        steps=steps_of(reboot),
        warnings=tuple(_warnings(wish, facts, found)),
        settings={"seconds": wish.seconds, "kernel": facts["kernel"], "next": facts["next"], "red": list(red)},
    )


def _warnings(wish: Wish, facts: Mapping[str, Json], found: list[Finding]) -> Iterator[str]:
    red = [finding for finding in found if finding.light is Light.RED]
    if red:
        yield f"{wish.host} would not come back, as far as can be told. Only a broken glass lets this start."
    for finding in red:
        yield f"Red: {_said(finding, Light.RED)}"
    yield f"Everything that {wish.host} does stands still until it is back, and nothing takes a reboot back."
    for finding in found:
        for light, word in ((Light.AMBER, "Doubtful"), (Light.UNKNOWN, "Not known")):
            if finding.light is not Light.RED and any(point.light is light for point in finding.points):
                yield f"{word}: {_said(finding, light)}"
    if facts["next"] and not str(facts["next"]).endswith(f"-{facts['kernel']}"):
        yield f"It will start another kernel than the one that runs ({facts['kernel']}): {facts['next']}."
    yield "Checks find reasons against a boot; they cannot prove one. See that somebody can reach its console."
