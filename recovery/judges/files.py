"""Rules about our own files on the host."""

from __future__ import annotations

from collections.abc import Mapping

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.facts.files import AskFile, AskGroupInFile


def path_of(args: Mapping[str, Json], context: Context) -> str:
    """The check's path with the run's directory in its place."""
    return str(args["path"]).replace("{run_dir}", context.run_dir)


def file_is(args: Mapping[str, Json], context: Context) -> Verdict:
    path = path_of(args, context)
    digest = context.ask(AskFile(path))
    if digest is None:
        return no(f"{path} does not exist.")
    if digest != args["sha256"]:
        return no(f"{path} is not what was approved: its SHA-256 is {digest}. Somebody changed it.")
    return yes(f"{path} has the approved content.", {"sha256": digest})


def file_gone(args: Mapping[str, Json], context: Context) -> Verdict:
    path = path_of(args, context)
    return no(f"{path} is still there.") if context.ask(AskFile(path)) else yes(f"{path} is gone.")


def lvm_reads(args: Mapping[str, Json], context: Context) -> Verdict:
    path = path_of(args, context)
    group, said = context.ask(AskGroupInFile(path))
    if group is None:
        return no(f"LVM on this host cannot read {path}. It says: {said or 'nothing'}")
    if group != args["group"]:
        return no(f"LVM reads volume group {group} in {path}, not {args['group']}.")
    return yes(f"LVM reads volume group {group} in {path}.")


RULES = {"file-is": file_is, "file-gone": file_gone, "lvm-reads": lvm_reads}
