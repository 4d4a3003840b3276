"""One form for every figure: JSON with commit, machine, load, versions, repeats, median and spread."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def spread(values: list[float]) -> dict[str, float | list[float]]:
    """Minimum, median and maximum of the repeats, and the repeats themselves."""
    return {
        "min": min(values),
        "median": statistics.median(values),
        "max": max(values),
        "repeats": [round(value, 3) for value in values],
    }


def report(name: str, figures: dict[str, Any], target: str, met: bool) -> None:
    """Print the result and keep it as `bench/results/<name>.json`. A missed target is said, never hidden."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    told = {
        "bench": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "load": os.getloadavg(),
        "target": target,
        "met": met,
        **figures,
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(told, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n")
    print(text)
    print(f"{name}: {'met' if met else 'MISSED'}: {target}")
