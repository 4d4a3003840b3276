"""The OpenAPI document against the API itself: Schemathesis asks every operation, as it says and as it does not.

What is asked is the same each time. `make chaos` asks for more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy

from people.services import token_issue
from tests.rights import world

QUIET = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A request ends in the transaction of its test, as those of Django's own client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def everything(db, one_connection, monkeypatch) -> world.World:
    """Hosts, changes that ran and drafts; nobody plans, and nobody is rung for."""
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._give", lambda *_, **__: None)
    return world.make(ran=True)


@pytest.fixture
def token(everything) -> str:
    """Of somebody who may do everything, so that little is refused at the door."""
    user = everything.people["ada"]
    user.groups.set(Group.objects.all())
    return token_issue(user, "script")[1]


def operations() -> Iterator[Any]:
    import schemathesis  # noqa: PLC0415  # a second, for whoever collects tests only

    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    for found in schema.get_all_operations():
        yield found.ok()


def cases(operation: Any, mode: Any, known: dict[str, Any], headers: dict[str, str]) -> SearchStrategy[Any]:
    """Of one operation; where its address has words, half of them with those of something that there is."""
    from schemathesis.generation.feedback import NO_FEEDBACK  # noqa: PLC0415

    anything = operation.as_strategy(mode, feedback=NO_FEEDBACK, headers=headers)
    words = {one.name: known[one.name] for one in operation.path_parameters if one.name in known}
    if not words:
        return anything
    there = operation.as_strategy(mode, feedback=NO_FEEDBACK, headers=headers, path_parameters=words)
    return strategies.one_of(there, anything)


def broken(operation: Any, told: SearchStrategy[Any], examples: int) -> list[str]:
    """What is not as the document says; each case leaves everything as it was."""
    from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance  # noqa: PLC0415

    # What a schema cannot say, such as that a host has to be known, is refused with a sentence all the same. The token
    # is given and not generated; who gets in with which is asked by tests/rights.
    @settings(QUIET, max_examples=examples)
    @given(told)
    def ask(case: Any) -> None:
        with transaction.atomic():
            case.call_and_validate(excluded_checks=[ignored_auth, positive_data_acceptance])
            transaction.set_rollback(True)

    try:
        ask()
    except Unsatisfiable:
        return []  # there is nothing in it that could be said wrongly
    except BaseExceptionGroup as error:
        return [f"{operation.label}: {one}" for one in error.exceptions]
    except Exception as error:
        return [f"{operation.label}: {type(error).__name__}: {error}"]
    return []


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
@pytest.mark.parametrize("examples", [3, pytest.param(50, marks=pytest.mark.chaos)])
def test_every_answer_is_as_the_document_says(everything, token, mode, examples):
    from schemathesis import GenerationMode  # noqa: PLC0415

    known = {
        "number": everything.mine.change.pk,
        "name": everything.mine.host.name,
        "pk": everything.mine.owner.pk,
        "switch": "ledger-switch",
    }
    headers = {"Authorization": f"Bearer {token}"}
    asked = list(operations())
    assert len(asked) > 50
    wrong = [
        sentence
        for one in asked
        for sentence in broken(one, cases(one, GenerationMode[mode], known, headers), examples)
    ]
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)
