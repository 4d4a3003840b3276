"""A bond and a drill from the command line, on a host whose network is known."""

import pytest

from changes.models import Change
from changes.services import plan_store
from inventory.models import Host
from networking.kind import KIND
from tests.networking.plans import host
from tests.regroup import conftest


@pytest.fixture
def web01(scene, monkeypatch) -> Host:
    """A worker answers for it as `tests.networking.plans` has it."""

    def plan(number: int) -> None:
        change = Change.objects.get(pk=number)
        facts = host().to_json()
        plan_store(change, change.the_kind.plan(change.params, facts), facts)

    monkeypatch.setitem(conftest.WORK, "plan", plan)
    return Host.objects.create(name="web01", address="web01.example")


BOND = ("--host", "web01", "--name", "bond0", "--port", "eth0", "--port", "eth1", "--primary", "eth1", "--reason", "-")


def test_a_bond_is_planned_and_shown_with_its_files(shell, web01, rosa):
    said = shell(rosa, "plan", *BOND, "--option", "primary_reselect=better", "--seconds", "2m", room="bond")
    assert said.code == 0, said.err
    assert "10-bond0.netdev" in said.out
    assert "goes back by itself" in said.out
    change = Change.objects.get(kind=KIND.key)
    assert (change.params["seconds"], change.params["options"]["primary"]) == (120, "eth1")
    assert f"bond submit {change.pk}" in said.out


def test_a_refused_bond_ends_with_its_own_code(shell, web01, rosa):
    said = shell(rosa, "plan", *BOND[:-4], "--primary", "eth7", "--reason", "-", room="bond")
    assert said.code == 3
    assert "is to be the primary" in said.err


def test_addresses_may_be_given(shell, web01, rosa):
    shell(rosa, "plan", *BOND, "--address", "10.0.2.9/24", "--gateway", "10.0.2.2", room="bond")
    assert Change.objects.get(kind=KIND.key).params["addressing"]["addresses"] == ["10.0.2.9/24"]


def test_an_option_that_is_none_is_a_wrong_command_line(shell, web01, rosa):
    said = shell(rosa, "plan", *BOND, "--option", "miimon", room="bond")
    assert (said.code, "is not NAME=VALUE" in said.err) == (2, True)


def test_a_drill_of_a_bond_that_is_not_there_is_refused(shell, web01, rosa):
    said = shell(rosa, "plan", "--host", "web01", "--bond", "bond0", "--reason", "-", room="drill")
    assert said.code == 3
    assert "There is no bond bond0 on web01." in said.out
