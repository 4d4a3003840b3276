"""Rules about the host's /etc/fstab."""

from __future__ import annotations

from collections.abc import Mapping

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.facts.files import AskFile
from recovery.facts.host_fstab import PATH, AskHostFstab
from recovery.fstab_block import block_of, mentions


def fstab_is(args: Mapping[str, Json], context: Context) -> Verdict:
    digest = context.ask(AskFile(PATH))
    if digest == args["sha256"]:
        return yes(f"{PATH} has the text that is meant.")
    return no(
        f"{PATH} has another text than is meant (SHA-256 {digest or 'none: it is gone'}): somebody has changed it. Look"
        " at it; Regroup leaves it as it is."
    )


def fstab_has(args: Mapping[str, Json], context: Context) -> Verdict:
    there = block_of(context.ask(AskHostFstab()), str(args["group"]))
    if there == args["block"]:
        return yes(f"The lines of {args['group']} stand in {PATH}.")
    why = "somebody has changed them" if there else "they are not there, or not whole"
    return no(f"The lines of {args['group']} in {PATH} are not those that were approved: {why}. Look at the file.")


def fstab_lacks(args: Mapping[str, Json], context: Context) -> Verdict:
    text, group = context.ask(AskHostFstab()), str(args["group"])
    line = mentions(text, group)
    if block_of(text, group):
        return no(f"The lines of {group} still stand in {PATH}.")
    if line:
        return no(f"Line {line} of {PATH} names {group}: it is none of ours. Take it out, then go on.")
    return yes(f"{PATH} does not name {group}.")


RULES = {"fstab-is": fstab_is, "fstab-has": fstab_has, "fstab-lacks": fstab_lacks}
