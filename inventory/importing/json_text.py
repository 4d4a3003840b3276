"""JSON as people send it. Pure."""

from __future__ import annotations

import json
from typing import Any

from inventory.importing.rows import ReadRefused


def load(text: str) -> Any:
    """Raises ReadRefused, naming the line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ReadRefused(f"Line {error.lineno} is not JSON ({error.msg}). Send the whole output, unchanged.") from None
    except RecursionError:
        raise ReadRefused("Its JSON is nested too deeply to be a list of machines.") from None
    except ValueError as error:
        raise ReadRefused(f"It is not JSON ({error}). Send the whole output, unchanged.") from None
