"""Hints as tasks: an id in, one service call; safe to deliver twice, late, or never."""

from __future__ import annotations

from celery import shared_task


@shared_task
def look(change_id: int) -> None:
    from execution import engine

    engine.look(change_id)


@shared_task
def plan(change_id: int) -> None:
    from execution import engine

    engine.plan(change_id)


@shared_task
def facts(host_id: int) -> None:
    from execution import facts

    facts.refresh(host_id)


@shared_task
def pulse(name: str) -> None:
    from execution import janitor

    janitor.pulse(name)


@shared_task
def sweep() -> None:
    from execution import janitor

    janitor.sweep()


@shared_task
def forget_logs() -> None:
    from execution import retention

    retention.forget_logs()
