"""What the last step counted on each mounted volume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from recovery.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well
from ssh.session import Result

TIMED_OUT = frozenset({124, 137})
"""How `timeout` ends where it had to stop its command."""


@dataclass(frozen=True, slots=True)
class Count:
    """Entries of one volume below its top directory; mounts inside it are not entered. Bytes are those of files.

    types       `find`'s letter → entries; f files, d directories, l links
    newest      when the newest file was changed, in seconds since 1970; 0 without files
    inodes      of the whole file system, with those in use; 0 where it does not count them
    errors      complaints while reading; `complaints` are the first ten
    was_clean   for volumes mounted for writing: whether the journal was clean before; else None
    status      how `find` ended; None where the count was stopped before
    ended       whether the whole answer is there
    """

    types: dict[str, int]
    bytes: int = 0
    newest: int = 0
    inodes: int = 0
    inodes_used: int = 0
    errors: int = 0
    complaints: tuple[str, ...] = ()
    was_clean: bool | None = None
    status: int | None = None
    ended: bool = False

    @property
    def cut_short(self) -> str:
        """Why the count is not whole, as half a sentence; empty if it is."""
        if self.status in TIMED_OUT:
            return "the time for it was over"
        return "" if self.ended and self.status is not None else "it was stopped"


@dataclass(frozen=True, slots=True)
class AskCounts:
    """Mount point → Count, as far as the step came; empty before it. A real answer:

    volume /recovered/vm42/var
    inodes 65536 65489
    status 0
    type d 12
    type f 30
    bytes 4096
    newest 1795383073
    errors 0
    end
    """

    run_dir: str
    name = "counts"

    def command(self) -> Command:
        return Command(("sh", "-c", script("read_counts"), "regroup", f"{self.run_dir}/counts"), sudo=True)

    def parse(self, result: Result) -> dict[str, Count]:
        what = "The counts"
        ended_well(result, what)
        found: dict[str, Count] = {}
        point = ""
        for line in _whole_lines(result.stdout):
            word, _, rest = line.partition(" ")
            if word == "volume":
                point = rest
                found[point] = Count({})
            elif point not in found:
                raise FactError(f"{what}: the line {line[:200]!r} belongs to no volume.")
            else:
                try:
                    found[point] = _with(found[point], word, rest)
                except ValueError:
                    raise FactError(f"{what}: the line {line[:200]!r} is not as expected.") from None
        return found


def _whole_lines(answer: bytes) -> Iterator[str]:
    """The lines that have an end: one without was cut off with the count."""
    yield from answer.decode("utf-8", "backslashreplace").split("\n")[:-1]


def _with(count: Count, word: str, rest: str) -> Count:
    """The count with one more line read. Raises ValueError."""
    if word == "type":
        letter, entries = rest.split(" ")
        return replace(count, types={**count.types, letter: int(entries)})
    if word == "inodes":
        total, free = (int(number) for number in rest.split(" "))
        return replace(count, inodes=total, inodes_used=max(total - free, 0))
    if word == "journal":
        return replace(count, was_clean=rest == "yes")
    if word == "error":
        return replace(count, complaints=(*count.complaints, rest.removeprefix("find: ")))
    if word == "end" and not rest:
        return replace(count, ended=True)
    if word in ("bytes", "newest", "errors", "status"):
        number: dict[str, Any] = {word: int(rest)}
        return replace(count, **number)
    raise ValueError(word)
