"""A token does what its scopes say, and never more than its person may."""

import pytest

from api.scopes import scope_wanted
from audit.models import Entry
from people.factors import factor_remove
from people.models import Token
from people.roles import Role
from people.scopes import ALL, Scope, read, written
from people.selectors import actor_of
from people.services import role_grant, token_issue
from tests.api.conftest import Caller
from tests.api.test_api_access import operations
from tests.people.factor import App

WANTED = {
    Scope.REQUEST: "/changes/recovery /changes/1/submit /changes/1/withdraw /rollouts /bonds/ask /changes/1/slot",
    Scope.APPROVE: "/changes/1/approve /changes/1/reject /changes/1/glass/decide /changes/1/glass/review",
    Scope.RUN: "/changes/1/run /changes/1/resume /changes/1/undo /rollouts/1/start /hosts/app02/trust /changes/1/glass",
    Scope.ADMINISTER: "/hosts /owners /vms /import /policies /owners/1/people /hosts/app02/merge /what/is/new",
}


def with_scopes(user, *scopes: Scope) -> Caller:
    return Caller(token_issue(user, "-".join(scopes), scopes=scopes)[1])


@pytest.mark.parametrize(("scope", "paths"), WANTED.items(), ids=WANTED)
def test_each_operation_wants_its_scope(scope, paths):
    assert {scope_wanted("POST", f"/api/v1{path}") for path in paths.split()} == {scope}


def test_a_host_that_is_called_like_an_act_is_edited_by_those_who_administer():
    assert {scope_wanted("PATCH", f"/api/v1/hosts/{name}") for name in ("run", "approve", "drop")} == {Scope.ADMINISTER}


@pytest.mark.parametrize(("method", "path"), list(operations()), ids=lambda value: str(value))
def test_a_token_that_reads_changes_nothing(ada, amir, olu, rosa, app02, vm42, method, path):
    for user in (ada, amir, olu, rosa):
        caller = with_scopes(user, Scope.READ)
        status, body = caller.get(path) if method == "get" else caller.post(path, method=method)
        if method != "get":
            assert status == 403 and "This token has the scopes read; this wants" in body["detail"]
        else:
            assert "This token" not in str(body)


@pytest.mark.parametrize("word", ["approve", "run"])
def test_approve_and_run_want_to_be_named(olu, amir, word):
    caller = with_scopes(amir if word == "approve" else olu, Scope.REQUEST, Scope.ADMINISTER)
    status, body = caller.post(f"/changes/1/{word}", {"digest": "x", "comment": ""})
    assert status == 403 and f"this wants {word}" in body["detail"]


def test_a_scope_gives_nobody_a_role(vera):
    assert with_scopes(vera, Scope.ADMINISTER).post("/owners", {"name": "Payments"})[0] == 403


def test_a_refusal_is_in_the_audit_without_the_token(olu):
    with_scopes(olu, Scope.READ).post("/changes/1/run")
    entry = Entry.objects.get(action="token.denied")
    assert entry.detail == {"name": "read", "prefix": Token.objects.get().prefix, "scope": "run"}


def test_reading_goes_with_each_scope():
    assert written([Scope.RUN]) == "read run" and read("read run nonsense") == {Scope.READ, Scope.RUN}


def test_tokens_from_before_have_what_they_had_in_effect():
    assert Token().scopes == ALL and Token().scope_set == set(Scope)


@pytest.fixture
def operators_have_one(settings):
    settings.SECOND_FACTOR_ROLES = frozenset({"operator"})


def test_a_token_without_the_factor_that_its_person_has_to_have_only_reads(olu, operators_have_one):
    caller = with_scopes(olu, Scope.RUN)
    status, body = caller.post("/rollouts/1/start")
    assert status == 403 and "Your roles want a second factor" in body["detail"]
    assert caller.get("/hosts")[0] == 200
    assert Entry.objects.get(action="token.denied").detail["missing"] == "second factor"


def test_a_token_made_before_its_person_got_such_a_role_acts_no_more(vera, operators_have_one):
    caller = with_scopes(vera, *Scope)
    assert "second factor" not in caller.post("/rollouts/1/start")[1]["detail"]
    role_grant(vera, Role.OPERATOR)
    assert "second factor" in caller.post("/rollouts/1/start")[1]["detail"]


def test_the_token_acts_while_there_is_a_factor_and_stops_with_it(olu, operators_have_one):
    caller, _ = with_scopes(olu, Scope.RUN), App(olu)
    assert caller.post("/rollouts/1/start")[0] == 404
    factor_remove(olu, by=actor_of(olu))
    assert caller.post("/rollouts/1/start")[0] == 403
