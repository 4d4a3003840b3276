"""A browser whose person is signed in already, against pytest-django's live server."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

from people.models import User


def signed_in(browser: Browser, url: str, user: User, **more: Any) -> BrowserContext:
    """A context with that person's session; `more` as for `Browser.new_context`."""
    client = Client()
    _log_in(client, user)
    context = browser.new_context(**more)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
    return context


def _log_in(client: Client, user: User) -> None:
    """The server may still answer what another page asked for as it was closed: SQLite's tables are locked then."""
    end = time.monotonic() + 30
    while True:
        try:
            return client.force_login(user)
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.1)
