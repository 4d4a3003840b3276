"""The second factor: an authenticator app and ten recovery codes. Enrolled, checked, taken away.

A wrong code is counted before anybody hears of it, so that guessing in parallel gains nothing.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from people.actor import Actor
from people.models import RecoveryCode, SecurityKey, Totp, User
from people.signals import say
from people.totp import new_secret, slot_of
from people.vault import Sealed, Vault, open_vault

CODES = 10
FREE_TRIES = 5
"""The fifth wrong code in a row costs a minute, each further one twice as long, up to an hour."""
LONGEST_WAIT = 60
TO_CONFIRM = timedelta(minutes=10)
"""From the new secret to the first code of it."""


class FactorRefused(Exception):
    """The code does not count; the message is the sentence."""


def enrolled(user: User) -> bool:
    """Whether this person has confirmed a second factor."""
    return Totp.objects.filter(user=user, confirmed__isnull=False).exists()


@sensitive_variables()
@transaction.atomic
def totp_begin(user: User) -> str:
    """A fresh secret, not counted before `totp_confirm`. Raises ValidationError where one is enrolled, VaultError."""
    if enrolled(user):
        raise ValidationError("You have an authenticator app already. Remove it first; that wants a code of it.")
    secret = new_secret()
    sealed = vault().seal(secret.encode(), _place(user))
    Totp.objects.update_or_create(user=user, defaults={**_columns(sealed), "created": timezone.now()})
    return secret


def totp_waiting(user: User) -> Totp | None:
    """The app that is to be confirmed; None where there is none, or its secret is older than ten minutes."""
    young = timezone.now() - TO_CONFIRM
    return Totp.objects.select_related("user").filter(user=user, confirmed__isnull=True, created__gt=young).first()


def totp_secret(row: Totp) -> str:
    """Raises VaultError."""
    sealed = Sealed(row.key_id, bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext))
    return vault().open(sealed, _place(row.user)).decode()


@sensitive_variables()
def totp_confirm(user: User, text: str, *, by: Actor) -> list[str]:
    """Count the app from now on, if the code is its; gives the recovery codes. Raises FactorRefused."""
    with transaction.atomic():
        row = _row(user)
        if row is None or row.confirmed or timezone.now() - row.created > TO_CONFIRM:
            raise FactorRefused("There is nothing to confirm. Begin again with a new secret.")
        sentence = _locked(row) or _take_code(row, text)
        if not sentence:
            Totp.objects.filter(pk=row.pk).update(confirmed=timezone.now())
            say(by, "factor.enrol", user, {"kind": "totp"})
            return _fresh_codes(user)
    raise FactorRefused(sentence)


@sensitive_variables()
def factor_check(user: User, text: str) -> str:
    """Take a code of the app, or a recovery code, once; gives which of the two it was. Raises FactorRefused."""
    with transaction.atomic():
        row = _row(user)
        if row is None or not row.confirmed:
            raise FactorRefused("You have set up no second factor.")
        sentence = _locked(row)
        if not sentence:
            if _take_recovery(user, text):
                _right(row)
                return "recovery code"
            sentence = _take_code(row, text)
            if not sentence:
                return "app"
            say(None, "factor.refuse", user, {"failures": row.failures})
    raise FactorRefused(sentence)


@transaction.atomic
def recovery_renew(user: User, *, by: Actor) -> list[str]:
    """Ten new codes; the old ones count no longer."""
    say(by, "factor.codes", user, {"codes": CODES})
    return _fresh_codes(user)


def recovery_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used__isnull=True).count()


@transaction.atomic
def factor_remove(user: User, *, by: Actor) -> bool:
    """Whether there was a factor. Codes and keys go with it."""
    gone, _ = Totp.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    SecurityKey.objects.filter(user=user).delete()
    if gone:
        say(by, "factor.remove" if by.id == user.pk else "factor.reset", user, {"kind": "totp"})
    return bool(gone)


def factors_rotate() -> int:
    """Wrap every secret by the newest key of the list; gives how many were moved."""
    keys, moved = vault(), 0
    for pk in Totp.objects.exclude(key_id=keys.newest).values_list("pk", flat=True):
        with transaction.atomic():
            row = Totp.objects.select_for_update().select_related("user").get(pk=pk)
            sealed = Sealed(row.key_id, bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext))
            Totp.objects.filter(pk=pk).update(**_columns(keys.rotate(sealed, _place(row.user))))
        moved += 1
    return moved


def vault() -> Vault:
    """Raises VaultError."""
    return open_vault(Path(settings.CREDENTIAL_KEYS))


def _row(user: User) -> Totp | None:
    return Totp.objects.select_for_update().filter(user=user).first()


def _locked(row: Totp) -> str:
    now = timezone.now()
    if row.locked_until is None or row.locked_until <= now:
        return ""
    minutes = int((row.locked_until - now).total_seconds() // 60) + 1
    words = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"Too many wrong codes. Nothing is read for {words}; then take the code that the app shows."


def _take_code(row: Totp, text: str) -> str:
    """The sentence why it is no code; empty when it was taken."""
    slot = slot_of(totp_secret(row), text, time.time(), row.last_slot)
    if slot is not None and Totp.objects.filter(pk=row.pk, last_slot__lt=slot).update(last_slot=slot):
        _right(row)
        return ""
    row.failures += 1
    Totp.objects.filter(pk=row.pk).update(failures=row.failures, locked_until=_until(row.failures))
    return "This code is not right, or was used already. Wait for the next one that the app shows."


def _until(failures: int) -> datetime | None:
    if failures < FREE_TRIES:
        return None
    return timezone.now() + timedelta(minutes=min(2 ** min(failures - FREE_TRIES, 6), LONGEST_WAIT))


def _right(row: Totp) -> None:
    Totp.objects.filter(pk=row.pk).update(failures=0, locked_until=None)


def _take_recovery(user: User, text: str) -> bool:
    unused = RecoveryCode.objects.filter(user=user, used__isnull=True, hash=_hash(text))
    taken = unused.update(used=timezone.now()) == 1
    if taken:
        say(None, "factor.recovery", user, {"left": recovery_left(user)})
    return taken


def _fresh_codes(user: User) -> list[str]:
    texts = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, hash=_hash(text)) for text in texts)
    return ["-".join(text[start : start + 4] for start in range(0, 16, 4)) for text in texts]


def _hash(text: str) -> str:
    plain = "".join(text.lower().split()).replace("-", "")
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def _place(user: User) -> str:
    return f"{Totp._meta.db_table}/{user.pk}/secret"


def _columns(sealed: Sealed) -> dict[str, str | bytes]:
    return {
        "key_id": sealed.key_id,
        "wrapped_key": sealed.wrapped_key,
        "nonce": sealed.nonce,
        "ciphertext": sealed.ciphertext,
    }
