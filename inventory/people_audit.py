"""Carries what the people floor decides, and who signed in, into the audit.

People and audit are siblings; this floor stands on both.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from audit.services import SYSTEM, record
from people.actor import Actor
from people.models import User
from people.signals import decided


def connect() -> None:
    """Called once by the app's ready()."""
    decided.connect(write_decision, dispatch_uid="audit")
    user_logged_in.connect(write_sign_in, dispatch_uid="audit")
    user_logged_out.connect(write_sign_out, dispatch_uid="audit")
    user_login_failed.connect(write_refusal, dispatch_uid="audit")


def write_decision(*, actor: Actor | None, action: str, user: User, detail: dict[str, Any], **_: Any) -> None:
    record(
        action,
        actor_id=actor.id if actor else None,
        actor_name=actor.username if actor else SYSTEM,
        kind="user",
        object_id=user.pk,
        label=user.username,
        detail=detail,
    )


def write_sign_in(*, request: HttpRequest | None, user: User, **_: Any) -> None:
    _about("session.open", user, request)


def write_sign_out(*, request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if user:
        _about("session.close", user, request)


def write_refusal(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Names the account only if there is one: people type passwords into the wrong field."""
    user = User.objects.filter(username=credentials.get("username") or "").first()
    if user:
        _about("session.refuse", user, request)


def _about(action: str, user: User, request: HttpRequest | None) -> None:
    record(
        action,
        actor_id=user.pk,
        actor_name=user.username,
        kind="user",
        object_id=user.pk,
        label=user.username,
        ip=request.META.get("REMOTE_ADDR") or None if request else None,
    )
