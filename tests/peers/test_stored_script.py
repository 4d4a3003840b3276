"""Peers' bug: a script stored in a host name, a step's log, an error or a help text, which runs for whoever looks.

Every text that a person or a host can put into a row is markup here. Each page is read as a browser would read it:
none of it has become an element or an attribute, nothing runs in the page itself, and the policy would not let it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import models
from django.test import Client

from audit.services import record
from changes.approval_rules import ONE_APPROVER
from changes.models import Approval, ApprovalRule, Change, Freeze, MaintenanceWindow, Rollout, Transition
from execution.models import Run, StepRun
from inventory.models import Host, HostFacts, HostKey, Owner, Vm
from networking.models import Bond, BondMove, HostNetwork, Nic
from people.models import User
from people.roles import Role
from people.services import token_issue
from tests.conftest import a_person
from tests.pages.scene import log
from tests.rights import world as worlds
from tests.rights.declared import PAGE_RULES
from tests.rights.test_matrix import page_address
from tests.test_house import PAGES

EVIL = "\"'><img src=x onerror=x>{{7|add:7}}"
TEXTS: dict[type[models.Model], tuple[str, ...]] = {
    Owner: ("name", "email", "phone", "deputy", "note"),
    Vm: ("name", "service", "tags", "site", "note", "confirmed_by", "disowned"),
    Host: ("name", "service", "tags", "site", "note", "rack", "pair", "confirmed_by", "disowned", "user"),
    HostKey: ("algorithm", "fingerprint"),
    HostNetwork: ("error",),
    Bond: ("sentence", "untold", "mode", "primary", "active"),
    BondMove: ("sentence",),
    Nic: ("driver", "bus", "switch", "switch_port", "permanent_address"),
    Change: ("title", "reason", "ticket"),
    Transition: ("reason",),
    Approval: ("comment",),
    ApprovalRule: ("name",),
    Rollout: ("title", "reason", "ticket", "sentence"),
    MaintenanceWindow: ("name",),
    Freeze: ("name", "reason"),
    Run: ("sentence", "wait_prompt"),
    StepRun: ("sentence",),
    User: ("display_name",),
}
JSON: dict[type[models.Model], dict[str, Any]] = {
    Bond: {"evidence": [EVIL], "addresses": [EVIL], "drift": [EVIL]},
    BondMove: {"what": {EVIL: [EVIL, EVIL]}},
    Change: {"refusal": [EVIL]},
    ApprovalRule: {"sites": [EVIL], "tags": [EVIL]},
    MaintenanceWindow: {"sites": [EVIL]},
}


class Reader(HTMLParser):
    """What of a page would run or show as an element although a text put it there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.found += [f"{tag} {name}" for name in known if name.startswith(("on", "hx-on")) or "<" in name]
        if known.get("src") == "x" or tag in ("iframe", "object", "embed"):
            self.found.append(f"<{tag}>")
        if tag == "script" and "src" not in known and known.get("type") != "application/json":
            self.found.append("an inline script")
        if "style" in known:
            self.found.append(f"a style of {tag}")
        for name in ("href", "action", "formaction", "src"):
            if (known.get(name) or "").strip().lower().startswith(("javascript:", "data:text")):
                self.found.append(f"{name} of {tag}")


@pytest.fixture
def ran(db: None, own_queue: None) -> worlds.World:
    """The world of tests/rights, with markup in every text."""
    ran = worlds.make(ran=True)
    change = ran.mine.change
    log(Run.objects.get(change=change), "copy", EVIL)
    Approval.objects.create(change=change, approver=ran.people["amir"], decision="approved", digest=change.digest)
    Transition.objects.create(change=change, old="draft", new="planned", actor=ran.people["rosa"])
    BondMove.objects.create(bond=ran.mine.bond, at=ran.mine.bond.since, state="ok")
    facts = {"recovery": json.loads(json.dumps(change.facts)), "other": {EVIL: EVIL}}
    HostFacts.objects.create(host=ran.mine.host, facts=facts, at=change.created_at, error=EVIL)
    for model, names in TEXTS.items():
        for row in model.objects.order_by("pk"):
            for name in names:
                setattr(row, name, worded(row, name))
            for name, value in JSON.get(model, {}).items():
                setattr(row, name, value)
            models.Model.save(row)
    _plan(change)
    record(EVIL, actor_name=EVIL, kind=EVIL, label=EVIL, detail={EVIL: EVIL})
    return worlds.World(ran.people, *(_fresh(side) for side in (ran.mine, ran.theirs)))


