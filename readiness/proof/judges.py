"""Whether each step has had its effect. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Check, Json
from hypervisors.libvirt.looking import look, vm_named
from hypervisors.libvirt.words import Virsh
from hypervisors.safety import judge_start
from hypervisors.values import HypervisorError
from readiness.proof.backup import AskBackup, why_no_backup
from readiness.proof.facts import AskClone, AskRoom, CloneState
from readiness.proof.outcome import sentence
from readiness.proof.steps import RESULT, SPARE, SPARE_MEMORY

Rule = Callable[[Mapping[str, Json], Context], Verdict]

BY_ITSELF = ("shut off (shutdown)", "shut off (crashed)", "crashed")
RUNS = ("running", "idle", "paused", "in shutdown")


def room(args: Mapping[str, Json], context: Context) -> Verdict:
    found = context.ask(AskRoom(args["folder"], tuple(args["copied"])))
    need = found.used + SPARE
    if found.free < need:
        return no(
            f"{args['folder']} has {_mib(found.free)} free, and the clone may need {_mib(need)}."
            " Make room, then resume."
        )
    if found.memory < args["memory"] + SPARE_MEMORY:
        return no(
            f"The hypervisor has {found.memory // 1024:,} MiB of memory free, and the clone needs"
            f" {args['memory'] // 1024:,} with {SPARE_MEMORY // 1024} to spare. Try again when it has less to do."
        )
    return yes(f"{_mib(found.free)} of disk and {found.memory // 1024:,} MiB of memory are free.")


def _mib(size: int) -> str:
    return f"{size >> 20:,} MiB"


def clone_free(args: Mapping[str, Json], context: Context) -> Verdict:
    state = _state(context)
    if state.proof_of not in (None, context.plan.target["vm_uuid"]):
        return no(f"Another VM has the UUID of the clone {context.plan.target['clone']}. Remove it, then resume.")
    return yes("The clone's name and UUID are Regroup's.")


def copied(args: Mapping[str, Json], context: Context) -> Verdict:
    state = _state(context)
    missing = [name for name in args["files"] if name not in state.files]
    if state.seen:
        return _over()
    if state.run != context.run_dir:
        return no("The clone's disks are not made yet.")
    return no(f"Not there: {', '.join(missing)}.") if missing else yes(f"There: {', '.join(args['files'])}.")


def defined(args: Mapping[str, Json], context: Context) -> Verdict:
    state = _state(context)
    if state.seen:
        return _over()
    if state.proof_of is None or state.run != context.run_dir:
        return no("libvirt does not have the clone yet.")
    return yes(f"libvirt has {context.plan.target['clone']}.")


def undefined(args: Mapping[str, Json], context: Context) -> Verdict:
    there = _state(context).proof_of is not None
    return no("libvirt still has the clone.") if there else yes("libvirt has the clone no more.")


def may_start(args: Mapping[str, Json], context: Context) -> Verdict:
    seen = look(context.ask, Virsh())
    try:
        judged = judge_start(vm_named(str(context.plan.settings["uuid"]), seen.vms), seen)
    except HypervisorError as error:
        return no(str(error))
    return no(" ".join(judged.refusals)) if judged.refusals else yes("No VM that runs has a disk of the clone.")


def backup_whole(args: Mapping[str, Json], context: Context) -> Verdict:
    image, form = str(args["image"]), str(args["format"])
    # First of all: once the clone is defined, a look at the VMs follows what its disks stand on.
    if why := context.ask(AskBackup(image, form)):
        return no(why)
    seen = look(context.ask, Virsh(), image)
    against = why_no_backup(context.ask, image, form, str(context.plan.target["vm_uuid"]), seen)
    return no(" ".join(against)) if against else yes(f"{image} is one whole file, and no VM's disk.")


def started(args: Mapping[str, Json], context: Context) -> Verdict:
    state = _state(context)
    if state.seen:
        return _over()
    if state.state.startswith(RUNS) and "started" in state.files:
        return yes(f"The clone is {state.state}.")
    if state.state.startswith(BY_ITSELF) and "started" in state.files:
        return yes(f"The clone was started, and has switched itself off: {state.state}.")
    return no(f"The clone does not run: libvirt says {state.state or 'nothing'} of it.")


def off(args: Mapping[str, Json], context: Context) -> Verdict:
    state = _state(context).state
    return (
        no(f"The clone is {state}.") if state and not state.startswith("shut off") else yes("The clone does not run.")
    )


def watched(args: Mapping[str, Json], context: Context) -> Verdict:
    seen = _state(context).seen
    if seen is None:
        return no("It is not known whether the clone came up.")
    target = context.plan.target
    said = sentence(seen, str(target["proves"]), str(context.plan.settings["image"]))
    return yes(said, {**seen.to_json(), "sentence": said})


def gone(args: Mapping[str, Json], context: Context) -> Verdict:
    state = _state(context)
    if state.proof_of is not None:
        return no(f"libvirt still has the clone {context.plan.target['clone']}.")
    if state.files or state.run:
        return no(f"{context.plan.settings['folder']} still holds {', '.join(state.files)}.")
    return yes("The clone and its files are gone.")


def _over() -> Verdict:
    """On a resume after the watch: what was made for it may be gone already."""
    return yes("The watch is over, so this is not needed any more.")


def _state(context: Context) -> CloneState:
    settings = context.plan.settings
    result = RESULT.replace("{run_dir}", context.run_dir)
    return context.ask(AskClone(str(settings["uuid"]), str(settings["folder"]), result))


RULES: Mapping[str, Rule] = {
    "room": room,
    "clone-free": clone_free,
    "copied": copied,
    "defined": defined,
    "undefined": undefined,
    "may-start": may_start,
    "backup-whole": backup_whole,
    "started": started,
    "off": off,
    "watched": watched,
    "gone": gone,
}


def judge(check: Check, context: Context) -> Verdict:
    """The verdict on one check. Raises FactError or SessionError where the host cannot be asked."""
    return RULES[check.rule](check.args, context)
