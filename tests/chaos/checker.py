"""Reads a run's history afterwards, the database's, the host's and the world's, and says what in it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def violations(history: Mapping[str, Any], host: Path, journal: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Sentences, each something doubled, lost, out of order or untrue; `wanted` are the effects that must be there."""
    return [
        *_effects(journal, wanted),
        *_attempts(history, host),
        *_log(history, host),
        *_fences(history, host),
    ]


def _effects(journal: Sequence[str], wanted: Sequence[str]) -> Iterator[str]:
    if list(journal) != list(wanted):
        yield f"the world's effects are {list(journal)}, not {list(wanted)}"


def _attempts(history: Mapping[str, Any], host: Path) -> Iterator[str]:
    """Of all attempts at a step on the host at most one has begun."""
    run = host / history["name"]
    for key in {step["key"] for step in history["steps"]}:
        for name in (key, f"undo-{key}"):
            begun = [path for path in run.glob(f"{name}.*") if _began(path)]
            if len(begun) > 1:
                yield f"{name} began {len(begun)} times: {sorted(path.name for path in begun)}"


def _began(attempt: Path) -> bool:
    started = attempt / "started"
    return started.exists() and "launcher=tombstone" not in started.read_text()


def _log(history: Mapping[str, Any], host: Path) -> Iterator[str]:
    numbers = [line["seq"] for line in history["lines"]]
    if numbers != list(range(1, history["last_seq"] + 1)):
        yield f"the log's numbers have gaps or doubles: {numbers}"
    for path in sorted((host / history["name"]).glob("*.*/log")):
        name, _, attempt = path.parent.name.rpartition(".")
        key, phase = (name.removeprefix("undo-"), "undo") if name.startswith("undo-") else (name, "do")
        said = path.read_text().splitlines()
        kept = [
            line["text"]
            for line in history["lines"]
            if (line["step__key"], line["step__phase"], line["attempt"]) == (key, phase, int(attempt))
            and line["stream"] == "out"
        ]
        if kept != said:
            yield f"the log of {path.parent.name} has {kept}, the host wrote {said}"


def _fences(history: Mapping[str, Any], host: Path) -> Iterator[str]:
    for path in host.glob("*.fence"):
        if int(path.read_text()) > history["fence"]:
            yield f"the host has seen fence {path.read_text().strip()}, the database knows of {history['fence']}"
