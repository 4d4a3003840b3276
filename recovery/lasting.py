"""Lines in the host's /etc/fstab that mount the recovered volumes again after a restart. Pure.

They stand between two comments that name the group, so that they can be found and taken out by anybody. `nofail`
lets the host start without the disk. Read-only ones say in the file system's own words that its journal is not
replayed: after a restart the volumes are active for writing, and `ro` alone would replay it (mount(8), ext4(5)).
"""

from __future__ import annotations

from collections.abc import Iterator

from changes.plan import MEDIUM, Call, Check, FileChange, Step, Undo
from recovery.facts.host_fstab import PATH
from recovery.fstab_block import begin, end, mentions, with_lines, without_lines
from recovery.request import Problem, parents_first
from recovery.scripts import script
from recovery.steps import Recovery, sha256

NO_REPLAY = {
    **dict.fromkeys(("ext3", "ext4"), "ro,noload"),
    "ext2": "ro",
    "xfs": "ro,nouuid,norecovery",
    "btrfs": "ro,rescue=nologreplay",
}
"""File system → how it is mounted so that not a byte is written, on a device that could be written to."""


def lines(recovery: Recovery, contents: dict[str, str]) -> str:
    """The block for the recovery's volumes, its comments included. `problems` must have found nothing."""
    rows = [begin(recovery.new)]
    for volume in parents_first(recovery.request.volumes):
        kind = contents[volume.lv]
        if kind == "swap":
            continue
        how = ("rw,nouuid" if kind == "xfs" else "rw") if volume.read_write else NO_REPLAY[kind]
        rows.append(f"{recovery.device(volume.lv)} {volume.mount_point} {kind} {how},nofail 0 0")
    rows.append(end(recovery.new))
    return "\n".join(rows) + "\n"


def problems(recovery: Recovery, fstab: str, contents: dict[str, str]) -> Iterator[Problem]:
    """Why the mounts cannot be made to last."""
    if not recovery.disks:
        yield Problem(
            "lasting",
            "What is on the volumes is not known before the disk is there, and a wrong line in /etc/fstab would replay"
            " a journal at the next start. Attach the disk first and name it, or leave this out.",
        )
        return
    for volume in recovery.request.volumes:
        kind = contents.get(volume.lv, "")
        if kind not in (*NO_REPLAY, "swap") and not (kind and volume.read_write):
            yield Problem(
                "lasting",
                f"{volume.lv} holds {kind or 'what could not be told from the disk'}, and Regroup knows no way to mount"
                " that at each start without writing to it. Leave this out.",
            )
    if without_lines(fstab, recovery.new) != fstab or mentions(fstab, recovery.new):
        yield Problem("lasting", f"{PATH} on {recovery.host} names {recovery.new} already. Take those lines out first.")


def lasting(recovery: Recovery, fstab: str, contents: dict[str, str]) -> Step:
    """The step after the mounts. `fstab` is the file's text when it was planned."""
    block = lines(recovery, contents)
    after = with_lines(fstab, block)
    args = {"group": recovery.new, "block": block}
    return Step(
        key="lasting",
        title=f"Have {recovery.new} mounted again after a restart: {PATH}",
        why=(
            "The lines stand between two comments that name the group. nofail: the host starts without the disk too."
            " Volumes are active for writing after a restart, so each line says that the journal is not replayed."
        ),
        host=recovery.host,
        command=Call((sha256(fstab), sha256(after)), script=script("write_fstab"), stdin=after),
        precheck=(Check("fstab-is", f"{PATH} is as it was planned.", {"sha256": sha256(fstab)}),),
        verify=(Check("fstab-has", f"{PATH} has the approved lines.", args),),
        undo=Undo(
            title=f"Take the lines of {recovery.new} out of {PATH}",
            command=Call((recovery.new,), script=script("drop_fstab_lines")),
            precheck=(Check("fstab-has", "The lines are as this change wrote them.", args),),
            verify=(Check("fstab-lacks", f"{PATH} does not name {recovery.new} any more.", {"group": recovery.new}),),
        ),
        writes=(PATH,),
        danger=MEDIUM,
        files=(FileChange(PATH, fstab, after),),
    )
