"""{nobody, each role} × {theirs, another owner's} × every address and method: what is declared is what happens.

One test asks everything as one person, in one world; each request is taken back before the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import connection, connections, transaction
from django.http import Http404, HttpResponseNotFound
from django.test import Client, RequestFactory
from django.urls import URLPattern, resolve

from api.urls import api
from changes.models import ApprovalRule, Freeze, MaintenanceWindow
from inventory.confirming import link_token
from notices.models import Delivery, Webhook
from people.models import KeptFilter, User
from people.roles import Role, effective
from people.selectors import actor_of
from people.services import token_issue
from tests.rights import world as worlds
from tests.rights.declared import CALL_RULES, PAGE_RULES, Rule
from tests.test_house import PAGES

STREAMS = {"change_events"}
SHARED = ("rule", "window", "freeze", "webhook", "kept")
NOBODYS = ("-", "person", "token", *SHARED)
"""What an address may be about that is of no owner."""
EVERY = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANSWERED = {200, 201, 202, 302, 409, 410, 422, 503}
"""What somebody gets who may: the thing, or a sentence about the state it is in or about what was sent."""

DOCUMENT: dict[str, Any] = api.get_openapi_schema()
SCHEMAS, PATHS = DOCUMENT["components"]["schemas"], DOCUMENT["paths"]


def places(rule: Rule, side: worlds.Side) -> dict[str, Any]:
    """What stands in an address about this, by the names of its parts."""
    token = link_token(side.asking)
    drafts = {
        "recovery": "recovery",
        "handback": "handback",
        "fetch": "fetch",
        "bond change": "bond",
        "drill": "drill",
        "reboot": "reboot",
        "proof": "proof",
    }
    if rule.about in drafts:
        return {"number": side.drafts[drafts[rule.about]].pk}
    known: dict[str, dict[str, Any]] = {
        "change": {"number": side.change.pk, "action": "approve"},
        "glass": {"number": side.change.pk, "action": "grant"},
        "rollout": {"number": side.rollout.pk, "action": "withdraw"},
        "host": {"name": side.host.name, "host": side.host.name},
        "key": {"name": side.host.name, "pk": side.key.pk},
        "bond": {"host": side.host.name, "name": "bond0"},
        "cell": {"pk": side.bond.pk},
        "switch": {"name": f"{side.word}-switch", "switch": f"{side.word}-switch"},
        "vm": {"name": side.vm.name},
        "owner": {"pk": side.owner.pk, "member": side.member.pk},
        "asking": {"token": token},
        "person": {"username": "vera"},
        "token": {"pk": 10_000},
        "rule": {"pk": ApprovalRule.objects.order_by("pk")[0].pk},
        "window": {"pk": MaintenanceWindow.objects.get().pk},
        "freeze": {"pk": Freeze.objects.get().pk},
        "kept": {"pk": KeptFilter.objects.get().pk},
        "webhook": {"pk": Webhook.objects.get().pk, "delivery": Delivery.objects.order_by("pk")[0].pk},
    }
    found = known.get(rule.about, {})
    return found | {"number": found["pk"]} if rule.about in SHARED else found


def page_address(path: str, pattern: URLPattern, rule: Rule, side: worlds.Side) -> str:
    known = places(rule, side)
    for name, converter in getattr(pattern.pattern, "converters", {}).items():
        start = path.index("<")
        path = f"{path[:start]}{converter.to_url(known[name])}{path[path.index('>') + 1 :]}"
    return f"/{path}" + (f"?host={side.host.name}" if rule.about == "host named" else "")


def call_address(rule: Rule, side: worlds.Side) -> str:
    words = f"?host={side.host.name}" if rule.name.endswith("/copies") else ""
    return f"/api/v1{rule.name.format(**places(rule, side))}{words}"


def body(rule: Rule) -> Any:
    """The least that the operation's schema takes."""
    operation = PATHS[f"/api/v1{rule.name}"][rule.methods[0].lower()]
    if "requestBody" not in operation:
        return {}
    return _least(operation["requestBody"]["content"]["application/json"]["schema"])


def _least(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: _least(schema["properties"][name]) for name in schema.get("required", ())}
    plain = {"integer": 1, "boolean": True, "array": [], "number": 1}
    return plain.get(kind or "", "2026-11-26T12:00:00Z" if schema.get("format") == "date-time" else "word")


def expected(rule: Rule, user: User | None, whose: str, *, page: bool) -> set[int]:
    if rule.anyone:
        return ANSWERED | ({404} if rule.decided else set())
    if user is None:
        return {302} if page else {401}
    actor = actor_of(user)
    if rule.roles and effective(actor.roles).isdisjoint(rule.roles):
        return {403}
    own = actor.roles == {Role.REQUESTER}
    if rule.whole and own:
        return {403}
    if own and whose == "theirs" and rule.about not in NOBODYS:
        return {404}
    if rule.decided and rule.about in ("-", "token", "kept") or rule.name.endswith("merge"):
        return ANSWERED | {403, 404}  # what is sent, or switched on, decides whether it is there
    return ANSWERED | ({403} if rule.decided else set())


