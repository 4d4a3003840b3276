"""Rules about the running system: is it the planned host, and is it as it was?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.disks import baseline_of, is_import, pv_uuids
from recovery.facts.files import AskRoom
from recovery.facts.host import AskBaseline, AskHost, HostState
from recovery.facts.planning import FREE_ENOUGH


def host_as_planned(args: Mapping[str, Json], context: Context) -> Verdict:
    target, host = context.plan.target, context.ask(AskHost())
    if host.machine_id != target["machine_id"]:
        return no(
            f"This is another machine than the planned one: its machine-id is {host.machine_id}, planned was"
            f" {target['machine_id']}."
        )
    for uuid, name in target["running_groups"].items():
        group = host.group(uuid)
        if group is None or group.name != name:
            return no(f"Volume group {name} ({uuid}), which was there when this was planned, is gone or renamed.")
    if target.get("disks"):
        return yes("It is the planned host.")
    if host.group(target["vg_uuid"]) or {pv.uuid for pv in host.pvs} & set(pv_uuids(context)):
        return no("The old disk is attached already. Detach it: it is recognised by its not being there before.")
    return yes("It is the planned host, and the old disk is not attached yet.")


def room(args: Mapping[str, Json], context: Context) -> Verdict:
    for place, free in context.ask(AskRoom()).items():
        if free < FREE_ENOUGH:
            return no(f"{place} has only {free // 1024} KiB free; make room for at least 8 MiB, then resume.")
    return yes("There is room in /etc/lvm and /var/lib/regroup.")


def baseline_saved(args: Mapping[str, Json], context: Context) -> Verdict:
    state = context.ask(AskBaseline(context.run_dir))
    if state is None:
        return no("No baseline is saved yet.")
    disks = [disk.name for disk in state.disks if disk.type == "disk"]
    return yes(
        f"The baseline is saved: {len(disks)} disks, {len(state.groups)} volume groups.", {"state": state.to_json()}
    )


def running_unchanged(args: Mapping[str, Json], context: Context) -> Verdict:
    changes = list(differences(running_system(context), context.ask(AskHost())))
    return no(" ".join(changes)) if changes else yes("Nothing of the running system has changed.")


def running_system(context: Context) -> HostState:
    """The baseline without the group that this is about; a copy has the running group's UUID, so then it is whole."""
    return without(baseline_of(context), "" if is_import(context) else context.plan.target["vg_uuid"])


def without(base: HostState, vg_uuid: str) -> HostState:
    """The baseline without the old group, which may have been there before this run, awake or not."""
    old = base.mappings_of(vg_uuid) if vg_uuid else ()
    groups = tuple(group for group in base.groups if group.uuid != vg_uuid)
    return replace(base, groups=groups, mappings=tuple(dm for dm in base.mappings if dm not in old))


def backups_kept(args: Mapping[str, Json], context: Context) -> Verdict:
    swapped = backups_swapped(running_system(context), context.ask(AskHost()))
    if swapped:
        return no(
            f"/etc/lvm/backup/{swapped} no longer describes the running group {swapped}; run vgcfgbackup {swapped}."
        )
    return yes("The files in /etc/lvm/backup describe the running groups, as before.")


def differences(base: HostState, now: HostState) -> Iterator[str]:
    """What is not as at the baseline: a sentence for each group or mapping that changed."""
    if base.machine_id != now.machine_id:
        yield f"This is another machine than at the beginning (machine-id {now.machine_id})."
    for group in base.groups:
        found = now.group(group.uuid)
        if found is None:
            yield f"Volume group {group.name} of the running system is gone."
        elif found.name != group.name:
            yield f"Volume group {group.name} of the running system is called {found.name} now."
        elif found.seqno != group.seqno:
            numbers = f"sequence number {group.seqno} to {found.seqno}"
            yield f"Volume group {group.name} of the running system was changed ({numbers})."
    mappings = {dm.uuid or dm.name: dm for dm in now.mappings}
    booted = base.boot_id != now.boot_id  # which may have named the disks in another order
    for dm in base.mappings:
        found_dm = mappings.get(dm.uuid or dm.name)
        if found_dm is None:
            yield f"The mapping {dm.name} of the running system is gone."
        elif found_dm.name != dm.name or (
            now.table_of(found_dm) != base.table_of(dm) if booted else found_dm.table != dm.table
        ):
            what = "points elsewhere" if found_dm.name == dm.name else f"is called {found_dm.name}"
            yield f"The mapping {dm.name} of the running system was changed: it {what} now."


def backups_swapped(base: HostState, now: HostState) -> str:
    """The running group whose file in /etc/lvm/backup came to describe another group; empty if none did."""
    for group in base.groups:
        if base.backups.get(group.name) == group.uuid and now.backups.get(group.name) != group.uuid:
            return group.name
    return ""


RULES = {
    "host-as-planned": host_as_planned,
    "room": room,
    "baseline-saved": baseline_saved,
    "running-unchanged": running_unchanged,
    "backups-kept": backups_kept,
}
