"""Peers' bug: a page, or a text that somebody types into one, reads a secret off the objects it is given."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from inventory.credentials import credential_create
from inventory.models import Credential
from people.models import Token
from people.roles import Role
from people.selectors import actor_of
from people.services import token_issue
from tests.conftest import a_person
from tests.rights import world as worlds
from tests.rights.declared import CALL_RULES, PAGE_RULES
from tests.rights.test_matrix import call_address, page_address
from tests.rights.test_nothing_leaks import read
from tests.test_house import PAGES

SECRET = "correct-horse-battery-staple"  # noqa: S105
READS_A_SECRET = re.compile(
    r"\{[{%][^}]*\.(ciphertext|wrapped_key|nonce|secret|password|session_key|key_file|session_data)\b"
    r"|\{[{%][^}]*\b(token|user|row|session)\.hash\b"
    r"|\{[{%]\s*(settings|environ)\b|SECRET_KEY"
)
"""What a template would have to write. A form's field of such a name is typed into and never filled."""

FORMS = {"form.password", "form.private_key", "form.key_file", "form.secret"}
NEVER_RUN = re.compile(r"\b(Template\(|from_string\(|Engine\()")


def test_no_template_names_a_column_that_holds_a_secret():
    found = []
    for path in Path("templates").rglob("*.html"):
        for hit in READS_A_SECRET.finditer(path.read_text()):
            if not any(form in hit[0] for form in FORMS):
                found.append(f"{path}: {hit[0]}")
    assert not found


def test_no_text_of_a_row_is_ever_read_as_a_template():
    ours = (path for app in settings.INSTALLED_APPS if Path(app).is_dir() for path in Path(app).rglob("*.py"))
    assert not [str(path) for path in ours if NEVER_RUN.search(path.read_text())]


@pytest.fixture
def ran(db) -> worlds.World:
    ran = worlds.make(ran=True)
    ada = actor_of(ran.people["ada"])
    ran.mine.host.credential = credential_create(
        "the login", Credential.Kind.PASSWORD, user="regroup", secret=SECRET, by=ada
    )
    ran.mine.host.save()
    ran.people["ada"].set_password(SECRET)
    ran.people["ada"].save()
    return ran


def secrets(client: Any, text: str) -> list[str]:
    """What may stand in no answer: the typed, the hashed, the keys, other people's sessions."""
    row = Token.objects.get()
    kept = [SECRET, settings.SECRET_KEY, text.removeprefix(f"rgp_{row.prefix}"), row.hash]
    kept += [session.session_key for session in Session.objects.all()] + [client.session.session_key]
    return kept


def test_whoever_may_open_everything_finds_no_secret_anywhere(ran, client):
    sue = a_person("sue", *Role)
    hashed = [ran.people["ada"].password, sue.password]
    _, text = token_issue(sue, "everything")
    client.force_login(sue)
    hidden = [*hashed, *secrets(client, text)]
    headers = {"Authorization": f"Bearer {text}"}
    found = []
    for path, pattern in PAGES:
        rule = PAGE_RULES[pattern.name or ""]
        if "GET" in rule.methods and rule.name not in ("change_events", "confirm"):
            address = page_address(path, pattern, rule, ran.mine)
            told = read(client.get(address))
            found += [address for each in hidden if each and each in told]
    for (method, _), call in CALL_RULES.items():
        if method == "GET":
            address = call_address(call, ran.mine)
            told = read(client.get(address, headers=headers))
            found += [address for each in hidden if each and each in told]
    assert not found
