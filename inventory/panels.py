"""Panels that floors above hang on our pages, so that this floor needs to know none of them.

    register_panel(changes_of_host, page="host")

A panel is asked with the row that the page shows and the actor who looks; it gives a `Panel`,
or None where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from people.actor import Actor

PAGES = ("host", "vm", "owner", "bond")


@dataclass(frozen=True, slots=True)
class Panel:
    """A section of a page: its heading, its template, and what the template is given (as `panel.context`).

    html_id is the section's id, so that a partial can be refreshed; made from the title if empty.
    """

    title: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    html_id: str = ""


PanelMaker = Callable[[Any, Actor], Panel | None]
_PANELS: dict[str, list[PanelMaker]] = {page: [] for page in PAGES}


def register_panel(maker: PanelMaker, page: str = "host") -> None:
    """Called in an AppConfig.ready(); panels show in the order in which they were registered, once each."""
    if maker not in _PANELS[page]:
        _PANELS[page].append(maker)


def panels_for(page: str, row: Any, actor: Actor) -> list[Panel]:
    made = (maker(row, actor) for maker in _PANELS[page])
    return [panel for panel in made if panel]
