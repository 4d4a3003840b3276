"""What happens on this floor, said aloud, in the transaction in which it happens: a floor above writes whom to tell."""

from __future__ import annotations

from django.dispatch import Signal

key_changed = Signal()
"""A host showed another key than the trusted one. Arguments: host, by (Actor | None: Regroup itself)."""

unconfirmed = Signal()
"""An owner is asked whether machines are still theirs. Arguments: owner, count (of machines)."""
