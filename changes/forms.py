"""Fields that the form of every kind of change has."""

from __future__ import annotations

from django import forms


def reason_field(help_text: str = "Approvers read this first.") -> forms.CharField:
    return forms.CharField(
        label="Reason",
        max_length=4000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why; an approver has nothing else to go by."},
    )


def ticket_field() -> forms.CharField:
    return forms.CharField(required=False, max_length=80, label="Ticket", help_text="Its number in your own system.")
