"""Reads a story's history afterwards, the database's, the host's and the world's, and says what in it cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.chaos.kind import lines_of

DOUBLED, LOST, UNTRUE = "doubled", "lost", "untrue"


class Wrong(NamedTuple):
    """What cannot be, and of which sort: doubled, lost or untrue."""

    sort: str
    sentence: str


def violations(history: Mapping[str, Any], host: Path, journal: Sequence[str], wanted: Sequence[str]) -> list[Wrong]:
    """Everything doubled, lost, out of order or untrue; `wanted` are the effects that must be there, in order."""
    return [
        *_effects(journal, wanted),
        *(wrong for run in history["runs"] for wrong in _of_run(run, host)),
        *_fences(history, host),
    ]


def untruths(history: Mapping[str, Any], host: Path, journal: Sequence[str]) -> list[Wrong]:
    """Of runs that stand: steps that are told done without their effect, or not done with it, or while they go on."""
    return [wrong for run in history["runs"] for wrong in _untruths(run, host, journal)]


def _untruths(run: Mapping[str, Any], host: Path, journal: Sequence[str]) -> Iterator[Wrong]:
    for step in run["steps"]:
        if step["phase"] != "do" or step["state"] in ("unknown", "undone"):
            continue
        done, there = step["state"] in ("ok", "done_already"), step["key"] in journal
        if done != there:
            yield Wrong(UNTRUE, f"{step['key']} is told {step['state']}, its effect is {'' if there else 'not '}there")
        for attempt in (host / run["name"]).glob(f"{step['key']}.*"):
            if not done and _began(attempt) and not (attempt / "rc").exists():
                yield Wrong(UNTRUE, f"{step['key']} is told {step['state']}, and {attempt.name} goes on")


def _of_run(run: Mapping[str, Any], host: Path) -> Iterator[Wrong]:
    yield from _attempts(run, host)
    yield from _numbers(run)
    yield from _log(run, host)


def _effects(journal: Sequence[str], wanted: Sequence[str]) -> Iterator[Wrong]:
    seen, due = Counter(journal), Counter(wanted)
    if extra := seen - due:
        sort = DOUBLED if any(seen[each] > 1 for each in extra) else UNTRUE
        yield Wrong(sort, f"the world has effects that it should not: {sorted(extra.elements())}")
    if missing := due - seen:
        yield Wrong(LOST, f"the world lacks effects: {sorted(missing.elements())}")
    if seen == due and list(journal) != list(wanted):
        yield Wrong(UNTRUE, f"the world's effects came as {list(journal)}, not as {list(wanted)}")


def _attempts(run: Mapping[str, Any], host: Path) -> Iterator[Wrong]:
    """Of all attempts at a step on the host at most one has begun."""
    folder = host / run["name"]
    for key in {step["key"] for step in run["steps"]}:
        for name in (key, f"undo-{key}"):
            begun = [path for path in folder.glob(f"{name}.*") if _began(path)]
            if len(begun) > 1:
                yield Wrong(DOUBLED, f"{name} began {len(begun)} times: {sorted(path.name for path in begun)}")


def _began(attempt: Path) -> bool:
    started = attempt / "started"
    return started.exists() and "launcher=tombstone" not in started.read_text()


def _numbers(run: Mapping[str, Any]) -> Iterator[Wrong]:
    numbers = [line["seq"] for line in run["lines"]]
    if numbers != list(range(1, run["last_seq"] + 1)):
        sort = DOUBLED if len(set(numbers)) < len(numbers) else LOST
        yield Wrong(sort, f"the log's numbers have gaps or doubles: {numbers}, the last is {run['last_seq']}")


def _log(run: Mapping[str, Any], host: Path) -> Iterator[Wrong]:
    """Each line that the host wrote is kept once and in order; a step that is done has said all that it says."""
    steps = {(step["key"], step["phase"]): step for step in run["steps"]}
    for path in sorted((host / run["name"]).glob("*.*/log")):
        name, _, attempt = path.parent.name.rpartition(".")
        if not attempt.isdigit():  # a start that was cut off before it claimed anything
            continue
        key, phase = (name.removeprefix("undo-"), "undo") if name.startswith("undo-") else (name, "do")
        said = path.read_text().splitlines()
        kept = [
            line["text"]
            for line in run["lines"]
            if (line["step"], line["phase"], line["attempt"]) == (key, phase, int(attempt)) and line["stream"] == "out"
        ]
        step = steps.get((key, phase), {"state": "", "attempt": 0})
        done = step["state"] in ("ok", "undone") and step["attempt"] == int(attempt) and phase == "do"
        if done and said != lines_of(key):
            yield Wrong(UNTRUE, f"{path.parent.name} is {step['state']}, but the host's log of it is {said}")
        if kept != said and (done or kept != said[: len(kept)]):
            yield Wrong(_sort(kept, said), f"the log of {path.parent.name} has {kept}, the host wrote {said}")


def _sort(kept: Sequence[str], said: Sequence[str]) -> str:
    if Counter(kept) - Counter(said):
        return DOUBLED
    return LOST if Counter(said) - Counter(kept) else UNTRUE


def _fences(history: Mapping[str, Any], host: Path) -> Iterator[Wrong]:
    for path in host.glob("*.fence"):
        if int(path.read_text()) > history["fence"]:
            yield Wrong(
                UNTRUE, f"the host has seen fence {path.read_text().strip()}, the database knows of {history['fence']}"
            )
