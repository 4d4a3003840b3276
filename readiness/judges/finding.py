"""What a check found: points with their evidence, and all of them as one finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from readiness.lights import Light, worst

MOST_EVIDENCE, MOST_POINTS, MOST_NAMES = 12, 20, 6
LONGEST, LONGEST_EVIDENCE = 500, 300
NAME = re.compile(r"(?<![^\s,;=])([^\s,;=]+)=")
VALUE = re.compile(r'"[^"]*"?|\S*')
SECRET = re.compile("pass|secret|token|key|credential", re.I)
SIGN_IN = re.compile(r"//[^/\s@:]*:[^/\s@]*@")


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
    shown, rest = points[:MOST_POINTS], points[MOST_POINTS:]
    if rest:
        shown.append(Point(rest[0].light, f"There are {len(rest)} more like these, which are not shown."))
    light = worst(point.light for point in points)
    return Finding(check.key, check.title, check.why, light, tuple(map(_fit, shown)))


def red(sentence: str, *evidence: str, todo: str = "") -> Point:
    return Point(Light.RED, sentence, _short(evidence), todo)


def amber(sentence: str, *evidence: str, todo: str = "") -> Point:
    return Point(Light.AMBER, sentence, _short(evidence), todo)


def green(sentence: str, *evidence: str) -> Point:
    return Point(Light.GREEN, sentence, _short(evidence))


def unknown(sentence: str, *evidence: str, todo: str = "") -> Point:
    return Point(Light.UNKNOWN, sentence, _short(evidence), todo)


def few(names: Iterable[str]) -> str:
    """The first names in a row, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - MOST_NAMES} more" if len(every) > MOST_NAMES else ""
    return ", ".join(every[:MOST_NAMES]) + more


def cut(text: str, most: int = LONGEST) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def blanked(text: str) -> str:
    """Without the values of words whose names speak of a secret, as in a kernel's command line or an address."""
    kept, at = list[str](), 0
    for match in NAME.finditer(text):
        if match.start() >= at and SECRET.search(match[1]):
            value = VALUE.match(text, match.end())
            kept.append(f"{text[at : match.end()]}•••")
            at = value.end() if value else match.end()
    return SIGN_IN.sub("//•••@", "".join((*kept, text[at:])))


def _fit(point: Point) -> Point:
    """What a page shows and a row keeps of it: whatever a host said stands in it, of any length."""
    evidence = tuple(blanked(cut(line, LONGEST_EVIDENCE)) for line in point.evidence)
    return Point(point.light, blanked(cut(point.sentence)), evidence, blanked(cut(point.todo)))


def _short(evidence: tuple[str, ...]) -> tuple[str, ...]:
    shown = evidence[:MOST_EVIDENCE]
    more = len(evidence) - len(shown)
    return (*shown, f"and {more} more") if more > 0 else shown
