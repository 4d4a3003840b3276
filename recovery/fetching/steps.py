"""The steps of a fetch as values, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from changes.plan import HIGH, MEDIUM, Call, Check, Json, Step, Undo
from hypervisors.libvirt.scripts import script
from hypervisors.libvirt.words import Virsh
from hypervisors.values import VM, Disk, Image, Power
from recovery.fetching.wish import COPY, ORIGINAL, OVERLAY, Wish

VIRSH = Virsh()
URI = VIRSH.uri
STDIN = "/dev/stdin"
ENDS = 60
"""Seconds that a guest is given to end by itself."""

LETS_GO = 60
"""Seconds that a guest is given to let go of a disk."""

STARTS = 900
"""Seconds that a clone is given until its agent answers; a guest under emulation takes minutes."""

COPIES = 6 * 3600
"""Seconds for a copy of a disk."""


@dataclass(frozen=True, slots=True)
class Given:
    """One disk on its way: `disk` as the lost VM has it, `xml` of that, and `image` as it is attached.

    place   the target in the VM that gets it, `bus` the way
    attach  the disk's XML for the VM that gets it
    """

    disk: Disk
    xml: str
    image: Image
    serial: str
    place: str
    bus: str
    attach: str

    @property
    def args(self) -> dict[str, Json]:
        return {"path": self.image.path, "format": self.image.format, "serial": self.serial}


@dataclass(frozen=True, slots=True)
class Fetch:
    """What the steps are made from.

    source    the lost VM, `was_on` whether it was not off when this was planned
    seed      SHA-256 of the clone's seed; empty where it has none
    target    the VM that gets the disks: one that runs, or the clone that will
    template  UUID of the clone's template, "" where no clone is made
    copies    (path, format, path of the copy, bytes or None) of each disk of the template
    clone_xml the clone's definition; empty where no clone is made
    """

    wish: Wish
    source: VM
    target: VM
    given: tuple[Given, ...]
    was_on: bool
    template: str = ""
    copies: tuple[tuple[str, str, str, int | None], ...] = ()
    clone_xml: str = ""
    seed: str = ""

    @property
    def own(self) -> bool:
        """Whether the VM that gets the disks is a clone that goes with an undo: whoever removed it did the same."""
        return bool(self.clone_xml and self.wish.discard)


def steps_of(fetch: Fetch) -> Iterator[Step]:
    yield switch_off(fetch)
    for given in fetch.given:
        if fetch.wish.way != ORIGINAL:
            yield image(fetch, given)
        if fetch.wish.way != COPY:
            yield release(fetch, given)
    if fetch.clone_xml:
        for number in range(len(fetch.copies)):
            yield copy(fetch, number)
        yield define(fetch)
        yield start(fetch)
        yield answer(fetch)
    for given in fetch.given:
        yield attach(fetch, given)


def _check(rule: str, sentence: str, **args: Json) -> Check:
    return Check(rule, sentence, args)


def _off(vm: VM) -> Check:
    return _check("vm-off", f"{vm.name} is off.", uuid=vm.uuid)


def _off_or_gone(vm: VM) -> Check:
    return _check("vm-off", f"{vm.name} is off, or gone.", uuid=vm.uuid, gone=True)


def _on(vm: VM) -> Check:
    return _check("vm-on", f"{vm.name} runs.", uuid=vm.uuid)


def _may_start(vm: VM) -> Check:
    return _check(
        "may-start", f"No running VM has a disk of {vm.name}, and no disk is an overlay of one.", uuid=vm.uuid
    )


def _switch_off(vm: VM) -> Call:
    return Call((URI, vm.uuid, str(ENDS)), script=script("switch_off"), timeout=ENDS + 60)


def _start(vm: VM) -> Call:
    return Call(VIRSH.words("start", vm.uuid), timeout=120)


def switch_off(fetch: Fetch) -> Step:
    vm, ran = fetch.source, fetch.source.power is Power.ON
    return Step(
        key="switch-off",
        title=f"Switch {vm.name} off",
        why="Two VMs that write to one disk destroy it. It is asked to end, and has its plug pulled if it does not.",
        host=fetch.wish.host,
        command=_switch_off(vm),
        verify=(_off(vm),),
        undo=Undo(f"Start {vm.name} again", _start(vm), (_may_start(vm),), (_on(vm),)) if ran else None,
        no_undo="" if ran else f"It was {vm.power} when this was planned, and stays off.",
        writes=(f"the power of {vm.name}",) if fetch.was_on else (),
        danger=HIGH if fetch.was_on else MEDIUM,
    )


def release(fetch: Fetch, given: Given) -> Step:
    vm, disk = fetch.source, given.disk
    started = f"Whoever starts {vm.name}, or a hypervisor that starts it by itself after a reboot, would"
    has = _check("has-disk", f"{vm.name} will start with {disk.source}.", uuid=vm.uuid, path=disk.source)
    return Step(
        key=f"release-{disk.target}",
        title=f"Take {disk.source} away from {vm.name}",
        why=(
            f"{started} start it with a disk that another VM has."
            if fetch.wish.way == ORIGINAL
            else f"{started} have it write to what the overlay lies on, and destroy that."
        ),
        host=fetch.wish.host,
        command=Call(VIRSH.words("detach-disk", vm.uuid, disk.target, "--config")),
        precheck=(_off(vm),),
        verify=(_check("lacks-disk", f"{vm.name} will start without {disk.source}.", uuid=vm.uuid, path=disk.source),),
        undo=Undo(
            f"Give {disk.source} back to {vm.name}",
            Call(VIRSH.words("attach-device", vm.uuid, STDIN, "--config"), stdin=given.xml),
            (_off(vm), _check("nobody-has", f"No other VM has {disk.source}.", path=disk.source)),
            (has,),
        ),
        writes=(f"the definition of {vm.name}",),
        danger=MEDIUM,
    )


def image(fetch: Fetch, given: Given) -> Step:
    """An overlay or a copy of a disk of the lost VM."""
    vm, disk, way = fetch.source, given.disk, fetch.wish.way
    overlay = way == OVERLAY
    return Step(
        key=f"{way}-{disk.target}",
        title=f"Make {'an overlay' if overlay else 'a copy'} of {disk.source}",
        why=(
            "The disk itself stays as it is: what is changed goes into the overlay."
            if overlay
            else "The disk itself stays as it is, and whatever happens to the copy does not happen to it."
        ),
        host=fetch.wish.host,
        command=_image_call(way, disk.source, disk.format, given.image.path, None),
        precheck=(
            _off(vm),
            _check("nobody-writes", f"No running VM writes to {disk.source}.", path=disk.source, format=disk.format),
            *(() if overlay else (_room(given.image.path, disk.source, disk.format),)),
        ),
        verify=(
            _check(
                "image-is",
                f"{given.image.path} is whole.",
                path=given.image.path,
                size=given.image.size,
                base=disk.source if overlay else "",
            ),
        ),
        undo=_remove(given.image.path),
        writes=(given.image.path,),
    )


def _image_call(way: str, path: str, form: str, target: str, size: int | None) -> Call:
    words = (way, form, path, target, *(() if size is None else (str(size),)))
    return Call(words, script=script("copy_disk"), timeout=120 if way == OVERLAY else COPIES)


def _room(target: str, source: str, form: str) -> Check:
    return _check(
        "room", f"There is room for a copy of {source}.", folder=target.rpartition("/")[0], path=source, format=form
    )


def _remove(path: str) -> Undo:
    return Undo(
        f"Remove {path}",
        Call((path,), script=script("remove_files"), timeout=300),
        (_check("nobody-has", f"No VM has {path}.", path=path),),
        (_check("file-gone", f"{path} is gone.", path=path),),
    )


def copy(fetch: Fetch, number: int) -> Step:
    """A disk of the clone."""
    path, form, target, size = fetch.copies[number]
    wish = fetch.wish
    return Step(
        key=f"clone-{number + 1}",
        title=f"Copy the template’s disk {path} for {wish.name}",
        why="The clone is a VM of its own, with a disk of its own.",
        host=wish.host,
        command=_image_call("copy", path, form, target, size),
        precheck=(
            _check("may-copy", "The template is off, and nobody writes to its disks.", uuid=fetch.template),
            _room(target, path, form),
        ),
        verify=(
            _check("may-copy", "The template is off, and nobody writes to its disks.", uuid=fetch.template),
            _check("image-is", f"{target} is whole.", path=target, size=size or 0, base=""),
        ),
        undo=_remove(target) if wish.discard else None,
        no_undo="" if wish.discard else f"{wish.name} stays.",
        writes=(target,),
    )


def define(fetch: Fetch) -> Step:
    vm = fetch.target
    return Step(
        key="define",
        title=f"Define {vm.name}",
        why="The template’s definition with a name, a UUID, addresses and disks of its own.",
        host=fetch.wish.host,
        command=Call(VIRSH.words("define", STDIN), stdin=fetch.clone_xml),
        precheck=(_check("name-free", f"No other VM is called {vm.name}.", uuid=vm.uuid, name=vm.name), *_seed(fetch)),
        verify=(_check("defined", f"{vm.name} is defined as planned.", uuid=vm.uuid, name=vm.name),),
        undo=Undo(
            f"Undefine {vm.name}",
            Call(VIRSH.words("undefine", vm.uuid, "--managed-save", "--snapshots-metadata", "--nvram")),
            (_off(vm),),
            (_check("undefined", f"There is no VM {vm.name}.", uuid=vm.uuid),),
        )
        if fetch.wish.discard
        else None,
        no_undo="" if fetch.wish.discard else f"{vm.name} stays.",
        writes=(f"the definition of {vm.name}",),
    )


def _seed(fetch: Fetch) -> tuple[Check, ...]:
    if not fetch.seed:
        return ()
    path = fetch.wish.seed
    return (_check("seed-is", f"{path} is what it was when this was planned.", path=path, sha256=fetch.seed),)


def start(fetch: Fetch) -> Step:
    vm = fetch.target
    return Step(
        key="start",
        title=f"Start {vm.name}",
        why=(
            "Before it gets the lost VM’s disks: with two root groups of one name at its start, it might run from the"
            " wrong one."
        ),
        host=fetch.wish.host,
        command=_start(vm),
        precheck=(_may_start(vm),),
        verify=(_on(vm),),
        undo=Undo(f"Switch {vm.name} off", _switch_off(vm), (), (_off_or_gone(vm),)) if fetch.own else None,
        no_undo="" if fetch.wish.discard else f"{vm.name} stays.",
        writes=(f"the power of {vm.name}",),
        danger=MEDIUM,
    )


def answer(fetch: Fetch) -> Step:
    vm = fetch.target
    return Step(
        key="answer",
        title=f"Wait until {vm.name} answers, and read its SSH host keys",
        why="The agent in it is asked by the hypervisor, over no network: nobody stands between. The keys are pinned.",
        host=fetch.wish.host,
        command=Call((URI, vm.uuid, str(STARTS)), script=script("await_agent"), timeout=STARTS + 60),
        precheck=(_on(vm),),
        verify=(_check("answers", f"The agent in {vm.name} answers.", uuid=vm.uuid),),
        no_undo="Only reads.",
    )


def attach(fetch: Fetch, given: Given) -> Step:
    vm = fetch.target
    args = {"uuid": vm.uuid, "name": vm.name, "own": fetch.own, **given.args}
    gone = _check("detached", f"{vm.name} does not have {given.image.path}.", **args)
    return Step(
        key=f"attach-{given.disk.target}",
        title=f"Attach {given.image.path} to {vm.name} as {given.serial}",
        why="Now, and for every later start. Its guest knows the disk by that serial number.",
        host=fetch.wish.host,
        command=Call((URI, vm.uuid, given.place), script=script("attach_disk"), stdin=given.attach, timeout=120),
        precheck=(
            _on(vm),
            _off(fetch.source),
            _check("may-attach", f"No other VM uses {given.image.path}, or what it is an overlay of.", **args),
        ),
        verify=(_check("attached", f"{vm.name} has {given.image.path}, now and at its next start.", **args),),
        undo=Undo(
            f"Detach {given.image.path} from {vm.name}",
            Call(
                (URI, vm.uuid, given.place, given.image.path, str(LETS_GO)),
                script=script("detach_disk"),
                timeout=LETS_GO + 120,
            ),
            (_check("guest-let-go", f"Nothing of the disk is mounted in {vm.name}.", **args),),
            (gone,),
        ),
        writes=(f"the definition of {vm.name}",),
        danger=MEDIUM,
    )
