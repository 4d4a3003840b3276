"""Plans how a lost VM's disks come to another VM, or says why not. Pure.

The order is the safety: the lost VM goes off first; a clone is started before it gets the disks, since both have a root
group of one name; a disk is attached after the last look at who else has it. Going back is the same backwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from changes.plan import Json, Plan, Refusal
from hypervisors.libvirt.cloning import cloned, disk_path, own_disks
from hypervisors.libvirt.xml import AGENT, buses, disk_xml, disks, free_target, parsed, written
from hypervisors.safety import Judgement, Look, judge_attach, judge_template
from hypervisors.values import VM, Disk, HypervisorError, Image, Power
from recovery.fetching import steps
from recovery.fetching.facts import Facts
from recovery.fetching.facts import own_disks as disks_of_vm
from recovery.fetching.fit import seed_reasons, vm_reasons
from recovery.fetching.steps import Fetch, Given
from recovery.fetching.wish import COPY, GIB, ORIGINAL, OVERLAY, Wish, wish_problems
from ssh.facts import FactError

KIND, VERSION = "fetch", 2


def plan(params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
    """The plan for a wish on a hypervisor, or the refusal. The same input gives the same digest."""
    try:
        wish = Wish.from_json(params)
    except ValueError as error:
        return Refusal((str(error),))
    for field, sentence in wish_problems(wish):
        return Refusal((sentence,), field)
    known = Facts.from_json(facts)
    source = known.vm(wish.vm)
    if source is None:
        sentence = f"{wish.host} has no VM called {wish.vm}. Choose the hypervisor that has it, by the same name."
        return Refusal((sentence,), "vm")
    try:
        return _planned(wish, known, source)
    except (HypervisorError, FactError) as error:
        return Refusal((str(error),))


def _planned(wish: Wish, known: Facts, source: VM) -> Plan | Refusal:
    if unfit := tuple(vm_reasons(wish, source, known.look)):
        return Refusal(unfit, "vm")
    if bad := tuple(seed_reasons(wish, known.seed, known.look)):
        return Refusal(bad, "seed")
    wanted = tuple(_wanted(wish, source))
    if not wanted:
        return Refusal((f"{source.name} has no disk that is a file. There is nothing to fetch.",), "disks")
    target, xml, copies = _clone(wish, known) if wish.template else (_running(wish, known), "", ())
    given = tuple(_given(wish, known, source, target, wanted))
    later = _afterwards(known.look, source, given, wish, target)
    judged = [judge_attach(target, item.image, item.serial, later) for item in given]
    reasons = [reason for judgement in judged for reason in judgement.refusals]
    if reasons:
        return Refusal(tuple(dict.fromkeys(reasons)), "disks")
    was_on = source.holds_disks
    template = known.vm(wish.template)
    of = template.uuid if template else ""
    fetch = Fetch(wish, source, target, given, was_on, of, copies, xml, known.seed.sha256)
    return Plan(
        kind=KIND,
        version=VERSION,
        title=f"Fetch {wish.vm}'s {_count(given)} to {target.name} at {wish.host}",
        target={
            "host": wish.host,
            "vm": wish.vm,
            "source": source.uuid,
            "target": target.uuid,
            "disks": [item.disk.source for item in given],
        },
        steps=tuple(steps.steps_of(fetch)),
        warnings=tuple(_warnings(fetch, judged)),
        settings={
            "name": target.name,
            "serials": {item.serial: item.image.size for item in given},
        },
    )


def _count(given: tuple[Given, ...]) -> str:
    return "disk" if len(given) == 1 else f"{len(given)} disks"


def _wanted(wish: Wish, source: VM) -> Iterator[Disk]:
    """The disks asked for. Raises HypervisorError where the VM has no such disk."""
    there = disks_of_vm(source)
    for path in wish.disks:
        if path not in {disk.source for disk in there}:
            raise HypervisorError(f"{source.name} has no disk {path} any more. Choose its disks again.")
    yield from (disk for disk in there if not wish.disks or disk.source in wish.disks)


def _running(wish: Wish, known: Facts) -> VM:
    """The VM that gets the disks. Raises HypervisorError."""
    vm = known.vm(wish.target)
    if vm is None:
        raise HypervisorError(f"{wish.host} has no VM called {wish.target}. Choose who gets the disks again.")
    if vm.power is not Power.ON:
        raise HypervisorError(
            f"{vm.name} does not run. Start it first: with two root groups of one name at its start it might run from"
            " the wrong one."
        )
    return vm


def _clone(wish: Wish, known: Facts) -> tuple[VM, str, tuple[tuple[str, str, str, int | None], ...]]:
    """The clone as it will be, its XML, and the copies of its disks. Raises HypervisorError."""
    template, clone = known.vm(wish.template), wish.clone
    if template is None or clone is None:
        raise HypervisorError(f"{wish.host} has no VM called {wish.template} to clone. Choose the template again.")
    uuid = clone.uuid(template.uuid)
    for vm in known.look.vms:
        if vm.name == wish.name and vm.uuid != uuid:
            raise HypervisorError(f"{wish.host} has a VM {wish.name} already. Give the clone another name.")
    if refused := judge_template(template, known.look).refusals:
        raise HypervisorError(" ".join(refused))
    if template.saved:
        raise HypervisorError(
            f"{template.name} was saved with its memory, so its disks are not whole without it. Shut it down, or choose"
            " another template."
        )
    xml = parsed(known.template)
    own = own_disks(xml)
    if not own:
        raise HypervisorError(f"{template.name} has no disk of its own to copy. Choose another template.")
    copies = []
    for number, (place, path, form) in enumerate(own):
        image = known.images.get(path)
        if image is None:
            raise HypervisorError(f"The template's disk {path} is not there. Choose another template.")
        size = clone.size if number == 0 else None
        if size is not None and size < image.size:
            least = -(-image.size // GIB)
            raise HypervisorError(
                f"The template's disk has {least} GiB: the clone's may be larger, not {wish.gib} GiB."
            )
        copies.append((path, form, disk_path(clone, uuid, path, place), size))
    made = cloned(xml, clone, uuid)
    if AGENT not in {c.get("name") for c in made.iterfind("devices/channel/target")}:
        raise HypervisorError(
            f"{template.name} has no channel for a guest agent, which tells when the clone is up and what its SSH keys"
            " are. Choose another template, or name a VM that runs."
        )
    at = disks(made)
    return VM(uuid, wish.name, Power.ON, at, at, buses=buses(made)), written(made), tuple(copies)


def _given(wish: Wish, known: Facts, source: VM, target: VM, wanted: tuple[Disk, ...]) -> Iterator[Given]:
    """Each wanted disk as it will be attached. Raises HypervisorError where it cannot be."""
    if not target.buses:
        raise HypervisorError(
            f"{target.name} takes no disk while it runs: it has no virtio-scsi controller and no ACPI. Choose another"
            " VM."
        )
    bus, taken = target.buses[0], {disk.target for disk in (*target.disks, *target.next_disks)}
    for disk in wanted:
        image = known.images.get(disk.source)
        if image is None:
            raise HypervisorError(f"The image {disk.source} of {source.name} is not on {wish.host}.")
        as_given, place = _as_given(wish, disk, image), free_target(bus, taken)
        taken.add(place)
        serial = wish.serial(disk.target)
        xml = disk_xml(as_given.path, as_given.format, place, bus, serial)
        yield Given(disk, known.disks.get(disk.target, ""), as_given, serial, place, bus, xml)


def _as_given(wish: Wish, disk: Disk, image: Image) -> Image:
    if wish.way == ORIGINAL:
        return image
    folder = disk.source.rpartition("/")[0]
    path = f"{folder}/{wish.vm}-{disk.target}-{wish.token}.qcow2"
    return Image(path, "qcow2", image.size, (disk.source, *image.chain) if wish.way == OVERLAY else ())


def _afterwards(look: Look, source: VM, given: tuple[Given, ...], wish: Wish, target: VM) -> Look:
    """The look before a disk is attached, as the earlier steps will have made it: the lost VM is off."""
    gone = {item.disk.source for item in given} if wish.way != COPY else set()
    left = tuple(disk for disk in source.next_disks if disk.source not in gone)
    off = replace(source, power=Power.OFF, disks=left, next_disks=left)
    others = tuple(vm for vm in look.vms if vm.uuid not in {source.uuid, target.uuid})
    return replace(look, vms=(*others, off, target))


def _warnings(fetch: Fetch, judged: list[Judgement]) -> Iterator[str]:
    wish, source, target = fetch.wish, fetch.source, fetch.target
    if fetch.was_on:
        yield f"{source.name} is {source.power} now. It is switched off, and whatever still runs in it ends."
    if wish.way == OVERLAY:
        yield (
            f"Nothing is written to {source.name}'s own disks: changes go into overlays, which an undo throws away with"
            f" all that was written. Until then {source.name} is without these disks, so that nothing can start it on"
            " them and destroy the overlays."
        )
    if wish.way == COPY:
        yield f"{source.name}'s own disks stay as they are. An undo throws the copies away with all that was written."
    if wish.way == ORIGINAL:
        yield f"{target.name} works on {source.name}'s own disks: nothing keeps what was on them before."
    if fetch.clone_xml:
        stays = "An undo throws it away with all that is on it." if wish.discard else "An undo leaves it."
        yield f"{target.name} is made as a clone of {wish.template}. {stays}"
    if fetch.clone_xml and wish.seed:
        yield (
            f"{target.name} is shown {wish.seed} (SHA-256 {fetch.seed}) as a CD at its first boot, and does as root"
            " what is in it. Know whose it is."
        )
    if fetch.clone_xml and wish.network:
        yield f"{target.name} is plugged into the hypervisor's network {wish.network}, not into {wish.template}'s."
    if fetch.clone_xml and wish.like:
        where = f"at {wish.address}" if wish.address else "at the address that its agent tells"
        yield (
            f"{target.name} becomes a host of Regroup, {where}, port {wish.port}, with the SSH host keys that its agent"
            f" tells; it is signed in to as to {wish.like}."
        )
    yield from dict.fromkeys(sentence for judgement in judged for sentence in judgement.told if wish.way == COPY)
