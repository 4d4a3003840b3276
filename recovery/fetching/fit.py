"""Whether a lost VM, and a clone's seed, are such that a fetch does no harm. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypervisors.safety import Look, uses
from hypervisors.values import VM, Disk
from recovery.fetching.facts import Seed
from recovery.fetching.wish import Wish

PLAIN = re.compile(r"/(?:[!-~]| (?! ))*[!-~]")
"""A path that `virsh` prints as it is: ASCII, without two spaces in a row."""


def vm_reasons(wish: Wish, source: VM, look: Look) -> Iterator[str]:
    """Why nothing of the lost VM can be fetched as it is, gravest first."""
    name = source.name
    if not source.persistent:
        yield (
            f"{name} has no definition that outlives it (a transient domain, as a cluster manager makes them): once"
            " off, it would be gone. Have it defined, or taken from its manager, then ask again."
        )
    if source.saved:
        yield (
            f"{name} was saved with its memory and would go on from there, on a disk that changed under it. Start it,"
            f" or give its memory up (virsh managedsave-remove {name}), then ask again."
        )
    now, then = (
        {disk.target: disk.source for disk in of if not disk.is_medium} for of in (source.disks, source.next_disks)
    )
    if source.holds_disks and now != then:
        yield (
            f"{name} has other disks now than it will have when it is next started, so what is newest would be left"
            " behind. Make its definition what it runs with, then ask again."
        )
    for disk in source.next_disks:
        wanted = not wish.disks or disk.source in wish.disks
        if wanted and not disk.is_medium and (why := _no_file(disk, look)):
            others = "" if wish.disks else " Name the disks that are wanted over the API, or attach it by hand."
            yield f"The disk {disk.target} of {name} {why}. Only disks that are files can be fetched yet.{others}"


def _no_file(disk: Disk, look: Look) -> str:
    if not disk.source:
        return f"is no file but a {disk.kind}"
    if disk.source.startswith("/dev/") or look.file(disk.source).startswith("block "):
        return f"is a block device, {disk.source}"
    return "" if PLAIN.fullmatch(disk.source) else f"has a path that libvirt does not print as it is: {disk.source!r}"


def seed_reasons(wish: Wish, seed: Seed, look: Look) -> Iterator[str]:
    """A seed is shown to the clone as it is: a file of its own, and no disk of anybody."""
    if seed.problem:
        yield seed.problem
    elif wish.seed and (use := next(uses(wish.seed, look), None)):
        yield f"{wish.seed} is a disk of {use.vm.name}, and no seed. Name another file."
