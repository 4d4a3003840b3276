"""Sessions in a table of ours, so that a person can see and end theirs: `SESSION_ENGINE`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession

from people.models import Session

ABOUT = "signed_in"
"""In a session: when, from where and with what somebody signed in (people.sessions)."""


class SessionStore(DatabaseStore):
    """Django's own, with the columns that are told from what is in it."""

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        about, user = data.get(ABOUT) or {}, data.get(SESSION_KEY)
        return Session(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]  # the stubs lack it
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=int(user) if user else None,
            since=datetime.fromisoformat(about["since"]) if about else None,
            ip=about.get("ip"),
            browser=about.get("browser", ""),
        )
