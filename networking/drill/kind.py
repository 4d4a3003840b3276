"""A drill, as a kind of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from changes.kinds import Context, Verdict
from changes.plan import Check, Json, Plan, Refusal
from networking.drill import judges, planner
from networking.facts.nics import AskNetwork
from ssh.facts import Ask


class DrillKind:
    """Implements `changes.kinds.ChangeKind`; every decision is made in the modules it calls."""

    key = planner.KIND
    title = "Drill a bond"
    version = planner.VERSION

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        """The host, and the one that watches: a change of its network meanwhile would be taken for a gap."""
        return tuple(name for name in (str(params["host"]), str(params.get("witness") or "")) if name)

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        return ()

    def summary(self, params: Mapping[str, Json]) -> str:
        return f"Drill {params['bond']} on {params['host']}"

    def host_facts(self, ask: Ask) -> Mapping[str, Json]:
        """Nothing of its own: the host's network is the bond's."""
        return {}

    def gather(self, params: Mapping[str, Json], ask: Ask) -> Mapping[str, Json]:
        return ask(AskNetwork()).to_json()

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        return planner.plan(params, facts)

    def judge(self, check: Check, context: Context) -> Verdict:
        return judges.judge(check, context)

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        """There are none but the run's directory."""
        return ()


KIND = DrillKind()
