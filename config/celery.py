"""The queue only carries hints ("look at run 42"); the database is the truth.

Early acknowledgement, ids as payload, no results: a lost or doubled hint costs seconds.
`runs` holds the work that may last; `sweeps` is a queue of its own, so that the janitor is
never behind a run; `fleet` asks all hosts for their bonds, which may take minutes, behind nobody's back.
"""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from celery.signals import setup_logging, worker_ready
from django.conf import settings

from config import file_queue, watch

file_queue.use()
app = Celery("regroup")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options=settings.BROKER_OPTIONS,
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    task_acks_late=False,
    task_default_queue="runs",
    task_routes={
        "execution.tasks.sweep": {"queue": "sweeps"},
        "execution.tasks.forget_logs": {"queue": "sweeps"},
        "inventory.tasks.ask_owners": {"queue": "sweeps"},
        "api.tasks.forget_keys": {"queue": "sweeps"},
        "notices.tasks.forget": {"queue": "sweeps"},
        "networking.tasks.sweep": {"queue": "fleet"},
    },
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    # Nothing asks workers over the queue, and the queue of files would keep the questions for ever.
    worker_enable_remote_control=not settings.BROKER_URL.startswith("filesystem"),
    worker_cancel_long_running_tasks_on_connection_loss=False,
    beat_schedule={
        "sweep": {
            "task": "execution.tasks.sweep",
            "schedule": settings.SWEEP_SECONDS,
            "options": {"expires": settings.SWEEP_SECONDS * 2},
        },
        "forget_logs": {
            "task": "execution.tasks.forget_logs",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "ask_owners": {
            "task": "inventory.tasks.ask_owners",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "forget_keys": {
            "task": "api.tasks.forget_keys",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "forget_notices": {
            "task": "notices.tasks.forget",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "fleet": {
            "task": "networking.tasks.sweep",
            "schedule": settings.SWEEP_SECONDS,
            "options": {"expires": settings.SWEEP_SECONDS * 2},
        },
    },
    beat_schedule_filename=str(settings.STATE_DIR / "beat"),
    timezone="UTC",
)
app.autodiscover_tasks()


def leave_logging(**_: object) -> None:
    """With somebody to ask, Celery sets up no handlers of its own: Django's LOGGING holds for its lines too."""


if settings.LOG == "json":
    setup_logging.connect(leave_logging)


@worker_ready.connect
def sweep_at_once(**_: object) -> None:
    """What was left undone while no worker ran is found now, not after the first tick of beat."""
    app.send_task("execution.tasks.sweep")
    app.send_task("networking.tasks.sweep")


watch.connect()
