"""The hand back of a recovered disk, as a kind of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from changes.kinds import Context, Verdict
from changes.plan import Check, Json, Plan, Refusal
from recovery import references
from recovery.handback import judges, planner
from recovery.handback.facts import gather
from recovery.handback.wish import Wish
from ssh.facts import Ask


class HandBackKind:
    """Implements `changes.kinds.ChangeKind`; every decision is made in the modules it calls."""

    key = planner.KIND
    title = "Hand a recovered disk back"
    version = planner.VERSION

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        return (str(params["host"]),)

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        """The VM whose disk it is, as for its recovery."""
        return (f"vm:{params['vm']}",)

    def summary(self, params: Mapping[str, Json]) -> str:
        return f"Hand {params['vm']}'s disk back from {params['host']}"

    def host_facts(self, ask: Ask) -> Mapping[str, Json]:
        """Nothing of its own: what the host page shows of groups is the recovery's."""
        return {}

    def gather(self, params: Mapping[str, Json], ask: Ask) -> Mapping[str, Json]:
        return gather(Wish.from_json(params), ask).to_json()

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        return planner.plan(params, facts)

    def judge(self, check: Check, context: Context) -> Verdict:
        return judges.judge(check, context)

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        return references.resolve(reference, context)


KIND = HandBackKind()
