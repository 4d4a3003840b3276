"""A kind of change whose world is one directory: each step adds a line to a file, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from changes.kinds import Context, Verdict
from changes.plan import Call, Check, Json, Plan, Refusal, Step, Undo, Wait
from ssh.command import Command
from ssh.facts import FactError
from ssh.session import Result


@dataclass(frozen=True)
class Text:
    """The file's text, empty where there is none."""

    path: str
    name: str = "text"

    def command(self) -> Command:
        return Command(("sh", "-c", 'cat -- "$1" 2>/dev/null || :', "sh", self.path))

    def parse(self, result: Result) -> str:
        if result.status:
            raise FactError(result.error_text)
        return result.text


class ToyKind:
    """params: world (directory), steps (names; `wait` waits, `slow` takes 3 s, `bad` fails, `far` may lose its host,
    `second` is done on the other host, `clear` leaves nothing to undo), colour (a fact file), other (a second host)."""

    key, title, version = "toy", "A toy", 1

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        return [params["host"], *([params["other"]] if "other" in params else [])]

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        return ["vm:toy"]

    def summary(self, params: Mapping[str, Json]) -> str:
        return f"Toy in {params['world']}"

    def host_facts(self, ask) -> Mapping[str, Json]:
        return {}

    def gather(self, params: Mapping[str, Json], ask) -> Mapping[str, Json]:
        return {"colour": ask(Text(f"{params['world']}/colour"))}

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        if facts["colour"] == "red\n":
            return Refusal(("The world is red. Paint it first.",))
        where = {"second": params.get("other", "")}
        steps = tuple(self._step(where.get(name, params["host"]), params["world"], name) for name in params["steps"])
        return Plan(self.key, 1, "Toy", {"colour": facts["colour"]}, steps, settings={"world": params["world"]})

    def _step(self, host: str, world: str, name: str) -> Step:
        there = (Check("line", f"{name} is in the journal", {"line": name}),)
        if name == "wait":
            return Step(name, name, "why", host, wait=Wait("Make the file.", 60), verify=there, no_undo="-")
        sleep = "for i in 1 2 3 4 5 6; do echo tick $i; sleep 0.5; done;" if name == "slow" else ""
        script = f'{sleep} echo "doing $2"; echo "$2" >> "$1/journal"' if name != "bad" else "echo no; exit 3"
        undo = Undo("Take it back", Call((world, name), script='sed -i "/^$2\\$/d" "$1/journal"'), (), (
            Check("no_line", f"{name} is gone", {"line": name}),), outage=60 * (name == "far"))  # fmt: skip
        step = Step(name, name, "why", host, Call((world, name), script=script), (), there, undo, writes=("x",))
        if name == "clear":
            return replace(step, clears="It is all gone already.")
        return replace(step, outage=60, cancel="never") if name == "far" else step

    def judge(self, check: Check, context: Context) -> Verdict:
        lines = context.ask(Text(f"{context.plan.settings['world']}/journal")).split()
        there = check.args["line"] in lines
        holds = there if check.rule == "line" else not there
        return Verdict(holds, f"{check.args['line']} is {'there' if there else 'not there'}.", {"count": len(lines)})

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        return []
