"""The API's one door: /api/v1/, its OpenAPI document and its own documentation page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from ninja import NinjaAPI

from api import audit, bonds, changes, inventory, networking, problems, recovery, rollouts
from api.auth import Bearer
from people.roles import Role

api = NinjaAPI(
    title="Regroup",
    version="1",
    description="Change management for VM recovery and bonds. Every refusal is a problem document with a sentence.",
    auth=Bearer(Role.VIEWER),
    openapi_url="/openapi.json",
    docs_url="/docs",
    urls_namespace="api",
)
problems.install(api)
api.add_router("/changes", recovery.router)  # first: /changes/recovery is no number
api.add_router("/changes", networking.router)
api.add_router("/changes", changes.router)
api.add_router("/rollouts", rollouts.router)
api.add_router("/audit", audit.router)
api.add_router("", bonds.router)
api.add_router("", inventory.router)


def exempt(patterns: list) -> None:  # type: ignore[type-arg]  # Django's URL patterns have no public type
    """The token decides here, not the session: keep Django's sign-in redirect away."""
    for pattern in patterns:
        login_not_required(pattern.callback)


urls = api.urls
exempt(urls[0])
