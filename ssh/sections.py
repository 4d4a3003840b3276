"""Answers in parts: `@@begin name`, lines, `@@end name status`, as our fact scripts print them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ssh.facts import FactError
from ssh.session import Result

Parts = dict[str, tuple[int, str]]
"""Part name → its command's exit status and its output."""


def parts(text: str, what: str) -> Parts:
    """The parts of `text`. Raises FactError naming the line where the marks do not pair."""
    found: Parts = {}
    name, lines = "", list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if not name and line.startswith("@@begin "):
            name, lines = line.removeprefix("@@begin "), []
        elif name and line.startswith(f"@@end {name} "):
            found[name] = (_status(line, number, what), "\n".join(lines).strip("\n"))
            name = ""
        elif name:
            lines.append(line)
        elif line.strip():
            raise FactError(f"{what}: line {number} of the host's answer stands outside any part: {line!r}.")
    if name:
        raise FactError(f"{what}: the host's answer ends in the middle of part {name}.")
    return found


def _status(line: str, number: int, what: str) -> int:
    status = line.rsplit(" ", 1)[1]
    if not re.fullmatch("[0-9]{1,3}", status):
        raise FactError(f"{what}: line {number} of the host's answer ends a part with no exit code: {line!r}.")
    return int(status)


def part(found: Parts, name: str, what: str) -> str:
    """Output of one part. Raises FactError if it is absent or its command failed."""
    status, text = found.get(name, (-1, ""))
    if status:
        reason = "is missing" if status == -1 else f"ended with exit code {status}"
        raise FactError(f"{what}: the part {name} of the host's answer {reason}.")
    return text


def lines(text: str, what: str, fields: int, separator: str | None = None) -> Iterator[list[str]]:
    """Non-empty lines split into exactly `fields` words; the last may hold separators itself."""
    for line in text.splitlines():
        if not line.strip():
            continue
        words = line.split(separator, fields - 1)
        if len(words) != fields:
            raise FactError(f"{what}: expected {fields} fields in the line {line!r}.")
        yield words


def ended_well(result: Result, what: str) -> str:
    """The text of a result whose command ended with 0. Raises FactError with the host's own words."""
    if result.status:
        said = result.error_text.splitlines()[-1:] or ["nothing"]
        raise FactError(f"{what}: the host's command ended with exit code {result.status} and said: {said[0]}")
    return result.text


def unescaped(text: str) -> str:
    """Text in which lsblk wrote odd bytes as `\\x20`, as it was."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), text)
