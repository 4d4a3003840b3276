"""Logs older than the site keeps them: their lines go; how many there were, their digest and every verdict stay."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from changes.states import ACTIVE, State
from execution.logs import every_line
from execution.models import LogChunk, Run

log = logging.getLogger(__name__)


def forget_logs() -> int:
    """Forget what is over age; the number of runs. Nothing where REGROUP_LOG_DAYS is 0."""
    if not settings.LOG_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.LOG_DAYS)
    old = Run.objects.filter(ended_at__lt=before, log_gone__lt=F("last_seq"), lease_owner="")
    old = old.exclude(change__status__in=[*ACTIVE, State.WAITING])
    return sum(forget(run) for run in old.order_by("pk"))


def forget(run: Run) -> bool:
    """Take a run's lines away, if nobody has added any since they were read for the digest."""
    mark = digest(run)
    with transaction.atomic():
        row = Run.objects.select_for_update().filter(pk=run.pk, last_seq=run.last_seq, lease_owner="").first()
        if row is None:
            return False
        LogChunk.objects.filter(run=run).delete()
        Run.objects.filter(pk=run.pk).update(log_gone=run.last_seq, log_sha256=mark)
    log.info("run %s: its log of %d lines is over age and was forgotten", run.name, run.last_seq)
    return True


def digest(run: Run) -> str:
    """SHA-256, as hex, of `number TAB step TAB stream TAB text LF` for each line, in UTF-8.

    Where a part was forgotten before, its digest and a LF stand in front of the lines that came after it.
    """
    found = hashlib.sha256(f"{run.log_sha256}\n".encode() if run.log_sha256 else b"")
    for line in every_line(run):
        found.update(f"{line.seq}\t{line.step}\t{line.stream}\t{line.text}\n".encode())
    return found.hexdigest()
