"""What this floor decides, said aloud, in the transaction that decides it: a floor above writes whom to tell."""

from __future__ import annotations

from django.dispatch import Signal

moved = Signal()
"""A change moved. Arguments: change (as it was read before), new (State), actor (User | None: Regroup itself)."""

glass_moved = Signal()
"""A glass was asked for, or used for the first time, so that a review is owed. Arguments: glass, actor (User)."""
