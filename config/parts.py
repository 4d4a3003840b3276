"""The parts of an embedded Regroup, each a program for the supervisor to run in a fork of itself."""

from __future__ import annotations

import ctypes
import gc
import os
import random
import socket
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import uvicorn
from django.conf import settings
from uvicorn.config import LOGGING_CONFIG

from config import celery_app
from config.environment import broker
from config.supervisor import Program

PRELOADED = (
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.app.routes",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "celery.events",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.request",
    "celery.worker.strategy",
    "django.core.handlers.asgi",
    "execution.engine",
    "execution.facts",
    "execution.janitor",
    "networking.sweep",
    "notices.delivering",
    "notices.round",
    "pages.context",
    "readiness.asking",
    "readiness.sweep",
    "uvicorn.lifespan.off",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
)


def use(environment: Mapping[str, str]) -> None:
    """Settings that are known only after the start, as if they had stood in the environment before it."""
    os.environ.update(environment)
    settings.BROKER_URL, settings.BROKER_OPTIONS = broker(settings.STATE_DIR)
    settings.ATTACH_COMMAND = os.environ.get("REGROUP_ATTACH_COMMAND", "")
    settings.DETACH_COMMAND = os.environ.get("REGROUP_DETACH_COMMAND", "")
    celery_app.conf.update(
        broker_url=settings.BROKER_URL,
        broker_transport_options=settings.BROKER_OPTIONS,
        worker_enable_remote_control=not settings.BROKER_URL.startswith("filesystem"),
    )


def load() -> None:
    """Import everything that the parts use, once, so that their memory is shared.

    Not config.asgi itself: it lists the collected static files when it is imported.
    """
    middleware = (path.rpartition(".")[0] for path in settings.MIDDLEWARE)
    for name in (*PRELOADED, *middleware, settings.ROOT_URLCONF):
        import_module(name)
    celery_app.loader.init_worker()  # each worker would do it again, and Django's checks with it
    celery_app.finalize()
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every shared page


def web(port: int) -> Program:
    """One server process. Without a limit it would wait at its end for every open log stream."""

    def serve() -> None:
        uvicorn.run(
            "config.asgi:application",
            host="127.0.0.1",
            port=port,
            timeout_graceful_shutdown=3,
            server_header=False,
            lifespan="off",
            log_config=None if settings.LOG == "json" else LOGGING_CONFIG,
        )

    return _program("web", "regroup: web", serve)


def runs() -> Program:
    """The work that may last: two processes of its own, so that one change does not wait for another."""
    return _worker("runs", "prefork", concurrency=2)


def sweeps() -> Program:
    """The janitor, apart, so that it is never behind a run."""
    return _worker("sweeps", "solo")


def fleet() -> Program:
    """Asks all hosts for their bonds, over connections that this process keeps."""
    return _worker("fleet", "solo")


def beat() -> Program:
    """The clock that rings for the janitor and the fleet."""
    return _program("beat", "regroup: celery beat", lambda: celery_app.Beat(loglevel="WARNING", quiet=_quiet()).run())


def _worker(queue: str, pool: str, concurrency: int = 1) -> Program:
    """As the command `celery worker` makes one, without what that command line imports: 20 MB of each process."""

    def work() -> None:
        worker = celery_app.Worker(
            hostname=f"{queue}@{socket.gethostname()}",
            queues=queue,
            pool_cls=pool,
            concurrency=concurrency,
            loglevel="INFO",
            quiet=_quiet(),
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        sys.exit(worker.exitcode)

    return _program(queue, f"regroup: celery {queue}", work)


def _quiet() -> bool:
    """Without Celery's banner where a log is for programs."""
    return bool(settings.LOG == "json")


def _program(name: str, title: str, main: Callable[[], object]) -> Program:
    def begin() -> None:
        random.seed()
        rename(title)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a real text stream
        main()

    return Program(name, main=begin)


def rename(title: str) -> None:
    """Show this process under another command line, for `ps` and people; only as long as ours was.

    The kernel shows the memory where argv once was put; fields 48 and 49 of proc(5) stat say where.
    """
    sys.argv = [title]
    if sys.platform == "linux":
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[45]), int(fields[46])
        ctypes.memmove(start, title.encode()[: end - start - 1].ljust(end - start, b"\0"), end - start)
