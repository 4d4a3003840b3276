"""What a kind of change adds to the change page, so that the page needs to know no kind.

    register_panel("recovery", Place.RESULT, what_is_mounted)
    register_words("recovery", Words(undo=undo_words, confirm=confirm_words))

A panel is asked with a `Situation` and gives a `Panel`, or None where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from changes.models import Change
from changes.plan import Json, Plan
from people.actor import Actor


class Place(StrEnum):
    """Where on the page: beside the prompt of a waiting run, or as its result."""

    WAITING = "waiting"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Situation:
    """What a panel may look at.

    wait_step  key of the step that waits for a person, empty if none does
    may        actions that the person who looks may take now, as words of `changes.policy.Action`
    actor      the person who looks
    found      step key → what its verify found (JSON)
    """

    change: Change
    plan: Plan
    wait_step: str
    may: frozenset[str]
    actor: Actor
    found: Mapping[str, Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A template, and what it is given as `panel.context`."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


PanelMaker = Callable[[Situation], Panel | None]


def _undo_titles(plan: Plan, touched: frozenset[str]) -> str:
    titles = [step.undo.title for step in reversed(plan.steps) if step.undo and step.key in touched]
    shown = [title[:1].lower() + title[1:] for title in titles[:3]]
    return ", ".join([*shown, *([f"and {len(titles) - 3} more"] if len(titles) > 3 else [])]) or "nothing was done"


def _confirm(plan: Plan, step: str) -> str:
    return "It is done: go on"


@dataclass(frozen=True, slots=True)
class Words:
    """How a kind names two buttons. What it does not say is said from the plan.

    undo     the plan, and the keys of the steps that would be taken back → words after “Undo: ”
    confirm  the plan, and the key of the step that waits → the label to confirm with
    """

    undo: Callable[[Plan, frozenset[str]], str] = _undo_titles
    confirm: Callable[[Plan, str], str] = _confirm


_PANELS: dict[tuple[str, Place], list[PanelMaker]] = {}
_WORDS: dict[str, Words] = {}


def register_panel(kind: str, place: Place, maker: PanelMaker) -> None:
    """Called in the kind's AppConfig.ready(); shown in the order of registration, once each."""
    makers = _PANELS.setdefault((kind, place), [])
    if maker not in makers:
        makers.append(maker)


def register_words(kind: str, words: Words) -> None:
    _WORDS[kind] = words


def words_of(kind: str) -> Words:
    return _WORDS.get(kind) or Words()


def panels_of(place: Place, situation: Situation) -> list[Panel]:
    makers = _PANELS.get((situation.change.kind, place), ())
    return [panel for panel in (maker(situation) for maker in makers) if panel]
