"""The API's one door: /api/v1/, its OpenAPI document and its own documentation page."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api import (
    audit,
    bonds,
    changes,
    fetching,
    glass,
    inventory,
    kept,
    networking,
    notices,
    ownership,
    policies,
    problems,
    proof,
    readiness,
    reboot,
    recovery,
    risk,
    rollouts,
    windows,
)
from api.auth import Bearer
from api.document import Api, Objects
from api.once import once
from people.roles import Role

api = Api(
    title="Regroup",
    version="1",
    description="Change management for VM recovery and bonds. Every refusal is a problem document with a sentence.",
    auth=Bearer(Role.VIEWER),
    openapi_url="/openapi.json",
    docs_url="/docs",
    urls_namespace="api",
    parser=Objects(),
)
problems.install(api)
api.add_decorator(once, mode="view")
api.add_router("/changes", fetching.router)
api.add_router("/changes", recovery.router)  # first: /changes/recovery is no number
api.add_router("/changes", networking.router)
api.add_router("/changes", reboot.router)
api.add_router("/changes", proof.router)
api.add_router("/changes", changes.router)
api.add_router("/changes", windows.slots)
api.add_router("/changes", glass.router)
api.add_router("", glass.reviews)
api.add_router("/rollouts", rollouts.router)
api.add_router("/policies", policies.router)
api.add_router("/audit", audit.router)
api.add_router("/notices", notices.router)
api.add_router("/webhooks", notices.hooks)
api.add_router("/filters", kept.router)
api.add_router("", windows.router)
api.add_router("", bonds.router)
api.add_router("", readiness.router)
api.add_router("", risk.router)
api.add_router("", inventory.router)
api.add_router("", ownership.router)


def open_door(pattern: Any) -> None:
    """The token decides here, not the session: keep Django's sign-in redirect away. A wrong method is a problem too."""
    view = pattern.callback

    @wraps(view)
    def opened(request: HttpRequest, **words: Any) -> HttpResponseBase:
        if "\0" in request.path:
            return problems.problem(404, "There is nothing at this address: it has a zero byte in it.")
        response = view(request, **words)
        return problems.wrong_method(request, response["Allow"]) if response.status_code == 405 else response

    pattern.callback = login_not_required(opened)


urls = api.urls
for pattern in urls[0]:
    open_door(pattern)
