"""A few hosts with bonds: as values that the sweep hears, or as SSH servers on loopback that it asks."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from config import fleet as simulated
from inventory.models import Host
from lab.fleet.questions import QUESTIONS
from lab.fleet.server import FleetServer
from lab.fleet.telling import files, full
from lab.fleet.world import SimHost, World
from networking.drift import Drift, drift_of
from networking.facts.nics import AskBonds
from networking.facts.setup import AskSetup
from networking.facts.values import Bonds
from networking.models import HostNetwork
from networking.recording import Heard, record
from networking.sweep import Fleet
from ssh.session import Result

OWNER = "a sweep"


def answer(host: SimHost) -> Bonds:
    """What Regroup understands of the host's answer."""
    return AskBonds().parse(Result(0, full(host).encode(), b""))


def compared(host: SimHost) -> Drift:
    """Its bonds against its files, as the sweep finds them."""
    return drift_of(answer(host), AskSetup().parse(Result(0, files(host).encode(), b"")))


class Telling:
    """Tells Regroup what a host says, at a time of one's choice; each call a minute after the last."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.get_default_timezone())

    def __call__(
        self, host: Host, told: SimHost | str | None, after: timedelta = timedelta(minutes=1), files: bool = True
    ) -> int:
        """`told` is a host's state, the sentence of a failure, or None for the same answer as before.

        files  whether its configuration was read too
        """
        self.now += after
        HostNetwork.objects.update_or_create(host=host, defaults={"lease_owner": OWNER})
        heard = Heard(host.pk)
        if isinstance(told, str):
            heard = Heard(host.pk, error=told)
        elif told is not None:
            heard = Heard(host.pk, answer(told), "digest", drift=compared(told) if files else None)
        return record([heard], OWNER, self.now)

    def all(self, told: dict[Host, SimHost]) -> None:
        """Many hosts in one batch."""
        HostNetwork.objects.bulk_create([HostNetwork(host=host, lease_owner=OWNER) for host in told])
        record([Heard(host.pk, answer(one), "digest") for host, one in told.items()], OWNER, self.now)


@pytest.fixture
def tell(db: Any) -> Telling:
    return Telling()


@pytest.fixture
def well() -> SimHost:
    """A host whose 10 Gb/s port carries the traffic and whose 1 Gb/s port stands by."""
    return next(host for host in World(50).hosts if not host.fault and host.ports[1].nominal == 1000 and host.lldp)


@pytest.fixture
def broken(well: SimHost) -> Callable[[str], SimHost]:
    """The same host with one of the faults of `lab.fleet.world`."""
    return lambda fault: World(1)._broken(well, fault, World(1)._stirred)


@pytest.fixture
def app02(db: Any) -> Host:
    return Host.objects.create(name="app02", address="192.0.2.7", site="fra", rack="r1")


@pytest.fixture
def fleet(settings: Any) -> Iterator[Fleet]:
    """Asks hosts, with short patience."""
    settings.FLEET_SECONDS = 60
    one = Fleet(hands=4, per_jump=2, keep=50, patience=1.0)
    yield one
    one.pool.close()


@pytest.fixture
def simulate(db: Any) -> Iterator[Callable[..., FleetServer]]:
    """Starts simulated hosts in this process and puts them into the inventory; gives their server."""
    with ExitStack() as open_until_the_end:

        def start(count: int, seed: int = 1) -> FleetServer:
            client, world = simulated.credential(), World(count, seed)
            with socket.create_server((world.hosts[0].address, 0)) as probe:
                port = probe.getsockname()[1]
            simulated.load(count, seed, client, port=port)
            return open_until_the_end.enter_context(FleetServer(world, QUESTIONS, client.public_key, port=port))

        yield start
