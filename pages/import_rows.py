"""The rows of an import's preview as HTML: thousands of them, for which a template's loop takes ten seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from inventory.importing.planning import Item
from inventory.states import Label
from pages.wording import show_unseen

ROW = (
    '<tr><td>{}</td><th scope="row">{} <span class="muted">{}</span></th><td><span class="state state-small" '
    'data-tone="{}"><span class="state-glyph" aria-hidden="true">{}</span>{}</span> {}</td><td>{}</td></tr>'
)
BREAK = mark_safe("<br>")  # noqa: S308  # our own word
FIELD = '<span class="muted">{}</span> {}<span class="wide">{}</span>'


def import_rows(rows: Iterable[dict[str, Any]]) -> SafeString:
    """`rows` are {"item": Item, "label": Label}; every text of the list is escaped, and unseen characters shown."""
    return format_html_join("\n", ROW, (_cells(row["item"], row["label"]) for row in rows))


def _cells(item: Item, label: Label) -> tuple[str, ...]:
    where, name, kind, sentence = map(show_unseen, (item.where, item.name, item.kind, item.sentence))
    return where, name, kind, label.tone, label.glyph, label.word, sentence, _fields(item)


def _fields(item: Item) -> SafeString:
    shown = ((key, _before(before), show_unseen(after)) for key, before, after in item.fields)
    return format_html_join(BREAK, FIELD, shown)


def _before(text: str) -> str:
    return format_html("<del>{}</del> → ", show_unseen(text)) if text else ""
