"""Keeps an uploaded file between the rounds of the form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from people.models import User
from recovery.lvm.upload import LIMIT
from recovery.models import Upload

KEPT = timedelta(days=1)
MOST = 10
"""Uploads kept of one person: the newest."""


def upload_keep(user: User, file: UploadedFile[Any], before: Upload | None) -> Upload:
    """Store what was uploaded, unless it is what was uploaded before.

    At most one byte more than any metadata has is read; the parser says what is wrong with it.
    """
    data = file.read(LIMIT + 1)
    if before and (before.name, bytes(before.data)) == ((file.name or "")[:200], data):
        return before
    return upload_store(user, file.name or "", data)


def upload_store(user: User, name: str, data: bytes) -> Upload:
    """A new row; the person's oldest ones and everybody's old ones are dropped."""
    Upload.objects.filter(at__lt=timezone.now() - KEPT).delete()
    kept = Upload.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)[: MOST - 1]
    Upload.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
    return Upload.objects.create(user=user, name=name[:200], data=data)


def upload_of(user: User, number: str) -> Upload | None:
    """One's own upload by its number as the form carries it; None for anything else."""
    if not number.isdecimal() or len(number) > 18:
        return None
    return Upload.objects.filter(user=user, pk=int(number)).first()