def worded(row: models.Model, name: str) -> str:
    """The markup, told apart by the row's number where it has to be, and as long as the column takes."""
    most = row._meta.get_field(name).max_length or 1000
    number = str(row.pk)
    return f"{EVIL[: most - len(number)]}{number}"


def _plan(change: Change) -> None:
    """The plan's own words; argv and files hold what was asked for and what the host said."""
    data = json.loads(change.plan_json)
    for step in data["steps"]:
        step["title"] = step["why"] = EVIL
    data["warnings"] = [EVIL]
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    Change.objects.filter(pk=change.pk).update(
        plan_json=text, digest=hashlib.sha256(text.encode()).hexdigest(), policy=ONE_APPROVER.to_json()
    )


def _fresh(side: worlds.Side) -> worlds.Side:
    for row in (side.owner, side.vm, side.host, side.key, side.bond, side.change, side.rollout):
        row.refresh_from_db()
    return side


@pytest.fixture
def sue(ran: worlds.World) -> Client:
    """Somebody who may open everything."""
    client = Client()
    user = a_person("sue", *Role)
    token_issue(user, EVIL)
    client.force_login(user)
    return client


def shown(client: Client, ran: worlds.World) -> Iterator[tuple[str, Any]]:
    for path, pattern in PAGES:
        rule = PAGE_RULES[pattern.name or ""]
        if rule.name in ("change_events", "confirm", "login", "logout"):
            continue
        address = page_address(path, pattern, rule, ran.mine)
        if "GET" in rule.methods:
            yield f"GET {address}", client.get(address)
        if set(rule.methods) == {"GET", "POST"}:  # a form: what was typed comes back, beside what is wrong with it
            form = dict.fromkeys(("name", "title", "host", "vm", "bond", "reason", "text", "username", "zone"), EVIL)
            yield f"POST {address}", client.post(address, form)


def test_no_text_becomes_markup_on_any_page(ran, sue):
    wrong, escaped = [], 0
    for what, answer in shown(sue, ran):
        if answer.status_code in (302, 404) or not answer["Content-Type"].startswith("text/html"):
            continue
        text = answer.content.decode()
        wrong += [f"{what}: {found}" for found in Reader(text).found]
        wrong += [f"{what}: a template ran"] if "onerror=x&gt;14" in text else []
        wrong += [f"{what}: {fault}" for fault in _lax(answer)]
        escaped += "&lt;img src=x" in text
    assert not wrong
    assert escaped > 50


def _lax(answer: Any) -> Iterator[str]:
    """What is wrong with the headers of a page."""
    policy = answer.headers.get("Content-Security-Policy", "")
    if "script-src 'self'" not in policy or "default-src 'none'" not in policy:
        yield f"policy {policy!r}"
    if "unsafe" in policy:
        yield "an unsafe policy"
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        yield "a type to guess"


ADDRESSES = (
    *("/hosts/{}/", "/vms/{}/", "/bonds/of/{}/bond0/", "/bonds/switches/{}/", "/{}"),
    *("/search?q={}", "/changes/?host={}", "/audit/?actor={}"),
)


def test_what_stands_in_an_address_is_text_too(client, ada):
    client.force_login(ada)
    for address in ADDRESSES:
        answer = client.get(address.format("<img src=x onerror=x>"))
        assert answer.status_code in (200, 404)
        assert not Reader(answer.content.decode()).found, address


def test_a_log_is_sent_as_text_and_its_lines_as_data(ran, sue):
    number = ran.mine.change.pk
    answer = sue.get(f"/changes/{number}/log.txt")
    assert answer["Content-Type"].startswith("text/plain") and answer["X-Content-Type-Options"] == "nosniff"
    assert EVIL in b"".join(answer.streaming_content).decode()
    assert sue.get(f"/changes/{number}/log/lines")["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("text", [f"<p>{EVIL}</p>", f'<a href="{EVIL}">', "<script>x</script>", '<b style="x">',
                                  '<a href=" JavaScript:x">', '<div hx-on:click="x">'])  # fmt: skip
def test_a_page_that_let_it_through_would_be_found(text):
    assert Reader(text).found
