"""A change whose every effect is a line that the host itself adds to a journal: what is done twice is there twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from changes.kinds import Context, Verdict
from changes.plan import Call, Check, Json, Plan, Step, Undo
from tests.execution.toy import Text, ToyKind

# $1 world, $2 name, $3 lines, $4 seconds between them. The directory `busy` tells of two steps at the same time.
DO = """
mkdir "$1/busy" || echo "beside $2" >> "$1/journal"
i=0
while [ "$i" -lt "$3" ]; do
  i=$((i + 1))
  echo "$2 $i of $3"
  [ "$i" -ne $((($3 + 1) / 2)) ] || echo "$2" >> "$1/journal"
  [ "$4" = 0 ] || sleep "$4"
done
rmdir "$1/busy"
"""

# $3 lines at most, $4 seconds between ten thousand of them. It ends when somebody says that it is enough.
FLOOD = """
n=0
until [ -e "$1/enough" ]; do
  if [ "$n" -lt "$3" ]; then
    seq -f "extent %.0f copied, checked, no difference" $((n + 1)) $((n + 10000))
    n=$((n + 10000))
  fi
  sleep "$4"
done
echo "$2" >> "$1/journal"
"""
TAKE_BACK = 'mkdir "$1/busy" || echo "beside -$2" >> "$1/journal"; echo "-$2" >> "$1/journal"; rmdir "$1/busy"'


def lines_of(name: str) -> list[str]:
    """What the step says when it is done once."""
    many = _lines(name)
    return [f"{name} {number} of {many}" for number in range(1, many + 1)]


def _lines(name: str) -> int:
    return next((lines for start, lines in LINES.items() if name.startswith(start)), 3)


LINES = {"slow": 20, "long": 900}
"""Steps that say ten lines a second."""

MOST = 4_000_000
"""Lines of a flood, so that no disk is filled: 180 MB."""


class Journalled(ToyKind):
    """Steps of any name; `slow…` takes two seconds, `long…` ninety, `flood` says up to 100,000 lines a second.

    None looks whether its effect is there already.
    """

    def _step(self, host: str, world: str, name: str) -> Step:
        line = {"line": name}
        pause = "0.1" if _lines(name) > 3 else "0"
        call = Call((world, name, str(_lines(name)), pause), script=DO, timeout=600)
        if name == "flood":
            call = Call((world, name, str(MOST), "0.1"), script=FLOOD, timeout=600)
        undo = Undo(f"Take {name} back", Call((world, name), script=TAKE_BACK), (), (Check("no_line", "gone", line),))
        return Step(
            name, name, "why", host, call, (Check("no_line", f"{name} is not there yet", line),),
            (Check("line", f"{name} is there", line),), undo, writes=("a line",), always_run=True,
        )  # fmt: skip

    def judge(self, check: Check, context: Context) -> Verdict:
        name = str(check.args["line"])
        said = context.ask(Text(f"{context.plan.settings['world']}/journal")).split("\n")
        there = said.count(name) > said.count(f"-{name}")
        return Verdict(there == (check.rule == "line"), f"{name} is {'there' if there else 'not there'}.")

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan:
        steps = tuple(self._step(params["host"], params["world"], name) for name in params["steps"])
        return Plan(self.key, 1, "Journal", {}, steps, settings={"world": params["world"]})

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        return []
