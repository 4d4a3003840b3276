"""What the hypervisor says of an effect. Each rule looks at all VMs, and at which file each path is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Check, Json
from hypervisors.libvirt.agent import AskGuest
from hypervisors.libvirt.facts import AskFiles, AskImages
from hypervisors.libvirt.looking import image_of, look, vm_named, vms
from hypervisors.safety import Use, already, judge_attach, judge_start, judge_template, uses
from hypervisors.values import VM, HypervisorError, Power
from recovery.fetching.facts import VIRSH, AskSeed
from ssh.command import Command
from ssh.facts import FactError
from ssh.session import Result

Args = Mapping[str, Json]
Rule = Callable[[Args, Context], Verdict]
SPARE = 1 << 30
"""Bytes that stay free beside a copy."""


def _vm(args: Args, context: Context) -> VM:
    """Raises HypervisorError where there is none, which is a no."""
    return vm_named(str(args["uuid"]), vms(context.ask, VIRSH))


def _there(args: Args, context: Context) -> VM | None:
    return next((vm for vm in vms(context.ask, VIRSH) if vm.uuid == args["uuid"]), None)


def vm_off(args: Args, context: Context) -> Verdict:
    if args.get("gone") and _there(args, context) is None:
        return yes("There is no such VM any more.")
    vm = _vm(args, context)
    return no(f"{vm.name} is {vm.power}.") if vm.holds_disks else yes(f"{vm.name} is off.")


def vm_on(args: Args, context: Context) -> Verdict:
    vm = _vm(args, context)
    return yes(f"{vm.name} runs.") if vm.power is Power.ON else no(f"{vm.name} is {vm.power}.")


def may_start(args: Args, context: Context) -> Verdict:
    seen = look(context.ask, VIRSH)
    vm = vm_named(str(args["uuid"]), seen.vms)
    refused = judge_start(vm, seen).refusals
    return no(" ".join(refused)) if refused else yes(f"Nobody else has a disk of {vm.name}.")


def may_copy(args: Args, context: Context) -> Verdict:
    seen = look(context.ask, VIRSH)
    vm = vm_named(str(args["uuid"]), seen.vms)
    refused = judge_template(vm, seen).refusals
    return no(" ".join(refused)) if refused else yes(f"{vm.name} is off, and nobody writes to its disks.")


def _users(args: Args, context: Context, *, now: bool) -> list[str]:
    """Names of the VMs that have the file, as a disk or below one; of those that run only, with `now`."""
    return sorted({use.vm.name for use in _uses(args, context) if use.now or not now})


def nobody_writes(args: Args, context: Context) -> Verdict:
    names = _users(args, context, now=True)
    return no(f"{', '.join(names)} has {args['path']} open.") if names else yes(f"Nobody has {args['path']} open.")


def nobody_has(args: Args, context: Context) -> Verdict:
    names = _users(args, context, now=False)
    return no(f"{', '.join(names)} has {args['path']}. Detach it there first.") if names else yes("No VM has it.")


def has_disk(args: Args, context: Context) -> Verdict:
    vm = _vm(args, context)
    has = args["path"] in {disk.source for disk in vm.next_disks}
    return yes(f"{vm.name} has {args['path']}.") if has else no(f"{vm.name} does not have {args['path']}.")


def lacks_disk(args: Args, context: Context) -> Verdict:
    return _lacks(_vm(args, context), args, context)


def _lacks(vm: VM, args: Args, context: Context) -> Verdict:
    """By whatever path, as a disk or below one: somebody may have made a snapshot meanwhile."""
    found = next((use for use in _uses(args, context) if use.vm.uuid == vm.uuid), None)
    if found is None:
        return yes(f"{vm.name} has it no longer.")
    below = f", below its disk {found.disk.source}" if found.base else ""
    return no(f"{vm.name} has {args['path']} still{below}.")


def _uses(args: Args, context: Context) -> list[Use]:
    path = str(args["path"])
    return list(uses(path, look(context.ask, VIRSH, path)))


def _absent(args: Args, what: str) -> Verdict:
    """A clone that somebody removed has nothing any more; another VM may run elsewhere, with the disk."""
    if args.get("own"):
        return yes("There is no such VM any more.")
    return no(
        f"There is no VM {args.get('name', args['uuid'])} on this hypervisor any more, so {what}. If it was"
        " moved to another one, detach the disk there, then settle this step by hand."
    )


@dataclass(frozen=True, slots=True)
class AskRoom:
    """Free bytes where the folder is. A real answer: `7234940928`"""

    folder: str
    name = "free room"

    def command(self) -> Command:
        return Command(("df", "--output=avail", "-B1", "--", self.folder), sudo=True)

    def parse(self, result: Result) -> int:
        words = result.text.split()
        if result.status or not words or not words[-1].isdecimal():
            raise FactError(f"How much room {self.folder} has cannot be told: {result.error_text or result.text}")
        return int(words[-1])


def room(args: Args, context: Context) -> Verdict:
    """For a copy that is as large as the disk can get."""
    image = image_of(context.ask, VIRSH, str(args["path"]), str(args["format"]))
    free = context.ask(AskRoom(str(args["folder"])))
    if free < image.size + SPARE:
        return no(
            f"{args['folder']} has {free >> 20} MiB free, and a copy of {args['path']} may need {image.size >> 20} MiB,"
            f" with {SPARE >> 20} MiB to spare. Make room, then resume."
        )
    return yes(f"{args['folder']} has {free >> 20} MiB free.")


def image_is(args: Args, context: Context) -> Verdict:
    path = str(args["path"])
    image = context.ask(AskImages(VIRSH, ((path, "qcow2"),))).get(path)
    if image is None:
        return no(f"{path} is not there.")
    if args["size"] and image.size != args["size"]:
        return no(f"{path} has {image.size} bytes and not {args['size']}.")
    if (image.chain[0] if image.chain else "") != args["base"]:
        return no(f"{path} is an overlay of {image.chain[0] if image.chain else 'nothing'}, not as planned.")
    return yes(f"{path} is there, whole.")


def file_gone(args: Args, context: Context) -> Verdict:
    there = context.ask(AskFiles(VIRSH, (str(args["path"]),)))
    return no(f"{args['path']} is there still.") if there else yes(f"{args['path']} is gone.")


def name_free(args: Args, context: Context) -> Verdict:
    others = [vm for vm in vms(context.ask, VIRSH) if vm.name == args["name"] and vm.uuid != args["uuid"]]
    return no(f"There is another VM called {args['name']}.") if others else yes(f"The name {args['name']} is free.")


def defined(args: Args, context: Context) -> Verdict:
    vm = _there(args, context)
    return yes(f"{vm.name} is defined.") if vm and vm.name == args["name"] else no(f"There is no VM {args['name']}.")


def undefined(args: Args, context: Context) -> Verdict:
    vm = _there(args, context)
    return no(f"{vm.name} is defined still.") if vm else yes("It is not defined.")


def seed_is(args: Args, context: Context) -> Verdict:
    seed = context.ask(AskSeed(str(args["path"])))
    if seed.problem:
        return no(seed.problem)
    if seed.sha256 != args["sha256"]:
        return no(f"{args['path']} is another one than when this was planned. Plan it anew.")
    return yes(f"{args['path']} is what it was.")


def may_attach(args: Args, context: Context) -> Verdict:
    """The look that counts: right before the act."""
    image = image_of(context.ask, VIRSH, str(args["path"]), str(args["format"]))
    seen = look(context.ask, VIRSH, image.path, *image.chain)
    vm = vm_named(str(args["uuid"]), seen.vms)
    judged = judge_attach(vm, image, str(args["serial"]), seen)
    return no(" ".join(judged.refusals)) if judged.refusals else yes(f"{vm.name} may have {image.path}.")


def attached(args: Args, context: Context) -> Verdict:
    seen = look(context.ask, VIRSH)
    vm = vm_named(str(args["uuid"]), seen.vms)
    disk = already(vm, str(args["path"]), str(args["serial"]), seen)
    if disk is None:
        return no(f"{vm.name} does not have {args['path']} both now and at its next start.")
    return yes(f"{vm.name} has it as {disk.target}.", {"target": disk.target, "serial": disk.serial})


def detached(args: Args, context: Context) -> Verdict:
    vm = _there(args, context)
    return _lacks(vm, args, context) if vm else _absent(args, "whether it has the disk cannot be told")


def answers(args: Args, context: Context) -> Verdict:
    guest = context.ask(AskGuest(VIRSH, str(args["uuid"])))
    if guest is None:
        return no("No agent answers. Look at the VM's console.")
    if guest.reads_files and not guest.host_keys:
        return no("The agent answers, and the SSH host keys are not made yet.")
    keys = "its SSH host keys" if guest.host_keys else "no SSH host keys: its agent reads no files"
    found = {"addresses": list(guest.addresses), "host_keys": list(guest.host_keys)}
    return yes(f"The agent answers and tells {keys}.", found)


def guest_let_go(args: Args, context: Context) -> Verdict:
    """A disk that is pulled from under a mounted file system loses what was not written yet."""
    vm = _there(args, context)
    if vm is None:
        return _absent(args, "whether something of the disk is mounted in it cannot be told")
    if not vm.holds_disks:
        return yes("The VM is off.")
    if not any(use.now and use.vm.uuid == vm.uuid for use in _uses(args, context)):
        return yes(f"{vm.name} does not have it now.")
    guest = context.ask(AskGuest(VIRSH, str(args["uuid"])))
    if guest is None or guest.filesystems is None:
        return no(
            f"Whether {vm.name} has something of {args['serial']} mounted cannot be told: no agent in it answers, or"
            " one too old to tell its disks apart."
            f" Hand the disk back there and switch {vm.name} off, then undo again."
        )
    mounted = [
        entry.mount_point
        for entry in guest.filesystems
        if any(_is_serial(shown, str(args["serial"])) for shown in entry.disks)
    ]
    if mounted:
        return no(
            f"{vm.name} has {', '.join(mounted)} mounted from it. Hand the disk back there first, then undo again."
        )
    return yes(f"Nothing of it is mounted in {vm.name}.")


def _is_serial(shown: str, serial: str) -> bool:
    """An agent tells a disk as udev does, with maker and model in front: `0QEMU_QEMU_HARDDISK_vm42-sda`."""
    return shown == serial or shown.endswith(f"_{serial}")


RULES: Mapping[str, Rule] = {
    "vm-off": vm_off,
    "vm-on": vm_on,
    "may-start": may_start,
    "may-copy": may_copy,
    "nobody-writes": nobody_writes,
    "nobody-has": nobody_has,
    "has-disk": has_disk,
    "lacks-disk": lacks_disk,
    "room": room,
    "image-is": image_is,
    "file-gone": file_gone,
    "name-free": name_free,
    "defined": defined,
    "undefined": undefined,
    "seed-is": seed_is,
    "may-attach": may_attach,
    "attached": attached,
    "detached": detached,
    "answers": answers,
    "guest-let-go": guest_let_go,
}


def judge(check: Check, context: Context) -> Verdict:
    """The verdict on one check. Raises FactError or SessionError where the hypervisor cannot be asked."""
    try:
        return RULES[check.rule](check.args, context)
    except HypervisorError as error:
        return no(str(error))
