"""Security keys beside the authenticator app (WebAuthn): a touch instead of a code. py_webauthn verifies.

A challenge lives in the session and is taken once. A key is bound to the host name of `REGROUP_URL`; browsers want
that to be a name, and HTTPS or this very machine.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import webauthn
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor

from people.actor import Actor
from people.factors import FactorRefused, enrolled
from people.models import SecurityKey, User
from people.signals import say

CREATE, GET = "key_create", "key_get"
MOST = 10


def offered() -> bool:
    """Whether browsers would use a key at the address that this Regroup has."""
    parts = urlsplit(settings.OWN_URL)
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return parts.scheme == "https" or parts.hostname == "localhost"
    return False


def key_begin(request: HttpRequest, user: User) -> str:
    """What the browser is to ask a new key, as JSON; empty where no key can be added."""
    if not offered() or not enrolled(user):
        return ""
    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name="Regroup",
        user_id=f"user-{user.pk}".encode(),
        user_name=user.username,
        user_display_name=user.display,
        exclude_credentials=_known(user),
    )
    request.session[CREATE] = bytes_to_base64url(options.challenge)
    return webauthn.options_to_json(options)


@transaction.atomic
def key_add(request: HttpRequest, user: User, name: str, answer: str, *, by: Actor) -> SecurityKey:
    """Keep a key that has answered. Raises ValidationError."""
    challenge = request.session.pop(CREATE, "")
    if not challenge or not enrolled(user) or user.security_keys.count() >= MOST:
        raise ValidationError("Nothing waits for a key here. Load the page again and add it once more.")
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(),
            expected_origin=settings.OWN_URL,
        )
        row = SecurityKey(
            user=user,
            name=name.strip()[:80] or "Security key",
            credential_id=bytes_to_base64url(found.credential_id),
            public_key=found.credential_public_key,
            sign_count=found.sign_count,
        )
        with transaction.atomic():
            row.save()
    except (WebAuthnException, ValueError, IntegrityError):
        raise ValidationError("This answer of the key does not hold, or it is known already. Add it again.") from None
    say(by, "factor.key_add", user, {"name": row.name})
    return row


def key_options(request: HttpRequest, user: User) -> str:
    """What the browser is to ask one of the person's keys, as JSON; empty where they have none."""
    known = _known(user) if offered() else []
    if not known:
        return ""
    options = webauthn.generate_authentication_options(rp_id=_host(), allow_credentials=known)
    request.session[GET] = bytes_to_base64url(options.challenge)
    return webauthn.options_to_json(options)


@transaction.atomic
def key_check(request: HttpRequest, user: User, answer: str) -> str:
    """Take the answer of a key, once. Raises FactorRefused."""
    refused = FactorRefused("The key's answer does not hold. Touch it once more, or use a code.")
    challenge = request.session.pop(GET, "")
    try:
        credential = webauthn.helpers.parse_authentication_credential_json(answer)
        row = SecurityKey.objects.select_for_update().get(
            user=user, credential_id=bytes_to_base64url(credential.raw_id)
        )
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(),
            expected_origin=settings.OWN_URL,
            credential_public_key=bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
        )
    except (WebAuthnException, ValueError, SecurityKey.DoesNotExist):
        raise refused from None
    SecurityKey.objects.filter(pk=row.pk).update(sign_count=found.new_sign_count, last_used=timezone.now())
    return "security key"


@transaction.atomic
def key_remove(user: User, pk: int, *, by: Actor) -> bool:
    """Whether there was such a key of this person."""
    row = SecurityKey.objects.filter(user=user, pk=pk).first()
    if row:
        row.delete()
        say(by, "factor.key_remove", user, {"name": row.name})
    return row is not None


def _known(user: User) -> list[PublicKeyCredentialDescriptor]:
    ids = user.security_keys.values_list("credential_id", flat=True)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in ids]


def _host() -> str:
    return urlsplit(settings.OWN_URL).hostname or ""
