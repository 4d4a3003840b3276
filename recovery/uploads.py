"""Keeps an uploaded file between the rounds of the form."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from people.models import User
from recovery.lvm.upload import LIMIT
from recovery.models import Upload

KEPT = timedelta(days=1)
MOST = 10
"""Uploads kept of one person: the newest."""


def upload_keep(user: User, file: UploadedFile) -> Upload:
    """Store what was uploaded, at most one byte more than any metadata has; the reader says what is wrong with it."""
    return upload_keep_bytes(user, file.name or "", file.read(LIMIT + 1))


def upload_keep_bytes(user: User, name: str, data: bytes) -> Upload:
    Upload.objects.filter(at__lt=timezone.now() - KEPT).delete()
    kept = Upload.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)[: MOST - 1]
    Upload.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
    return Upload.objects.create(user=user, name=name[:200], data=data)


def upload_of(user: User, number: str) -> Upload | None:
    """One's own upload by its number as the form carries it; None for anything else."""
    if not number.isdecimal() or len(number) > 18:
        return None
    return Upload.objects.filter(user=user, pk=int(number)).first()
