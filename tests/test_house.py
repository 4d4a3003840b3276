"""The house keeps its own rules: every address has a declared policy, every kind its room and its paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from api.urls import api
from changes.kinds import kinds
from changes.states import HOLDS_HOST, TRANSITIONS
from tests.rights.declared import CALL_RULES, OPEN_CALLS, PAGE_RULES

DOCS = Path("docs")
OURS = (
    "api",
    "audit",
    "changes",
    "config",
    "evidence",
    "execution",
    "hypervisors",
    "inventory",
    "networking",
    "notices",
    "pages",
    "people",
    "readiness",
    "recovery",
    "regroup",
)


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path)
        else:
            yield path, pattern


PAGES = [(path, pattern) for path, pattern in addresses(get_resolver()) if not path.startswith("api/")]


@pytest.mark.parametrize(("path", "pattern"), PAGES, ids=[path or "/" for path, _ in PAGES])
def test_every_page_has_a_declared_policy(path, pattern):
    assert getattr(pattern.callback, "policy", None), f"/{path} declares no policy (people.access)"


@pytest.mark.parametrize(("path", "pattern"), PAGES, ids=[path or "/" for path, _ in PAGES])
def test_every_page_stands_in_the_matrix_of_rights_as_its_view_declares_it(path, pattern):
    """A new address wants a row in tests/rights/declared.py; test_matrix.py there asks it as everybody."""
    rule, policy = PAGE_RULES[pattern.name], pattern.callback.policy
    assert set(rule.methods) == set(policy.methods) - {"HEAD"}
    assert (rule.roles, rule.anyone, rule.whole) == (set(policy.roles), policy.anonymous, policy.whole)


def test_every_call_of_the_api_stands_in_the_matrix_of_rights():
    calls = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }
    assert calls == set(CALL_RULES)
    routes = {(path, pattern.name) for path, pattern in addresses(get_resolver()) if path.startswith("api/")}
    named = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) for path, name in routes if name not in OPEN_CALLS}
    assert named == {f"api/v1{path}" for _, path in CALL_RULES}


@pytest.mark.parametrize(("path", "pattern"), PAGES, ids=[path or "/" for path, _ in PAGES])
def test_every_page_has_a_name(path, pattern):
    assert pattern.name


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.key)
def test_every_kind_has_a_form_and_a_paragraph(kind):
    names = {pattern.name for _, pattern in PAGES}
    assert f"{kind.key}_new" in names
    assert (DOCS / f"{kind.key}.md").exists()


def test_there_is_a_kind():
    assert kinds()


def test_a_change_that_holds_its_host_is_never_at_a_dead_end():
    assert all(TRANSITIONS[state] for state in HOLDS_HOST)


@pytest.mark.parametrize("name", OURS)
def test_every_app_says_what_it_is_for(name):
    """A module without a docstring is a room without a door plate."""
    for path in Path(name).rglob("*.py"):
        if "migrations" in path.parts or not path.read_text().strip() or path.name == "apps.py":
            continue
        assert path.read_text().lstrip().startswith(('"""', "#!")), path


def test_a_page_whose_table_stacks_on_a_phone_has_the_style_for_it():
    pages = {path: path.read_text() for path in Path("templates").rglob("*.html")}
    stacking = {path for path, text in pages.items() if "extends" in text[:40] and "table stacks" in text}
    assert stacking
    assert not [path.name for path in stacking if "_styles.html" not in pages[path]]
