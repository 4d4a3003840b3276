"""Host output is untrusted: what goes into a log row is text that cannot move a cursor or end a line."""

from __future__ import annotations

import re

CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
LIMIT = 16_384


def printable(line: str) -> str:
    """The line without escape sequences and control characters, cut, and said so, after 16,384 characters."""
    clean = CONTROL.sub("", line.removesuffix("\r"))
    return clean if len(clean) <= LIMIT else f"{clean[:LIMIT]} … cut: the line has {len(clean)} characters"
