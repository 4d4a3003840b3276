"""The POSIX sh scripts that readiness runs on hosts, one file each. They only read."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def script(*names: str) -> str:
    """The text of one or more script files by name without `.sh`, joined in order."""
    return "\n".join((files(__package__) / f"{name}.sh").read_text(encoding="utf-8") for name in names)
