"""A browser whose person is signed in already, against pytest-django's live server."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

from people.models import User


def signed_in(browser: Browser, url: str, user: User, **more: Any) -> BrowserContext:
    """A context with that person's session; `more` as for `Browser.new_context`."""
    client = Client()
    client.force_login(user)
    context = browser.new_context(**more)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
    return context
