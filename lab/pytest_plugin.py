"""Lab hosts for tests. Loaded by the project's top `conftest.py`, so any test may ask for them.

A test that uses one of these fixtures is marked `lab`; the top conftest keeps its module on one xdist worker,
so that two VMs live there at most.
Without QEMU such tests are skipped with the reason and counted aloud; with CI in the environment they fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from lab.bond_host import BondHost
from lab.bond_hosts import BOND_HOSTS
from lab.disks import Disk
from lab.errors import LabUnavailable
from lab.host import Host
from lab.hypervisor import LabHypervisor
from lab.image import build
from lab.instance import Lab
from lab.switch import Switch

PEER = "ping01"
SKIPPED = "lab not available: "


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what uses the lab; the top conftest says with which others it shares an xdist worker."""
    if "lab" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.lab)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud how many lab tests did not run, and why."""
    reasons = [
        report.longrepr[2].partition(SKIPPED)[2]
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and SKIPPED in report.longrepr[2]
    ]
    if reasons:
        line = f"{len(reasons)} LAB TESTS SKIPPED, nothing was proved on real hosts: {reasons[0]}"
        terminalreporter.write_line(line, red=True, bold=True)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab instance of this test session's own; built first where needed (minutes, once)."""
    try:
        built = build(lambda line: None)
    except LabUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the lab tests: {reason}")
        pytest.skip(f"{SKIPPED}{reason}")
    instance = Lab(tmp_path_factory.mktemp("lab"), built)
    yield instance
    instance.down()


@pytest.fixture(scope="session")
def hypervisor(lab: Lab) -> Iterator[LabHypervisor]:
    """hv01 for the whole test session (about a second); its domains are left to who makes them."""
    made = LabHypervisor(lab.build, lab.folder / LabHypervisor.name)
    try:
        made.start()
    except LabUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the lab tests: {reason}")
        pytest.skip(f"{SKIPPED}{reason}")
    yield made
    made.stop()


@pytest.fixture
def hv01(hypervisor: LabHypervisor) -> Iterator[LabHypervisor]:
    """The hypervisor without domains, and without them again after the test."""
    hypervisor.clear()
    yield hypervisor
    hypervisor.clear()


def _fresh(lab: Lab, name: str) -> Iterator[Host]:
    host = lab.host(name)
    host.stop()
    yield lab.start(name)
    host.stop()


@pytest.fixture
def app01(lab: Lab) -> Iterator[Host]:
    """The target host app01, thawed for this test alone (about 3 s)."""
    yield from _fresh(lab, "app01")


@pytest.fixture
def app02(lab: Lab) -> Iterator[Host]:
    """The target host app02, thawed for this test alone (about 3 s)."""
    yield from _fresh(lab, "app02")


@pytest.fixture(scope="module")
def module_app01(lab: Lab) -> Iterator[Host]:
    """app01 for a whole module, whose tests only look; not together with `app01`."""
    yield from _fresh(lab, "app01")


@pytest.fixture(scope="module")
def net_host(lab: Lab) -> Iterator[Callable[[str], BondHost]]:
    """Bond hosts for a whole module, by the key of their network manager: `net_host("networkd")`.

    Thawed when a test first asks for one (about 4 s; half a minute once on a machine), then the same again. At most
    two at a time: the one asked for first ends when a third comes.
    """
    started: dict[str, BondHost] = {}
    names = {host.manager: host.name for host in BOND_HOSTS if host.name != PEER}

    def give(manager: str) -> BondHost:
        if manager not in started:
            if len(started) == 2:
                started.pop(next(iter(started))).stop()
            host = lab.bond_host(names[manager])
            host.stop()
            started[manager] = lab.start_bond_host(host.name)
        return started[manager]

    yield give
    for host in started.values():
        host.stop()


@pytest.fixture(scope="module")
def peer(lab: Lab) -> Iterator[BondHost]:
    """ping01, on the same segment as the other bond hosts, for a whole module."""
    lab.bond_host(PEER).stop()
    host = lab.start_bond_host(PEER)
    yield host
    host.stop()


@pytest.fixture
def switch(lab: Lab) -> Iterator[Switch]:
    """The switches of the bond hosts that run; as at first again after the test."""
    yield lab.switch
    if lab.switch.running():
        lab.switch.reset()


def _fresh_disk(lab: Lab, name: str) -> Iterator[Disk]:
    disk = lab.disk(name, fresh=True)
    yield disk
    for host in lab.hosts():
        if host.running() and disk.serial in host.attached():
            host.detach(disk.serial)


@pytest.fixture
def vm42_disk(lab: Lab) -> Iterator[Disk]:
    """The lost VM's disk, untouched: group RootVG with root (ext4), var (xfs), swap. Attached nowhere."""
    yield from _fresh_disk(lab, "vm42")


@pytest.fixture
def db07_disk(lab: Lab) -> Iterator[Disk]:
    """Another machine's disk, group DataVG: the one nobody waits for. Attached nowhere."""
    yield from _fresh_disk(lab, "db07")
