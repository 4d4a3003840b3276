"""The POSIX sh scripts that facts and steps of networking run on hosts, one file each.

A script gets all that varies as its arguments; its text is constant, is part of the plan, and is
what the approver can read. `*.lib.sh` hold functions that several scripts share.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def script(*names: str) -> str:
    """The text of one or more script files by name without `.sh`, joined in order."""
    return "\n".join((files(__package__) / f"{name}.sh").read_text(encoding="utf-8") for name in names)
