"""Roles include viewing and nothing else of one another."""

import pytest

from people.actor import Actor
from people.roles import Role, effective, known


@pytest.mark.parametrize("role", Role)
def test_every_role_may_view(role):
    assert Actor(1, "x", "X", frozenset({role})).may(Role.VIEWER)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.VIEWER])
def test_no_role_includes_another_right_to_decide(role):
    assert effective({role}) == {role, Role.VIEWER}


def test_somebody_without_roles_may_nothing():
    assert not Actor(1, "mallory", "Mallory").may(*Role)


def test_somebody_who_left_may_nothing():
    assert not Actor(1, "rosa", "Rosa", frozenset(Role), active=False).may(*Role)


def test_groups_of_other_names_are_no_roles():
    assert known({"approver", "root", "staff"}) == {Role.APPROVER}
