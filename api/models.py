"""What has been asked under an `Idempotency-Key`, and what was answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class IdempotencyKey(models.Model):
    """A person's key: one POST, done once. See `api.once`.

    fingerprint  SHA-256 of the address and the body that came with it
    attempt      the request that works on it, or worked: whoever takes the key over has another
    status       None until it is answered
    answer       the answer's body, zlib
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    attempt = models.CharField(max_length=32)
    claimed_at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    answer = models.BinaryField(default=bytes)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "text"], name="one_key_of_a_person")]

    def __str__(self) -> str:
        return f"The key {self.text} of person {self.user_id}"
