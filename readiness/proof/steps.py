"""The steps of a proof as values, in the order in which they are done. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from changes.plan import MEDIUM, Call, Check, Json, Step, Undo
from hypervisors.libvirt.words import URI
from readiness.proof.outcome import DEATH, LIFE
from readiness.proof.wish import Wish
from readiness.scripts import script

GIB = 1 << 30
SPARE = 2 * GIB
"""Bytes that a boot is given to write beside what the copies hold."""
SPARE_MEMORY = 512 * 1024
"""KiB that the hypervisor keeps for itself and its VMs."""
MOST_SHOWN = 2 << 20
"""Bytes of a clone's console that go into the log."""
RESULT = "{run_dir}/proof"
OVERLAY, COPY = "overlay", "copy"


@dataclass(frozen=True, slots=True)
class Taken:
    """A disk of the clone: overlay or copy, of which image in which format; `below` what that is an overlay of."""

    how: str
    target: str
    format: str
    image: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What the steps are made from.

    first   the VM's first image, whose owner gets what is made
    memory  in KiB
    nvram   the VM's firmware variables, empty where it has none
    """

    wish: Wish
    folder: str
    first: str
    disks: tuple[Taken, ...]
    xml: str
    memory: int
    nvram: str = ""

    @property
    def copied(self) -> tuple[Taken, ...]:
        return tuple(disk for disk in self.disks if disk.how == COPY)


def steps_of(proof: Proof) -> tuple[Step, ...]:
    return copy(proof), define(proof), start(proof), watch(proof), discard(proof)


def disk_path(folder: str, target: str) -> str:
    return f"{folder}/disk-{target}.qcow2"


def _call(proof: Proof, name: str, *words: str, stdin: str = "", timeout: int = 120) -> Call:
    known = (URI, proof.wish.clone_uuid, proof.wish.uuid, proof.folder)
    return Call((*known, *words), script=script("proof.lib", name), stdin=stdin, timeout=timeout)


def _check(rule: str, sentence: str, **args: Json) -> Check:
    return Check(rule, sentence, args)


def copy(proof: Proof) -> Step:
    wish, copied = proof.wish, proof.copied
    each = (word for disk in proof.disks for word in (disk.how, disk.target, disk.format, disk.image))
    words = ("{run_dir}", proof.nvram, proof.first, *each)
    args: Mapping[str, Json] = {"files": [f"disk-{disk.target}.qcow2" for disk in proof.disks]}
    return Step(
        key="copy",
        title=f"Copy the disks of {wish.vm} as they are at one moment" if copied else "Make overlays of the disks",
        why=(
            f"{wish.vm} runs, so QEMU itself writes a copy of one moment beside it; the VM goes on with its own disks,"
            " whoever dies meanwhile."
            if copied
            else "An overlay takes what the clone writes, and nothing is written to what it lies on."
        ),
        host=wish.host,
        command=_call(proof, "proof_copy", *words, stdin=backup_xml(proof), timeout=6 * 3600),
        precheck=(
            _check(
                "room",
                "There is room for the clone, on disk and in memory.",
                folder=proof.folder.rpartition("/")[0],
                copied=[path for disk in copied for path in (disk.image, *disk.below)],
                memory=proof.memory,
            ),
            _check("clone-free", f"No VM but a clone of Regroup's has the UUID of {wish.clone}."),
            *_whole(wish),
        ),
        verify=(Check("copied", "The clone's disks are there.", args),),
        undo=Undo("Throw the clone away", _call(proof, "proof_discard", timeout=300), verify=(_gone(),)),
        writes=(proof.folder,),
    )


def _whole(wish: Wish) -> Iterator[Check]:
    """Whoever can write where backups lie may have put another file there since the plan."""
    if wish.image:
        said = "The backup is one whole file, and no VM has it as a disk."
        yield _check("backup-whole", said, image=wish.image, format=wish.format)


def backup_xml(proof: Proof) -> str:
    """What libvirt is told to copy; empty where nothing is."""
    if not proof.copied:
        return ""
    rows = [
        f"<disk name={quoteattr(disk.target)} type='file' backup='yes'><driver type='qcow2'/>"
        f"<target file={quoteattr(disk_path(proof.folder, disk.target) + '.part')}/></disk>"
        for disk in proof.copied
    ]
    others = [f"<disk name={quoteattr(d.target)} backup='no'/>" for d in proof.disks if d.how != COPY]
    return f"<domainbackup mode='push'><disks>{''.join((*rows, *others))}</disks></domainbackup>\n"


def define(proof: Proof) -> Step:
    return Step(
        key="define",
        title=f"Define the clone {proof.wish.clone}",
        why=(
            "It is the VM's machine with a UUID and MACs of its own. Its NICs stay in their places, their links down,"
            " on sockets that lead nowhere; its serial console goes to a file."
        ),
        host=proof.wish.host,
        command=Call(("virsh", "-q", "-c", URI, "define", "/dev/stdin"), stdin=proof.xml, timeout=60),
        precheck=(_check("clone-free", f"No VM but a clone of Regroup's has the UUID of {proof.wish.clone}."),),
        verify=(_check("defined", "libvirt has the clone."),),
        undo=Undo(
            "Remove the clone's definition",
            _call(proof, "proof_undefine"),
            verify=(_check("undefined", "libvirt has the clone no more."),),
        ),
        writes=(f"the VM {proof.wish.clone}",),
    )


def start(proof: Proof) -> Step:
    return Step(
        key="start",
        title="Start the clone",
        why="It starts as the VM would after a power cut: what was not on disk is not there.",
        host=proof.wish.host,
        command=_call(proof, "proof_start"),
        precheck=(
            *_whole(proof.wish),
            _check("may-start", "No VM that runs has a disk of the clone, or writes to what one lies on."),
        ),
        verify=(_check("started", "The clone was started."),),
        undo=Undo(
            "Switch the clone off", _call(proof, "proof_off"), verify=(_check("off", "The clone does not run."),)
        ),
        writes=(f"the VM {proof.wish.clone}",),
        fleeting=True,
        danger=MEDIUM,
    )


def watch(proof: Proof) -> Step:
    wish = proof.wish
    return Step(
        key="watch",
        title=f"Watch whether it comes up within {wish.seconds} seconds",
        why=(
            "It came up when its guest agent answers or its console asks for a login; it did not when its console shows"
            " the end of a boot, when it switches itself off, or when the time is over. Each of these is an answer, and"
            " the run goes on."
        ),
        host=wish.host,
        command=_call(
            proof,
            "proof_watch",
            str(wish.seconds),
            RESULT,
            "|".join(DEATH),
            LIFE,
            str(MOST_SHOWN),
            timeout=wish.seconds + 300,
        ),
        verify=(_check("watched", "It is known whether the clone came up."),),
        no_undo="Only looks.",
    )


def discard(proof: Proof) -> Step:
    return Step(
        key="discard",
        title="Throw the clone away",
        why="What was proven is in the log. Only the clone goes, and the files that were made for it.",
        host=proof.wish.host,
        command=_call(proof, "proof_discard", timeout=300),
        verify=(_gone(),),
        undo=Undo("Nothing: the clone is gone", command=None, verify=(_gone(),)),
        writes=(proof.folder, f"the VM {proof.wish.clone}"),
        clears="The clone and its files are gone already, so there is nothing to take back.",
    )


def _gone() -> Check:
    return _check("gone", "The clone and its files are gone.")
