"""Plans the proof of a VM, or says why not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element  # noqa: S405  # made by xml.parsed, which refuses document types

from changes.plan import Json, Plan, Refusal
from hypervisors.libvirt.apart import Apart, apart, left_out, memory_of, nvram_of, own_disks
from hypervisors.libvirt.xml import parsed, written
from hypervisors.values import Disk, Power
from readiness.proof.facts import NEEDS
from readiness.proof.steps import COPY, OVERLAY, Proof, Taken, disk_path, steps_of
from readiness.proof.wish import PATH, Wish, same_name, wish_problems

KIND, VERSION = "proof", 1
MOST_MEMORY = 4 * 1024 * 1024
"""KiB of memory that a clone is given at most: enough to boot, and no VM of the hypervisor is pushed out for it."""


@dataclass(frozen=True, slots=True)
class Said:
    """The facts as read from JSON: the VM's domain as it will start next, its disks then, and those it has now."""

    domain: Element
    disks: tuple[tuple[Disk, str], ...]
    now: Mapping[str, str]
    power: Power
    facts: Mapping[str, Json]


def plan(params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
    """The plan for a wish on a hypervisor, or the refusal. The same input gives the same digest."""
    try:
        wish = Wish.from_json(params)
    except ValueError as error:
        return Refusal((str(error),))
    problems = list(wish_problems(wish))
    if problems:
        return Refusal(tuple(said for _, said in problems), problems[0][0])
    vm = facts["vm"]
    if vm is None:
        return Refusal((f"{wish.host} has no VM with the UUID {wish.uuid} any more. Choose it anew.",), "vm")
    domain = parsed(vm["xml"])
    said = Said(domain, own_disks(domain), dict(vm["now"]), Power(vm["power"]), facts)
    reasons = list(refusals(wish, said))
    return Refusal(tuple(reasons), "vm") if reasons else _plan(wish, said)


def refusals(wish: Wish, said: Said) -> Iterator[str]:
    """Every reason not to clone it, gravest first."""
    yield from said.facts["against"]
    name = str(said.facts["vm"]["name"])
    if name != wish.vm:
        yield f"The VM {wish.uuid} is called {name} now, not {wish.vm}. Choose it anew."
    yield from _taken(wish, said)
    yield from _disks(wish, said)
    if said.power not in (Power.OFF, Power.ON):
        yield f"{wish.vm} is neither on nor off, but {said.power}. Let it go on, or switch it off, then ask again."
    elif said.power is Power.ON and _copies(wish, said):
        yield from _too_old(wish, said)


def _taken(wish: Wish, said: Said) -> Iterator[str]:
    if any(uuid != wish.clone_uuid for uuid in said.facts["named"]):
        yield (
            f"{wish.host} has a VM called {wish.clone} already, and it is no clone of Regroup's."
            " Rename it, then ask again."
        )
    if any(found != wish.uuid for found in said.facts["there"]):
        yield f"{wish.host} has another VM with the clone's UUID {wish.clone_uuid}. Remove it, then ask again."


def _disks(wish: Wish, said: Said) -> Iterator[str]:
    if not said.disks:
        yield f"{wish.vm} has no disk, so there is nothing to boot from."
    for disk, kind in said.disks:
        if kind == "encrypted":
            yield f"The disk {disk.target} of {wish.vm} is encrypted by the hypervisor, which a clone cannot read yet."
        elif kind != "file":
            yield (
                f"The disk {disk.target} of {wish.vm} is no file but a {kind}. Only disks that are files can be"
                " cloned yet."
            )
        elif disk.source.startswith("/dev/") or disk.source in said.facts["vm"]["devices"]:
            yield (
                f"The disk {disk.target} of {wish.vm} is a device or lies in /dev, whatever libvirt calls it:"
                f" {disk.source}. Only disks that are files elsewhere can be cloned yet."
            )
        elif not PATH.fullmatch(disk.source):
            yield f"QEMU would not take the path of {wish.vm}'s disk {disk.target} for one: {disk.source!r}."
    then = {disk.target: disk.source for disk, _ in said.disks}
    if said.power is not Power.OFF and then != said.now and all(kind == "file" for _, kind in said.disks):
        yield (
            f"{wish.vm} has other disks now than it will have when it is next started, so its clone would prove"
            " neither. Attach or detach them for good first."
        )


def _copies(wish: Wish, said: Said) -> bool:
    """Whether a disk of a VM that runs has to be copied."""
    return len(said.disks) > (1 if wish.image else 0)


def _too_old(wish: Wish, said: Said) -> Iterator[str]:
    for name, least in NEEDS.items():
        found = tuple(said.facts["versions"][name])
        if found < least:
            yield (
                f"{wish.vm} runs, and {name} {'.'.join(map(str, found))} cannot copy the disks of a running VM without"
                f" touching them; {'.'.join(map(str, least))} can. Prove it while it is off, or prove its backup."
            )


def _plan(wish: Wish, said: Said) -> Plan:
    first = said.disks[0][0].source
    folder = f"{PurePosixPath(first).parent}/regroup-proof-{wish.clone_uuid[:8]}"
    wanted, nvram = memory_of(said.domain), nvram_of(said.domain)
    memory = min(wanted, MOST_MEMORY)
    lacks = left_out(said.domain)
    made = Apart(
        name=wish.clone,
        uuid=wish.clone_uuid,
        of=wish.uuid,
        memory=memory,
        paths={disk.target: disk_path(folder, disk.target) for disk, _ in said.disks},
        console=f"{folder}/console.log",
        nvram=f"{folder}/nvram.fd" if nvram else "",
    )
    xml = written(apart(said.domain, made)) + "\n"
    proof = Proof(wish, folder, first, tuple(_how(wish, said)), xml, memory, nvram)
    what = f"the backup {wish.image} of {wish.machine}" if wish.image else f"a clone of {wish.machine}"
    return Plan(
        kind=KIND,
        version=VERSION,
        title=f"Boot {what} on {wish.host} without network, and see whether it comes up",
        target={
            "host": wish.host,
            "machine_id": said.facts["machine_id"],
            "proves": wish.proves,
            "vm": wish.vm,
            "vm_uuid": wish.uuid,
            "clone": wish.clone,
        },
        steps=steps_of(proof),
        warnings=tuple(_warnings(wish, said, proof, wanted, lacks)),
        settings={"folder": folder, "uuid": wish.clone_uuid, "image": wish.image, "seconds": wish.seconds},
    )


def _how(wish: Wish, said: Said) -> Iterator[Taken]:
    chains = said.facts["vm"]["chains"]
    for number, (disk, _) in enumerate(said.disks):
        if wish.image and number == 0:
            yield Taken(OVERLAY, disk.target, wish.format, wish.image)
        else:
            how = COPY if said.power is Power.ON else OVERLAY
            yield Taken(how, disk.target, disk.format, disk.source, tuple(chains.get(disk.source, ())))


def _warnings(wish: Wish, said: Said, proof: Proof, wanted: int, lacks: tuple[str, ...]) -> Iterator[str]:
    if not same_name(wish.proves, wish.vm):
        yield (
            f"The VM is called {wish.vm} on {wish.host}, not {wish.proves}: make sure that it is this machine."
            f" Whoever sees {wish.proves} reads its console."
        )
    if proof.copied:
        yield (
            f"{wish.vm} runs: the copy is as after a power cut, without what its guest has not written to its disks by"
            " then. It reads all of the disks once."
        )
    elif said.power is Power.OFF and not wish.image:
        yield f"{wish.vm} cannot be started until the clone is thrown away: QEMU keeps its disks from being written."
    if wish.image and len(said.disks) > 1:
        yield f"Only the first disk is the backup's; the others are {wish.vm}'s as they are now, and may not fit it."
    if wanted > proof.memory:
        yield f"The clone has {proof.memory // 1024} MiB of memory, not {wanted // 1024} as {wish.vm} has."
    if lacks:
        yield f"The clone lacks what {wish.vm} has: {', '.join(lacks)}. If it does not come up, that may be why."
    yield "It proves that it boots as far as a login, not that its services work; they have no network there."
