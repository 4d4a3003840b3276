"""A reboot, as a kind of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from changes.kinds import Context, Verdict
from changes.plan import Check, Json, Plan, Refusal
from readiness.reboot import judges, planner
from readiness.reboot.facts import gather
from ssh.facts import Ask


class RebootKind:
    """Implements `changes.kinds.ChangeKind`; every decision is made in the modules it calls."""

    key = planner.KIND
    title = "Reboot a host"
    version = planner.VERSION

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        return (str(params["host"]),)

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        return ()

    def summary(self, params: Mapping[str, Json]) -> str:
        return f"Reboot {params['host']}"

    def host_facts(self, ask: Ask) -> Mapping[str, Json]:
        """Nothing of its own: the readiness page asks for itself."""
        return {}

    def gather(self, params: Mapping[str, Json], ask: Ask) -> Mapping[str, Json]:
        return gather(ask)

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        return planner.plan(params, facts)

    def judge(self, check: Check, context: Context) -> Verdict:
        return judges.judge(check, context)

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        """There are none but the run's directory."""
        return ()


KIND = RebootKind()
