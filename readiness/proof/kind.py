"""The proof of a VM, as a kind of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from changes.kinds import Context, Verdict
from changes.plan import Check, Json, Plan, Refusal
from readiness.proof import judges, planner
from readiness.proof.facts import gather
from readiness.proof.wish import Wish, machine_of
from ssh.facts import Ask


class ProofKind:
    """Implements `changes.kinds.ChangeKind`; every decision is made in the modules it calls."""

    key = planner.KIND
    title = "Boot a clone as a proof"
    version = planner.VERSION

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        """The hypervisor alone: nothing is done to the host whose clone it is."""
        return (str(params["host"]),)

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        """None: whatever moves a VM's disks is done on its hypervisor as well, which is locked."""
        return ()

    def summary(self, params: Mapping[str, Json]) -> str:
        machine = machine_of(str(params["proves"]), str(params["vm"]))
        return f"Boot a {'backup' if params.get('image') else 'clone'} of {machine} on {params['host']}"

    def host_facts(self, ask: Ask) -> Mapping[str, Json]:
        """Nothing of its own: a hypervisor's VMs are told by another kind."""
        return {}

    def gather(self, params: Mapping[str, Json], ask: Ask) -> Mapping[str, Json]:
        return gather(Wish.from_json(params), ask)

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        return planner.plan(params, facts)

    def judge(self, check: Check, context: Context) -> Verdict:
        return judges.judge(check, context)

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        """There are none but the run's directory."""
        return ()


KIND = ProofKind()
