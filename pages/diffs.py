"""The difference of two texts as typed rows: unchanged parts folded, changed words marked. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

Kind = Literal["same", "removed", "added"]
WORD = re.compile(r"\w+|\s+|[^\w\s]")
# SequenceMatcher is quadratic: beyond these sizes a part is shown as wholly replaced.
MOST_LINES, MOST_CHARACTERS = 2000, 2000
# Lines less alike than this are shown whole: marks all over them help nobody.
ALIKE = 0.4


@dataclass(frozen=True)
class Piece:
    """Part of a line; `changed` when it differs from the line it stands against."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Row:
    """One line, with its 1-based number before and after (None where it is not there)."""

    kind: Kind
    before: int | None
    after: int | None
    pieces: tuple[Piece, ...]
    newline: bool = True

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Block:
    """Consecutive rows; a folded block is unchanged and need not be looked at."""

    rows: tuple[Row, ...]
    folded: bool = False


@dataclass(frozen=True)
class Diff:
    """Every line of both texts, in blocks, with the counts of changed lines."""

    blocks: tuple[Block, ...]
    added: int
    removed: int


def diff_texts(before: str, after: str, context: int = 3) -> Diff:
    """Compare two texts line by line; keep `context` unchanged lines around each change open."""
    rows = tuple(_rows(_lines(before), _lines(after)))
    kinds = [row.kind for row in rows]
    return Diff(tuple(_blocks(rows, context)), kinds.count("added"), kinds.count("removed"))


def _lines(text: str) -> list[str]:
    # Not splitlines(): a form feed or a lone CR is no line end to the programs that read these files.
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _rows(old: list[str], new: list[str]) -> Iterator[Row]:
    for tag, i1, i2, j1, j2 in _opcodes(old, new):
        if tag == "equal":
            for offset in range(i2 - i1):
                yield _row("same", i1 + offset, j1 + offset, old[i1 + offset])
        else:
            yield from _changed(old, new, range(i1, i2), range(j1, j2))


def _opcodes(old: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """Opcodes of difflib; the equal head and tail are found first, which makes one edit in 2 MiB cheap."""
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    rest = shortest - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    if head:
        yield "equal", 0, head, 0, head
    if len(a) > MOST_LINES or len(b) > MOST_LINES:
        yield "replace", head, head + len(a), head, head + len(b)
    else:
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            yield tag, head + i1, head + i2, head + j1, head + j2
    if tail:
        yield "equal", len(old) - tail, len(old), len(new) - tail, len(new)


def _changed(old: list[str], new: list[str], gone: range, come: range) -> Iterator[Row]:
    """All removed lines, then all added ones; the first removed is marked against the first added, and so on."""
    removed, added = [], []
    for i, j in zip_longest(gone, come):
        left, right = _marked(old[i] if i is not None else "", new[j] if j is not None else "")
        if i is not None:
            removed.append(Row("removed", i + 1, None, left, old[i].endswith("\n")))
        if j is not None:
            added.append(Row("added", None, j + 1, right, new[j].endswith("\n")))
    yield from removed
    yield from added


def _marked(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both lines cut into pieces, those that differ marked; unmarked when the lines have little in common."""
    old, new = old.removesuffix("\n"), new.removesuffix("\n")
    if not old or not new or max(len(old), len(new)) > MOST_CHARACTERS:
        return (Piece(old),), (Piece(new),)
    a, b = WORD.findall(old), WORD.findall(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < ALIKE:
        return (Piece(old),), (Piece(new),)
    left, right = [], []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        left.append(Piece("".join(a[i1:i2]), tag != "equal"))
        right.append(Piece("".join(b[j1:j2]), tag != "equal"))
    return tuple(p for p in left if p.text), tuple(p for p in right if p.text)


def _row(kind: Kind, i: int, j: int, line: str) -> Row:
    return Row(kind, i + 1, j + 1, (Piece(line.removesuffix("\n")),), line.endswith("\n"))


def _blocks(rows: tuple[Row, ...], context: int) -> Iterator[Block]:
    """Cut rows into open and folded blocks; a fold of one or two lines would save nothing, so it stays open."""
    near = [False] * len(rows)
    for at, row in enumerate(rows):
        if row.kind != "same":
            for index in range(max(0, at - context), min(len(rows), at + context + 1)):
                near[index] = True
    for start, end in _runs(near):
        if not near[start] and end - start <= 2 and any(near):
            near[start:end] = [True] * (end - start)
    for start, end in _runs(near):
        yield Block(rows[start:end], folded=not near[start])


def _runs(flags: list[bool]) -> list[tuple[int, int]]:
    """Half-open ranges of equal neighbours."""
    edges = [0, *(i for i in range(1, len(flags)) if flags[i] != flags[i - 1]), len(flags)]
    return [(a, b) for a, b in zip(edges, edges[1:], strict=False) if a < b]
