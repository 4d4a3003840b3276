"""The rule about what was counted. A count that failed is a gap in the report, never a reason to fail a recovery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from changes.answers import yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.facts.counts import AskCounts, Count
from recovery.facts.host import names
from recovery.judges.mounts import report
from ssh.facts import FactError


def counted(args: Mapping[str, Json], context: Context) -> Verdict:
    """Yes, with what was counted and what was not, as long as the volumes are mounted."""
    there = report(args, context)
    if not there.holds:
        return there
    try:
        counts: Mapping[str, Count] = context.ask(AskCounts(context.run_dir))
    except FactError as error:
        return yes(f"The volumes are mounted, but nothing can be said of what is on them: {error}", {"counts": []})
    rows = [_row(mount, counts.get(mount["mount_point"])) for mount in there.found["mounts"]]
    return yes(" ".join(_sentences(rows)) or "Nothing is mounted that could be counted.", {"counts": rows})


def _row(mount: Mapping[str, Json], count: Count | None) -> dict[str, Json]:
    row = {"lv": mount["lv"], "mount_point": mount["mount_point"]}
    if count is None:
        return {**row, "cut_short": "it was not begun, or the time was over before"}
    return {
        **row,
        "files": count.types.get("f", 0),
        "directories": count.types.get("d", 0),
        "links": count.types.get("l", 0),
        "others": sum(number for letter, number in count.types.items() if letter not in "fdl"),
        "bytes": count.bytes,
        "newest": count.newest,
        "inodes": count.inodes,
        "inodes_used": count.inodes_used,
        "errors": count.errors,
        "complaints": list(count.complaints),
        "cut_short": count.cut_short,
        "was_clean": count.was_clean,
    }


def _sentences(rows: list[dict[str, Json]]) -> Iterator[str]:
    whole = [f"{row['lv']} {row['files']} files, {row['bytes']} bytes" for row in rows if not row["cut_short"]]
    if whole:
        yield f"Counted: {names(whole)}."
    for row in rows:
        if row["cut_short"]:
            yield f"{row['lv']} is not counted to the end: {row['cut_short']}."
        if row.get("errors"):
            yield f"{row['lv']} could not be read everywhere: {row['errors']} complaints."


RULES = {"counted": counted}
