"""A reboot from the command line, of a host that answers as the lab's did."""

from collections.abc import Callable

import pytest

from changes.models import Change
from changes.services import plan_store
from inventory.models import Host
from readiness.reboot.kind import KIND
from ssh.facts import SessionAsk
from tests.readiness.rebooting import Machine, Way
from tests.regroup import conftest


@pytest.fixture
def asked(scene, monkeypatch) -> Callable[[Machine], None]:
    """This is the one that a worker asks."""

    def asked(machine: Machine) -> None:
        def plan(number: int) -> None:
            change = Change.objects.get(pk=number)
            facts = KIND.gather(change.params, SessionAsk(Way(machine)))
            plan_store(change, KIND.plan(change.params, facts), facts)

        monkeypatch.setitem(conftest.WORK, "plan", plan)
        Host.objects.get_or_create(name=machine.name, defaults={"address": "app01.example"})

    return asked


REBOOT = ("--host", "app01", "--seconds", "15m", "--reason", "Up for 200 days.")


def test_a_reboot_is_planned_and_submitted(shell, asked, rosa):
    asked(Machine())
    said = shell(rosa, "request", *REBOOT, room="reboot")
    assert said.code == 0, said.err
    change = Change.objects.get(kind=KIND.key)
    assert change.params == {"host": "app01", "seconds": 900, "despite": False}
    assert f"reboot approve {change.pk} --digest" in said.out


def test_a_host_with_red_checks_is_refused_with_its_own_code(shell, asked, rosa):
    asked(Machine(well=False))
    said = shell(rosa, "plan", *REBOOT, room="reboot")
    assert said.code == 3
    assert "Red: Init and libc." in said.out
