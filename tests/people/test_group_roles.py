"""A directory's groups give roles, and nothing else."""

import pytest

from people.group_roles import parse, roles_of
from people.roles import Role


def test_groups_give_their_roles():
    mapping = parse("linux-ops=operator, linux-ops=viewer, cn=Change Board=approver")
    assert roles_of(["Linux-Ops"], mapping) == {Role.OPERATOR, Role.VIEWER}
    assert roles_of(["CN=change board", "others"], mapping) == {Role.APPROVER}


def test_no_mapping_gives_no_role():
    assert roles_of(["linux-ops"], parse("")) == frozenset()


@pytest.mark.parametrize("text", ["linux-ops", "=operator", "linux-ops=", "admins=superuser", "a=staff, b=viewer"])
def test_what_is_no_role_is_refused(text):
    with pytest.raises(ValueError, match="not a group, =, and one of the roles viewer"):
        parse(text)
