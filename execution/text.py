"""Host output is untrusted: what goes into a log is text that cannot move a cursor or end a line.

Of the escape sequences only those that colour stay; `plain` is without them, `execution.colours` shows them.
"""

from __future__ import annotations

import re

COLOUR = re.compile(r"\x1b\[([0-9;]{0,40})m")
_CONTROL = re.compile(
    r"\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # a title, a link, a device's string: with its end
    r"|\x1b\[(?![0-9;]{0,40}m)[0-9;:<=>?]*[ -/]*[@-~]"
    r"|\x1b(?!\[[0-9;]{0,40}m)[@-_]?"
    r"|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]"
)
LIMIT = 16_384


def printable(line: str) -> str:
    """The line without control characters, cut, and said so, after 16,384 characters; colours stay as they were."""
    clean = line.removesuffix("\r")
    if not clean.isprintable():
        clean = _CONTROL.sub("", clean)
    if len(clean) <= LIMIT:
        return clean
    return f"{_CONTROL.sub('', clean[:LIMIT])} … cut: the line has {len(clean)} characters"


def plain(line: str) -> str:
    """The line without its colours."""
    return COLOUR.sub("", line) if "\x1b" in line else line
