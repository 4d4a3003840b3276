"""The recovery of a volume group, as a kind of change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from changes.kinds import Context, Elsewhere, Verdict
from changes.plan import Check, Json, Plan, Refusal
from recovery import judges, planner, references
from recovery.facts.archives import AskArchives
from recovery.facts.attached import look
from recovery.facts.bare import look_bare
from recovery.facts.contents import contents
from recovery.facts.disk_fstab import look_fstab
from recovery.facts.host import AskHost
from recovery.facts.host_fstab import AskHostFstab
from recovery.facts.planning import AskPlanning, NoLvm
from recovery.facts.rescan import AskRescan
from recovery.facts.sources import AskSource
from recovery.known import Facts
from recovery.planner import plan
from recovery.request import RELABEL, Request, mount_point_problem
from ssh.facts import Ask


class RecoveryKind:
    """Implements `changes.kinds.ChangeKind`; every decision is made in the modules it calls."""

    key = planner.KIND
    title = "Recover a volume group"
    version = planner.VERSION

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        return (str(params["host"]),)

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        """The lost VM: its disk is attached to one host at a time."""
        return (f"vm:{params['vm']}",)

    def summary(self, params: Mapping[str, Json]) -> str:
        return f"Recover {params['vm']} on {params['host']} as {params['new_vg']}"

    def host_facts(self, ask: Ask) -> Mapping[str, Json]:
        """What the form shows of a host: its state, and LVM's own copies of metadata there; nothing without LVM."""
        try:
            facts = self.gather({}, ask)
        except NoLvm:
            return {}
        return {**facts, "archives": [archive.to_json() for archive in ask(AskArchives())]}

    def gather(self, params: Mapping[str, Json], ask: Ask) -> Mapping[str, Json]:
        """Planning facts first: they tell in a sentence when the host's LVM is too old for the others."""
        wanted = planner.mount_points(params)
        planning = ask(AskPlanning(tuple(path for path in wanted if not mount_point_problem(path))))
        if params.get("disk"):
            ask(AskRescan())
        host = ask(AskHost())
        if not params.get("disk"):
            return Facts(host, planning).to_json()
        disk = str(params["disk"])
        attached = look(ask, host, disk)
        fstab = ask(AskHostFstab()) if params.get("lasting") else ""
        known = Facts(host, planning, attached, fstab=fstab)
        try:
            request = Request.from_json(params)
        except ValueError:  # the plan says what is wrong with it
            return known.to_json()
        if request.strategy == RELABEL:
            known = replace(known, bare=look_bare(ask, request, known))
        found = planner.locate(request, known)
        known = replace(known, contents=contents(ask, found))
        if request.fstab_from_disk:
            known = replace(known, disk_fstab=look_fstab(ask, found, known))
        return known.to_json()

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        return plan(params, facts)

    def judge(self, check: Check, context: Context) -> Verdict:
        return judges.judge(check, context)

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        return references.resolve(reference, context)


def source_of(params: Mapping[str, Json]) -> Elsewhere | None:
    """The file on some host that the request names instead of bringing it."""
    source = Request.from_json(params).source
    return Elsewhere(source.host, AskSource(source.host, source.path)) if source else None


def bound(begun: Collection[str]) -> str:
    """Why the rest of a recovery cannot be planned anew: only its own run knows what was on the disk before."""
    if not any(key.startswith(("restore", "mend", "relabel")) for key in begun):
        return ""
    return (
        "The metadata on the old disk was written, and only this change can give the old one back. Resume it. If it"
        " cannot go on like this, undo it, then ask for a new recovery: it is planned from what the host is like then."
    )


KIND = RecoveryKind()
