"""Hints to the worker that asks the fleet; safe to deliver twice, late, or never."""

from __future__ import annotations

from celery import shared_task


@shared_task
def sweep() -> None:
    from networking import sweep

    sweep.sweep()
