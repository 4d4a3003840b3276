"""Who works on a run: claim, heartbeat, fence.

A lease is taken by compare-and-swap and kept by a heartbeat of its own thread and connection.
A worker that could not renew for `PATIENCE` of its lease (by a clock that nobody sets, and that
goes on while the machine sleeps) issues no more commands and writes no more rows. Every claim
raises the fence of the host's lock, and the host itself refuses a lower one.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from contextvars import copy_context
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from changes.models import Lock
from execution.models import Run

log = logging.getLogger(__name__)
PATIENCE = 2 / 3


class LeaseLost(Exception):
    """Somebody else may work on the run now; whatever this worker had in mind is off."""


def steady() -> float:
    """Seconds of a clock that only goes forward, also while the machine is suspended, where Linux has one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def database_now() -> datetime:
    """The database's clock where it has one; SQLite has ours."""
    if connection.vendor == "postgresql":
        moment: datetime | None = Run.objects.annotate(moment=Now()).values_list("moment", flat=True).first()
        return moment or timezone.now()
    return timezone.now()


def host_lock(name: str) -> str:
    return f"host:{name}"


def host_locks(run: Run) -> list[str]:
    """Keys of the locks of every host that the change works on."""
    change = run.change
    return [host_lock(name) for name in dict.fromkeys([change.host.name, *change.the_kind.hosts(change.params)])]


class Lease:
    """The right to work on one run, for as long as it is renewed. Use as a context manager."""

    def __init__(self, run: Run, owner: str, claimed: float | None = None) -> None:
        self.run, self.owner = run, owner
        self.renewed = steady() if claimed is None else claimed
        self._stop = threading.Event()
        self._lost = False
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._beat,), name=f"lease-{run.pk}", daemon=True
        )

    @property
    def alive(self) -> bool:
        return not self._lost and steady() - self.renewed < settings.LEASE_SECONDS * PATIENCE

    def check(self) -> None:
        """Raise LeaseLost unless the lease is certainly ours."""
        if not self.alive:
            raise LeaseLost(f"The lease on run {self.run.name} could not be renewed in time.")

    def guard(self) -> Run:
        """Inside a transaction: the run's row, locked, while it is ours. Raises LeaseLost."""
        self.check()
        row = Run.objects.select_for_update().filter(pk=self.run.pk, lease_owner=self.owner).first()
        if row is None:
            self._lost = True
            raise LeaseLost(f"Another worker holds run {self.run.name}.")
        return row

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        Run.objects.filter(pk=self.run.pk, lease_owner=self.owner).update(lease_owner="", lease_until=None)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.HEARTBEAT_SECONDS):
                self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        try:
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA busy_timeout = 2000")
            before = steady()
            until = database_now() + timedelta(seconds=settings.LEASE_SECONDS)
            hit = Run.objects.filter(pk=self.run.pk, lease_owner=self.owner).update(lease_until=until)
            if hit:
                self.renewed = before
            else:
                self._lost = True
        except DatabaseError as error:
            log.warning("heartbeat of run %s: %s", self.run.pk, error)


def free(now: datetime) -> Q:
    """Runs, or claims of the like, whose lease nobody holds for certain.

    One that ran out, or that ends later than any can because a clock was set back, is suspect, not free: whoever
    takes it raises the fence and asks the host first.
    """
    most = timedelta(seconds=settings.LEASE_SECONDS + settings.HEARTBEAT_SECONDS)
    return Q(lease_owner="") | Q(lease_until__lt=now) | Q(lease_until__gt=now + most)


def claim(run: Run) -> Lease | None:
    """The lease of a run that nobody holds, its fence raised; None when somebody does."""
    before = steady()
    owner, now = uuid.uuid4().hex, database_now()
    with transaction.atomic():
        hit = Run.objects.filter(free(now), pk=run.pk).update(
            lease_owner=owner, lease_until=now + timedelta(seconds=settings.LEASE_SECONDS)
        )
        if not hit:
            return None
        run.refresh_from_db()
        raise_fence(run)
    return Lease(run, owner, before)


def raise_fence(run: Run) -> None:
    """One higher fence on each host for whoever works on the run from now on, if its change holds them."""
    Lock.objects.filter(key__in=host_locks(run), holder=run.change).update(fence=F("fence") + 1)
    row = Lock.objects.filter(key=host_lock(run.change.host.name), holder=run.change).first()
    if row:
        run.fence = row.fence
        Run.objects.filter(pk=run.pk).update(fence=run.fence)


def fences(run: Run) -> dict[str, int]:
    """Host → the fence that commands carry there; to be read once for a lease, just after it was claimed."""
    rows = Lock.objects.filter(key__in=host_locks(run), holder=run.change)
    return {row.key.partition(":")[2]: row.fence for row in rows}