class Asking:
    """One person at both doors."""

    def __init__(self, user: User | None) -> None:
        self.user = user
        self.client = Client()
        self.headers: dict[str, str] = {}
        self.cookies: dict[str, Any] = {}
        if user:
            self.client.force_login(user)
            self.cookies = dict(self.client.cookies)
            self.headers = {"Authorization": f"Bearer {token_issue(user, 'matrix', by=actor_of(user))[1]}"}

    def page(self, method: str, address: str, name: str) -> Any:
        if name in STREAMS:
            return self._stream(method, address)
        self.client.cookies = SimpleCookie(self.cookies)  # who signed out is back
        return self.client.generic(method, address, b"", "application/x-www-form-urlencoded")

    def call(self, method: str, address: str, words: Any) -> Any:
        send = getattr(Client(), method.lower())
        if method == "GET":
            return send(address, headers=self.headers)
        return send(address, words, content_type="application/json", headers=self.headers)

    def _stream(self, method: str, address: str) -> Any:
        """The view alone, in a loop whose thread for the database is lent this test's connection.

        Whole, the server would make a page of a 404 in a thread of its own, with another connection.
        """
        request = RequestFactory().generic(method, address)
        request.user = self.user or AnonymousUser()
        request.session = self.client.session
        view, _, words = resolve(address)

        def lend() -> None:
            connections["default"] = connection_of_test

        def take_back() -> None:
            del connections["default"]

        async def opened() -> Any:
            await sync_to_async(lend)()
            try:
                return await view(request, **words)
            except Http404:
                return HttpResponseNotFound()
            finally:
                await sync_to_async(take_back)()

        connection_of_test = connections["default"]
        connection.inc_thread_sharing()
        try:
            with ThreadPoolExecutor(1) as thread:  # browser tests leave a loop running in the main one
                return thread.submit(lambda: asyncio.run(opened())).result()
        finally:
            connection.dec_thread_sharing()


def wrong(asking: Asking, world: worlds.World) -> Iterator[str]:
    """What is not as declared, each in a line."""
    for path, pattern in PAGES:
        rule = PAGE_RULES[pattern.name or ""]
        for whose in sides(rule, asking.user):
            for method in rule.methods:
                address = page_address(path, pattern, rule, world.side(whose))
                yield from told(lambda a=address, m=method, n=rule.name: asking.page(m, a, n), f"{method} {address}",
                                expected(rule, asking.user, whose, page=True))  # fmt: skip
    for (method, _), rule in CALL_RULES.items():
        words = body(rule)
        for whose in sides(rule, asking.user):
            address = call_address(rule, world.side(whose))
            yield from told(lambda a=address, m=method, w=words: asking.call(m, a, w), f"{method} {address}",
                            expected(rule, asking.user, whose, page=False))  # fmt: skip


def sides(rule: Rule, user: User | None) -> tuple[str, ...]:
    """Whose things to ask for; nobody and who has no role gets the same of either."""
    both = rule.about not in NOBODYS and user is not None and user.username != "mallory"
    return ("mine", "theirs") if both else ("theirs",)


def told(ask: Any, what: str, wanted: set[int]) -> Iterator[str]:
    try:
        with transaction.atomic():
            status = ask().status_code
            transaction.set_rollback(True)
    except Exception as error:  # whatever it is, it is no answer
        yield f"{what}: {error!r}"
        return
    if status not in wanted:
        yield f"{what}: {status}, not {sorted(wanted)}"


@pytest.fixture
def ran(db: None, own_queue: None, monkeypatch: pytest.MonkeyPatch) -> worlds.World:
    """Nobody plans here, and nobody waits for it."""
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    return worlds.make(ran=True)


@pytest.mark.parametrize("who", [None, "mallory", "vera", "mina", "rosa", "amir", "olu", "ada"])
def test_what_is_declared_is_what_happens(ran, who):
    asking = Asking(ran.people[who] if who else None)
    found = list(wrong(asking, ran))
    assert not found, "\n".join(found)


def test_every_other_method_is_refused(ran):
    asking, found = Asking(ran.people["ada"]), []
    for path, pattern in PAGES:
        rule = PAGE_RULES[pattern.name or ""]
        address = page_address(path, pattern, rule, ran.mine)
        for method in set(EVERY) - set(rule.methods):
            found += told(lambda a=address, m=method, n=rule.name: asking.page(m, a, n), f"{method} {address}", {405})
    for name in {rule.name for rule in CALL_RULES.values()}:
        rules = [rule for rule in CALL_RULES.values() if rule.name == name]
        address = call_address(rules[0], ran.mine)
        for method in set(EVERY) - {rule.methods[0] for rule in rules}:
            found += told(lambda a=address, m=method: asking.call(m, a, {}), f"{method} {address}", {405})
    assert not found, "\n".join(found)
