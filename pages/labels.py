"""Finds how a state shows: its glyph, word and tone, from the table beside the states themselves."""

from typing import Any

from changes.states import LABELS, STEP_LABELS, Label

BY_NAME: dict[str, Label] = {str(state): label for table in (STEP_LABELS, LABELS) for state, label in table.items()}


def label_of(value: Any) -> Label:
    """The label of a Label, of anything with `.label` or `.state`, or of a state's name.

    A name no table knows shows as itself, neutral, with a question mark: visible, and not an error page.
    """
    if all(hasattr(value, name) for name in ("glyph", "word", "tone")):
        return value  # type: ignore[no-any-return]  # checked one line above
    if isinstance(value, str):
        return BY_NAME.get(str(value)) or Label("?", str(value).replace("_", " "), "neutral")
    inner = getattr(value, "label", None) or getattr(value, "state", None)
    return label_of(inner() if callable(inner) else inner if inner is not None else str(value))
