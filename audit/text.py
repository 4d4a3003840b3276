"""Text that any database takes. Pure.

Host output may hold NUL characters and bytes that are no UTF-8 (lone surrogates in Python);
PostgreSQL refuses both, in text and in JSON.
"""

from __future__ import annotations

import re
from typing import Any

REFUSED = re.compile("[\0\ud800-\udfff]")


def storable(value: Any) -> Any:
    """The JSON value with every refused character replaced by U+FFFD, in keys too."""
    if isinstance(value, str):
        return REFUSED.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    return value
