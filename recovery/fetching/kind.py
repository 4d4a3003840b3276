"""A fetch, as a kind of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from changes.kinds import Context, Verdict
from changes.plan import Check, Json, Plan, Refusal
from hypervisors.libvirt.facts import AskHypervisor
from recovery.fetching import judges, planner
from recovery.fetching.facts import gather, listed
from recovery.fetching.wish import Wish
from ssh.facts import Ask


class FetchKind:
    """Implements `changes.kinds.ChangeKind`; every decision is made in the modules it calls."""

    key = planner.KIND
    title = "Fetch a lost VM's disks"
    version = planner.VERSION

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        return (str(params["host"]),)

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        """The lost VM at its hypervisor: its disks are fetched once at a time. What is on them is another's to lock."""
        return (f"disks:{params['vm']}",)

    def summary(self, params: Mapping[str, Json]) -> str:
        return f"Fetch {params['vm']}'s disks at {params['host']}"

    def host_facts(self, ask: Ask) -> Mapping[str, Json]:
        """The VMs, where the host is a hypervisor."""
        return {"vms": listed(ask)} if ask(AskHypervisor()) else {}

    def gather(self, params: Mapping[str, Json], ask: Ask) -> Mapping[str, Json]:
        return gather(Wish.from_json(params), ask).to_json()

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        return planner.plan(params, facts)

    def judge(self, check: Check, context: Context) -> Verdict:
        return judges.judge(check, context)

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        """There are none but the run's directory."""
        return ()


KIND = FetchKind()
