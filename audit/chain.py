"""How entries are chained by hash, and whether a chain holds. Pure, and all that `verify_audit` needs of Regroup:

    python3 chain.py EXPORT [ANCHORS]        with this file alone, on any machine

An entry's content has a hash of its own; the seal is taken over its place, the seal before it and that hash. So one can
show that an entry leads to a later one without showing what lies between: the hashes of the contents are enough.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
"""An entry as the export has it: what `FIELDS` name, and `position`, `previous`, `content`, `hash`."""

ANCHOR = "regroup audit anchor"
"""What stands before the JSON of an anchor, wherever it was written."""

FIELDS = ("id", "at", "actor_id", "actor_name", "action", "object", "detail", "request_id", "ip")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain as it once was: the last position and its hash. `at` is when it was written down."""

    position: int
    hash: str
    at: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries fit, up to which hash, how many anchors they met; `wrong` says where and why they end to fit."""

    rows: int
    head: str
    anchors: int
    wrong: str = ""


def content_of(row: Row) -> str:
    """sha256 over the canonical JSON of what an entry says."""
    return _sha256({name: row[name] for name in FIELDS})


def seal_of(position: int, previous: str, content: str) -> str:
    """sha256 over place, seal before and hash of the content, as three lines."""
    return hashlib.sha256(f"{position}\n{previous}\n{content}\n".encode("ascii")).hexdigest()


def seal_at_once(row: Row, position: int, previous: str) -> str:
    """The seal of entries that have no hash of their content: as it was made at first."""
    return _sha256({"position": position, "previous": previous, **{name: row[name] for name in FIELDS}})


def _sha256(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def fault_of(row: Row) -> str:
    """What is wrong with a sealed entry by itself; empty if nothing is."""
    position, previous, content = row["position"], row["previous"], row["content"]
    if content and content_of(row) != content:
        return "its content is not what was sealed"
    expected = seal_of(position, previous, content) if content else seal_at_once(row, position, previous)
    return "" if expected == row["hash"] else "its content, place or seal is not what was sealed"


def check(rows: Iterable[Row], anchors: Sequence[Anchor] = ()) -> Verdict:
    """Walk a chain from its first entry on, until something does not fit. Keeps nothing but the anchors in memory."""
    by_position: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        by_position.setdefault(anchor.position, []).append(anchor)
    count, head, met = 0, "", 0
    for row in rows:
        wrong = _misfit(row, count + 1, head)
        if wrong:
            return Verdict(count, head, met, wrong)
        count, head = count + 1, row["hash"]
        for anchor in by_position.get(count, ()):
            if anchor.hash != head:
                return Verdict(count - 1, row["previous"], met, _other_chain(row, anchor))
            met += 1
    return Verdict(count, head, met, _cut(count, anchors))


def _misfit(row: Row, expected: int, head: str) -> str:
    position = row["position"]
    if position > expected:
        missing = f"Entry {expected} is" if position == expected + 1 else f"Entries {expected} to {position - 1} are"
        return f"{missing} missing: after entry {expected - 1} comes entry {position}."
    if position < expected:
        return f"Entry {position} comes after entry {expected - 1}: entries were swapped, doubled or put in."
    fault = fault_of(row)
    if fault:
        return f"Entry {position} (“{row['action']}” by {row['actor_name']}, {row['at']}) was changed: {fault}."
    if row["previous"] != head:
        return f"Entry {position} does not follow entry {position - 1}: one of the two was put in, or made anew."
    return ""


def _other_chain(row: Row, anchor: Anchor) -> str:
    return (
        f"Entry {row['position']} is not the one that was anchored at {anchor.at}: the chain was written anew, up to "
        "this entry at least."
    )


def _cut(count: int, anchors: Sequence[Anchor]) -> str:
    beyond = [anchor for anchor in anchors if anchor.position > count]
    if not beyond:
        return ""
    last = max(beyond, key=lambda anchor: anchor.position)
    return (
        f"The chain ends with entry {count}, but entry {last.position} was anchored at {last.at}: everything after "
        f"entry {count} was taken away."
    )


class Unreadable(ValueError):
    """A line of an export is no entry; the message is the sentence."""


def rows_of(lines: Iterable[str | bytes]) -> Iterator[Row]:
    """The entries of an export, one a line. Raises Unreadable."""
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            texts = [row["hash"], row["previous"], row["content"]]
            if type(row["position"]) is not int or not all(type(text) is str and text.isascii() for text in texts):
                raise TypeError
            content_of(row)
        except (ValueError, KeyError, TypeError):
            raise Unreadable(
                f"Line {number} of the export is no entry: the file was cut, or changed by hand."
            ) from None
        yield row


def anchors_of(lines: Iterable[str]) -> list[Anchor]:
    """The anchors in a file, whatever else stands in its lines or between them; a torn line counts for nothing."""
    found = []
    for line in lines:
        _, mark, text = line.partition(ANCHOR)
        try:
            told = json.loads(text) if mark else {}
            found.append(Anchor(int(told["position"]), str(told["hash"]), str(told["at"])))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def verify_export(path: str, anchors: Sequence[Anchor] = ()) -> Verdict:
    """Whether the chain in a file holds; reads line by line. Raises OSError."""
    with open(path, "rb") as file:
        try:
            return check(rows_of(file), anchors)
        except Unreadable as error:
            return Verdict(0, "", 0, str(error))


def anchors_in(path: str) -> list[Anchor]:
    """Raises OSError."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return anchors_of(file)


def told(verdict: Verdict) -> str:
    """The verdict as a sentence or two."""
    if verdict.wrong:
        return f"The audit was changed, or is damaged. {verdict.wrong}"
    agree = f"{verdict.anchors:,} anchor{' agrees' if verdict.anchors == 1 else 's agree'}"
    return f"The audit is whole. {verdict.rows:,} entr{'y is' if verdict.rows == 1 else 'ies are'} chained; {agree}."


if __name__ == "__main__":
    outcome = verify_export(sys.argv[1], anchors_in(sys.argv[2]) if sys.argv[2:] else ())
    print(told(outcome))
    sys.exit(bool(outcome.wrong))
