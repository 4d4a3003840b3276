import secrets
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from inventory.models import Host, Owner, Vm
from people.models import User
from people.services import token_issue


class Caller:
    """One person's API client: answers are (status, JSON)."""

    def __init__(self, token: str) -> None:
        self.client, self.headers = Client(), {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1{path}", headers=self.headers)
        return answer.status_code, answer.json()

    def post(self, path: str, body: Any = None, method: str = "post") -> tuple[int, Any]:
        send = getattr(self.client, method)
        answer = send(f"/api/v1{path}", body or {}, content_type="application/json", headers=self.headers)
        return answer.status_code, answer.json()


@pytest.fixture
def api(db) -> Callable[[User | None], Caller]:
    """`api(rosa).get("/changes")`; `api(None)` sends no token."""
    return lambda user: Caller(token_issue(user, secrets.token_hex(4))[1] if user else "")


@pytest.fixture
def app02(db) -> Host:
    return Host.objects.create(name="app02", address="192.0.2.2")


@pytest.fixture
def vm42(db) -> Vm:
    return Vm.objects.create(name="vm42", owner=Owner.objects.create(name="Payments"))
