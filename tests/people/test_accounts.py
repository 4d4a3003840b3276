"""Accounts are made with their roles, and nobody changes their own."""

import pytest
from django.core.exceptions import ValidationError

from audit.models import Entry
from people.models import User
from people.roles import Role
from people.selectors import actor_of, actors_with
from people.services import role_grant, role_revoke, user_create
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_an_account_has_the_roles_it_was_made_with(rosa):
    assert actor_of(rosa).roles == {Role.REQUESTER, Role.VIEWER}


def test_a_superuser_has_no_role(db):
    root = User.objects.create_superuser("root", password=PASSWORD)
    assert actor_of(root).roles == frozenset()


def test_a_name_is_given_once(rosa):
    with pytest.raises(ValidationError, match="already exists"):
        user_create("rosa", password=PASSWORD)


def test_a_weak_password_is_refused(db):
    with pytest.raises(ValidationError, match="too short"):
        user_create("zoe", password="short")
    assert not User.objects.filter(username="zoe").exists()


def test_granting_twice_is_said_once(rosa, ada):
    assert role_grant(rosa, Role.APPROVER, by=actor_of(ada))
    assert not role_grant(rosa, Role.APPROVER, by=actor_of(ada))
    assert Entry.objects.filter(action="role.grant", actor_name="ada").count() == 1


def test_a_revoked_role_is_gone(rosa, ada):
    assert role_revoke(rosa, Role.REQUESTER, by=actor_of(ada))
    assert actors_with(Role.REQUESTER) == []


def test_nobody_grants_a_role_to_themselves(ada):
    with pytest.raises(ValidationError, match="their own roles"):
        role_grant(ada, Role.APPROVER, by=actor_of(ada))
    assert actor_of(ada).roles == {Role.ADMINISTRATOR}


def test_a_decision_and_its_entry_stand_or_fall_together(rosa, ada, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the audit is out of reach")

    monkeypatch.setattr("inventory.people_audit.record", broken)
    with pytest.raises(RuntimeError):
        role_grant(rosa, Role.APPROVER, by=actor_of(ada))
    assert actor_of(rosa).roles == {Role.REQUESTER, Role.VIEWER}
