"""A kind whose host keeps a journal of effects: what was done, what was undone, each time it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from changes.plan import Call, Check, Json, Plan, Refusal, Step, Undo, Wait
from tests.execution.toy import ToyKind

DO = """[ ! -e "$1/broken-$2" ] || { echo no; exit 3; }
echo "doing $2"; echo "do $2" >>"$1/effects"; echo "$2" >>"$1/journal\""""
UNDO = """[ ! -e "$1/stuck-$2" ] || { echo no; exit 3; }
echo "undo $2" >>"$1/effects"; grep -vx "$2" "$1/journal" >"$1/new"; mv "$1/new" "$1/journal\""""


class Toys(ToyKind):
    """params: host, world (directory), steps (names, unique in the world; one that begins with `wait` is for a person).

    A file `broken-NAME` makes that step fail, `stuck-NAME` its undo, each without an effect.
    """

    key = "toys"

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        return [f"vm:{params['vm']}"]

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        if facts["colour"] == "red\n":
            return Refusal(("The world is red. Paint it first.",))
        steps = tuple(a_step(params["host"], params["world"], name) for name in params["steps"])
        return Plan(self.key, 1, "Toys", {"colour": facts["colour"]}, steps, settings={"world": params["world"]})


def a_step(host: str, world: str, name: str) -> Step:
    there = (Check("line", f"{name} is in the journal", {"line": name}),)
    if name.startswith("wait"):
        return Step(name, name, "why", host, wait=Wait("Write the line.", 3600), verify=there, no_undo="-")
    gone = (Check("no_line", f"{name} is gone", {"line": name}),)
    undo = Undo("Take it back", Call((world, name), script=UNDO), (), gone)
    return Step(name, name, "why", host, Call((world, name), script=DO), (), there, undo, writes=("the journal",))


def effects(world: Path) -> list[str]:
    """`do NAME` and `undo NAME`, in the order in which the host did it."""
    path = world / "effects"
    return path.read_text().splitlines() if path.exists() else []
