"""Rules that only a hand back has; the others are the recovery's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from changes.answers import no, not_yet, yes
from changes.kinds import Context, Verdict
from changes.plan import Check, Json
from recovery import judges
from recovery.disks import pv_uuids, read_disks
from recovery.facts.files import AskFile
from recovery.facts.host import AskHost, names
from recovery.facts.mounts import AskHolders, AskVolume
from ssh.command import Command
from ssh.sections import ended_well
from ssh.session import Result


def nobody_inside(args: Mapping[str, Json], context: Context) -> Verdict:
    state = context.ask(AskVolume(str(args["device"]), str(args["mount_point"])))
    point = args["mount_point"]
    if state.there and state.there[-1].number != state.number:
        return no(f"{state.there[-1].source} is mounted over {point} by now. Unmount that first, then resume.")
    inside = context.ask(AskHolders(str(point)))
    if inside:
        said = names(f"{program} (pid {pid})" for pid, program in inside)
        return no(f"At work in {point}: {said}. End that, then resume.")
    return yes(f"Nobody works in {point}.")


def mounted_again(args: Mapping[str, Json], context: Context) -> Verdict:
    state = context.ask(AskVolume(str(args["device"]), str(args["mount_point"])))
    if state.exists and any(mount.mount_point == args["mount_point"] for mount in state.mounts):
        return yes(f"{args['lv']} is mounted on {args['mount_point']}.")
    return no(f"{args['lv']} is not mounted on {args['mount_point']}.")


def still_here(args: Mapping[str, Json], context: Context) -> Verdict:
    group = context.ask(AskHost()).group(str(context.plan.target["vg_uuid"]))
    if group is None or group.name != args["group"]:
        return no(
            f"The disk has its old name {context.plan.settings['old']} again and has left this host, so there is no way"
            " back from here. To read its files again, ask for a new recovery of it."
        )
    return yes(f"{group.name} is on this host.")


def awake_again(args: Mapping[str, Json], context: Context) -> Verdict:
    active = {dm.name for dm in context.ask(AskHost()).mappings_of(str(context.plan.target["vg_uuid"]))}
    absent = sorted(set(args["awake"]) - active)
    return no(f"Not active: {names(absent)}.") if absent else yes("The volumes are active as before.")


def handed_back(args: Mapping[str, Json], context: Context) -> Verdict:
    """By what the disk says while it is there; once it has left, by the mark made after its bytes were read again."""
    host, reading = context.ask(AskHost()), read_disks(context)
    uuid, new, old = str(context.plan.target["vg_uuid"]), str(args["group"]), str(args["old"])
    if host.mappings_of(uuid):
        return no(f"Volumes of {new} are active.")
    if host.backups.get(new) == uuid:
        return no(f"/etc/lvm/backup/{new} is still there.")
    there = reading.anywhere(pv_uuids(context))
    called = {text.volume_group.name for text in reading.texts(context)} if there else {old}
    if called != {old}:
        return no(f"The disk carries {names(sorted(called)) if called else 'no group that can be read'}, not {old}.")
    if context.ask(AskFile(str(args["marker"]).replace("{run_dir}", context.run_dir))) is None:
        return no(f"The group has not been given its old name {old} yet.")
    where = "The kernel cannot let go of it by itself" if there else "It has left this host"
    return yes(f"The disk carries {old} again. {where}: detach it at the hypervisor.")


def detached(args: Mapping[str, Json], context: Context) -> Verdict:
    there = read_disks(context).anywhere(pv_uuids(context))
    if there:
        return not_yet(f"Still there: {names(device.spoken for device in there)}.")
    return yes("The disk is not on this host any more.")


@dataclass(frozen=True, slots=True)
class AskListed:
    """Which of these physical volumes the host's devices file lists. A real answer: a UUID a line, without hyphens."""

    pvs: tuple[str, ...]
    name = "listed devices"

    def command(self) -> Command:
        text = (
            'for pvid in "$@"; do\n'
            '    ! grep -q -F "PVID=$pvid" /etc/lvm/devices/system.devices || printf "%s\\n" "$pvid"\n'
            "done\n"
        )
        words = (pv.replace("-", "") for pv in self.pvs)
        return Command(("sh", "-c", text, "regroup", *words), sudo=True)

    def parse(self, result: Result) -> tuple[str, ...]:
        return tuple(ended_well(result, "The devices file").split())


def dismissed(args: Mapping[str, Json], context: Context) -> Verdict:
    left = context.ask(AskListed(tuple(args["pvs"])))
    if left:
        return no(f"The devices file still lists physical volume {names(left)}.")
    return yes("The devices file does not list the disk.")


RULES: Mapping[str, judges.Rule] = {
    "nobody-inside": nobody_inside,
    "mounted-again": mounted_again,
    "still-here": still_here,
    "awake-again": awake_again,
    "handed-back": handed_back,
    "detached": detached,
    "dismissed": dismissed,
}


def judge(check: Check, context: Context) -> Verdict:
    """The verdict on one check. Raises FactError or SessionError where the host cannot be asked."""
    rule = RULES.get(check.rule)
    return rule(check.args, context) if rule else judges.judge(check, context)
