"""What a check found: points with their evidence, and all of them as one finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from readiness.lights import Light, worst

MOST_EVIDENCE = 12


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that speaks for or against a host: the sentence, the very values, and what to do."""

    light: Light
    sentence: str
    evidence: tuple[str, ...] = ()
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A question; `why` it matters. `judge` gives its points, none where there is nothing to say but `well`."""

    key: str
    title: str
    why: str
    judge: Callable[[Any], Iterable[Point]]


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to a check; the worst point first."""

    check: str
    title: str
    why: str
    light: Light
    points: tuple[Point, ...]

    @property
    def sentence(self) -> str:
        return self.points[0].sentence

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        points = tuple(Point(Light(p["light"]), p["sentence"], tuple(p["evidence"]), p["todo"]) for p in data["points"])
        return cls(data["check"], data["title"], data["why"], Light(data["light"]), points)


ORDER = (Light.RED, Light.AMBER, Light.UNKNOWN, Light.GREEN)


def found(check: Check, known: Any) -> Finding:
    """The check's answer. A check has at least one point: a green one says what was looked at."""
    points = sorted(check.judge(known), key=lambda point: ORDER.index(point.light))
    return Finding(check.key, check.title, check.why, worst(point.light for point in points), tuple(points))


def red(sentence: str, *evidence: str, todo: str = "") -> Point:
    return Point(Light.RED, sentence, _short(evidence), todo)


def amber(sentence: str, *evidence: str, todo: str = "") -> Point:
    return Point(Light.AMBER, sentence, _short(evidence), todo)


def green(sentence: str, *evidence: str) -> Point:
    return Point(Light.GREEN, sentence, _short(evidence))


def unknown(sentence: str, *evidence: str, todo: str = "") -> Point:
    return Point(Light.UNKNOWN, sentence, _short(evidence), todo)


def _short(evidence: tuple[str, ...]) -> tuple[str, ...]:
    shown = tuple(line if len(line) <= 300 else f"{line[:299]}…" for line in evidence[:MOST_EVIDENCE])
    more = len(evidence) - len(shown)
    return (*shown, f"and {more} more") if more > 0 else shown
