"""Hints as tasks: one service call; safe to deliver twice, late, or never."""

from __future__ import annotations

from celery import shared_task


@shared_task
def forget_keys() -> None:
    from api import once

    once.forget_keys()
