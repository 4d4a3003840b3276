"""A bond whose workers die while its commands run: the page is true each time."""

from __future__ import annotations

import pytest
from django.test import Client

from changes.states import State
from execution import services
from lab import BondHost
from tests.lab import test_bond_change as bonds
from tests.lab.striking import counted, killed, shown, until_over

pytestmark = pytest.mark.chaos


def test_workers_that_die_while_a_bond_is_made_and_taken_back_leave_it_whole(
    net_host, acts, started, olu, vera, client: Client
) -> None:
    client.force_login(vera)
    host: BondHost = net_host("networkd")
    before = bonds.network(host)
    change = started("bond", host, bonds.asked(host))
    for place in ("after-start", "before-exited"):
        acts[place, "apply"] = killed
    acts["after-start", "confirm"] = killed
    change = until_over(change)
    assert acts == {}
    assert change.state is State.SUCCEEDED, change.runs.get().sentence
    shown(client, change)
    bonds.bonded(host, "better")
    attempts = host.run("ls -d /var/lib/regroup/*/apply.*", sudo=True).split()
    assert len(attempts) == 1, attempts

    acts["after-start", "apply"] = killed
    services.run_undo(olu, change)
    change = until_over(change)
    assert acts == {}
    assert change.state is State.UNDONE, change.runs.get().sentence
    shown(client, change)
    assert bonds.network(host) == before
    counted("R1", 4)
