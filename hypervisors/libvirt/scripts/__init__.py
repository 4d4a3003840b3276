"""The POSIX sh scripts by which a plan's steps change something on a hypervisor, one file each.

All that varies is in a script's arguments; its text is constant, is part of the plan, and is what the approver can
read. Each looks first and may be run again after it was cut short.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """The text of a script by its name without `.sh`."""
    return (files(__package__) / f"{name}.sh").read_text(encoding="utf-8")
