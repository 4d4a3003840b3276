"""The form of a hand back: which recovery, and why."""

from __future__ import annotations

from typing import Any

from django import forms

from changes.forms import reason_field, ticket_field
from changes.models import Change
from people.actor import Actor
from recovery.handback.asking import candidates, wish_for
from recovery.handback.wish import NothingToHandBack, Wish

MOST = 200
"""Recoveries to choose from; older ones are reached from their own page."""


class HandBackForm(forms.Form):
    """`wish` is there once the form is valid."""

    recovery = forms.TypedChoiceField(
        coerce=int,
        label="Recovery",
        help_text="Its volumes are unmounted, its group gets the old name back, and the host lets go of the disk.",
        error_messages={
            "required": "Choose the recovery whose disk is handed back.",
            "invalid_choice": "There is no such recovery, or it was handed back already.",
        },
    )
    reason = reason_field("Why nobody needs the files here any more. Approvers read this first.")
    ticket = ticket_field()

    def __init__(self, *args: Any, actor: Actor, only: Change | None = None, **kwargs: Any) -> None:
        """`only` leaves no choice: the recovery that the hand back is of already."""
        super().__init__(*args, **kwargs)
        self.wish: Wish | None = None
        rows = [only] if only else list(candidates(actor)[:MOST])
        self.has_none = not rows
        self.fields["recovery"].choices = [  # type: ignore[attr-defined]  # the stubs say Field
            (change.number, f"#{change.number} {change.title}") for change in rows
        ]

    def clean_recovery(self) -> int:
        number = int(self.cleaned_data["recovery"])
        try:
            self.wish = wish_for(Change.objects.get(pk=number))
        except NothingToHandBack as nothing:
            raise forms.ValidationError(str(nothing)) from nothing
        return number
