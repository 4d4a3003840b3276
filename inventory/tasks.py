"""Hints as tasks: one service call; safe to deliver twice, late, or never."""

from __future__ import annotations

from celery import shared_task


@shared_task
def ask_owners() -> None:
    from inventory import asking

    asking.ask_owners()
