"""Files that were uploaded for a request that is still being written."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Upload(models.Model):
    """One LVM backup file as it came, so that an error elsewhere in the form loses nothing.

    The change keeps the text itself; rows here are dropped after a day (`recovery.uploads`).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    data = models.BinaryField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
