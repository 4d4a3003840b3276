"""A small site of components, served for a real browser; no database, the product's own templates and scripts."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from pytest_django.fixtures import Settings

from people.models import User
from tests.pages.scene import Scene

CONTEXT = ["django.template.context_processors.request", "django.contrib.messages.context_processors.messages"]
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]


class QuietRequestHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Requests of a test are not worth a line each."""


@pytest.fixture
def component_site(settings: Settings) -> Iterator[str]:
    """The address of tests/pages/component_urls.py, served under the product's content security policy."""
    settings.DEBUG = True
    settings.ROOT_URLCONF = "tests.pages.component_urls"
    settings.MIDDLEWARE = MIDDLEWARE
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    templates = settings.TEMPLATES[0]
    settings.TEMPLATES = [templates | {"OPTIONS": templates["OPTIONS"] | {"context_processors": CONTEXT}}]
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietRequestHandler)
    server.set_app(StaticFilesHandler(WSGIHandler()))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def scene(rosa: User, amir: User, olu: User) -> Scene:
    """Changes in every state; see tests/pages/scene.py."""
    return Scene(rosa, amir, olu)
