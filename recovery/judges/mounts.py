"""Rules about the volumes: what is on them, where they are mounted, and who is inside."""

from __future__ import annotations

from collections.abc import Mapping

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.contents import UNMOUNTABLE
from recovery.disks import vg_uuid
from recovery.facts.host import Mount, names
from recovery.facts.mounts import AskContents, AskHolders, AskVolume, VolumeState

NO_REPLAY = frozenset({"norecovery", "noload", "nologreplay", "rescue=nologreplay"})
"""Mount options that say: the journal was dirty, and was not replayed."""


def _state(args: Mapping[str, Json], context: Context) -> VolumeState:
    return context.ask(AskVolume(str(args["device"]), str(args["mount_point"])))


def _dm_uuid(args: Mapping[str, Json], context: Context) -> str:
    return "LVM-" + f"{vg_uuid(context)}{args['lv_uuid']}".replace("-", "")


def mountable(args: Mapping[str, Json], context: Context) -> Verdict:
    state, lv = _state(args, context), args["lv"]
    if not state.exists:
        return no(f"{args['device']} is not there; the group is not active.")
    if state.uuid != _dm_uuid(args, context):
        return no(f"{args['device']} is not volume {lv} of the old group, whatever its name says.")
    if state.read_only == (args["mode"] == "rw"):
        return no(f"Volume {lv} is {'read-only' if state.read_only else 'writable'}, which is not what the plan says.")
    if state.type in UNMOUNTABLE:
        return no(f"Volume {lv} {UNMOUNTABLE[state.type]}")
    if state.nothing_to_mount:
        return yes(f"Volume {lv} {state.nothing_to_mount}: it will be skipped.")
    return yes(f"Volume {lv} holds {state.type}.")


def place_free(args: Mapping[str, Json], context: Context) -> Verdict:
    state, point = _state(args, context), args["mount_point"]
    if state.there:
        return no(f"{state.there[-1].source} is mounted on {point}.")
    if state.full and not state.nothing_to_mount:
        return no(f"{point} is not empty; mounting would hide what is in it.")
    if state.barred and not state.nothing_to_mount:
        return no(
            f"There is no directory {point}, and it cannot be made: {state.barred} is read-only. Ask again with a mount"
            " point outside of it, such as the suggested one."
        )
    return yes(f"{point} is free.")


def mounted(args: Mapping[str, Json], context: Context) -> Verdict:
    state, lv, point = _state(args, context), args["lv"], args["mount_point"]
    if state.exists and state.uuid == _dm_uuid(args, context) and state.nothing_to_mount:
        return yes(
            f"Volume {lv} {state.nothing_to_mount}: nothing to mount.", {"lv": lv, "skipped": state.nothing_to_mount}
        )
    mount = _ours(state)
    if mount is None:
        return no(f"{lv} is not mounted on {point}.")
    if mount.read_only == (args["mode"] == "rw"):
        return no(
            f"{lv} is mounted {'read-only' if mount.read_only else 'for writing'}, which is not what the plan says."
        )
    found = {"lv": lv, "mount_point": point, "fstype": mount.fstype, "options": list(mount.options)}
    if NO_REPLAY & set(mount.options):
        return yes(
            f"{lv} is mounted on {point}. Its file system is dirty: what stood only in its journal is missing.",
            {**found, "dirty": True},
        )
    return yes(
        f"{lv} is mounted on {point} ({mount.fstype}, {'read-only' if mount.read_only else 'for writing'}).",
        {**found, "dirty": False},
    )


def _ours(state: VolumeState) -> Mount | None:
    """The mount on top of the planned place, if it is this volume's."""
    on_top = state.there[-1] if state.there else None
    return on_top if on_top and state.exists and on_top.number == state.number else None


def report(args: Mapping[str, Json], context: Context) -> Verdict:
    contents = context.ask(AskContents(tuple((row["device"], row["mount_point"]) for row in args["volumes"])))
    volumes = [found for found in context.found.values() if "lv" in found]
    skipped = {str(found["lv"]): found["skipped"] for found in volumes if "skipped" in found}
    absent = [row["lv"] for row in args["volumes"] if row["mount_point"] not in contents and row["lv"] not in skipped]
    if absent:
        return no(f"Not mounted: {names(absent)}.")
    rows = [
        {
            "lv": row["lv"],
            "mount_point": row["mount_point"],
            "device": row["device"],
            "fstype": there.mount.fstype,
            "options": list(there.mount.options),
            "size": there.size,
            "used": there.used,
            "avail": there.available,
            "entries": list(there.entries),
        }
        for row in args["volumes"]
        if (there := contents.get(row["mount_point"]))
    ]
    gaps = [{"lv": lv, "why": why} for lv, why in sorted(skipped.items())]
    said = names(f"{row['lv']} on {row['mount_point']}" for row in rows) if rows else "nothing"
    return yes(f"Mounted: {said}.", {"mounts": rows, "skipped": gaps})


def unmountable(args: Mapping[str, Json], context: Context) -> Verdict:
    state, lv, point = _state(args, context), args["lv"], args["mount_point"]
    if not state.mounts:
        return yes(f"{lv} is not mounted.")
    if len(state.mounts) > 1 or _ours(state) is None:
        return no(
            f"{lv} is mounted on {names(mount.mount_point for mount in state.mounts)}, or something else is on top of"
            f" {point}. Unmount what this change did not mount, then undo again."
        )
    if args["mode"] == "ro" and not state.mounts[0].read_only:
        return no(
            f"Somebody has mounted {lv} on {point} for writing since, though the plan says read-only. What was written"
            " cannot be taken back; mount it read-only again and look, or keep it and close this."
        )
    inside = context.ask(AskHolders(str(point)))
    if inside:
        return no(
            f"At work in {point}: {names(f'{program} (pid {pid})' for pid, program in inside)}. End that, then undo"
            " again."
        )
    return yes(f"{lv} is mounted on {point} as this change left it, and nobody works there.")


def unmounted(args: Mapping[str, Json], context: Context) -> Verdict:
    state = _state(args, context)
    if _ours(state):
        return no(f"{args['lv']} is still mounted on {args['mount_point']}.")
    return yes(f"{args['lv']} is not mounted on {args['mount_point']}.")


RULES = {
    "mountable": mountable,
    "place-free": place_free,
    "mounted": mounted,
    "report": report,
    "unmountable": unmountable,
    "unmounted": unmounted,
}
