"""A bond, as a kind of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from changes.kinds import Context, Verdict
from changes.plan import Check, Json, Plan, Refusal
from networking import judges, planner
from networking.facts.nics import AskNetwork
from ssh.facts import Ask, FactError


class BondKind:
    """Implements `changes.kinds.ChangeKind`; every decision is made in the modules it calls."""

    key = planner.KIND
    title = "Make or change a bond"
    version = planner.VERSION

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        return (str(params["host"]),)

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        return ()

    def summary(self, params: Mapping[str, Json]) -> str:
        verb = "Change" if params.get("existing") else "Make"
        return f"{verb} {params['name']} of {', '.join(params['ports'])} on {params['host']}"

    def host_facts(self, ask: Ask) -> Mapping[str, Json]:
        """The network, or why it cannot be read: other kinds' facts are not to go without because of that."""
        try:
            return ask(AskNetwork()).to_json()
        except FactError as error:
            return {"problem": str(error)}

    def gather(self, params: Mapping[str, Json], ask: Ask) -> Mapping[str, Json]:
        return ask(AskNetwork()).to_json()

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        return planner.plan(params, facts)

    def judge(self, check: Check, context: Context) -> Verdict:
        return judges.judge(check, context)

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        """There are none but the run's directory."""
        return ()


KIND = BondKind()
