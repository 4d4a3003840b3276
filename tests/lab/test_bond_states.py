"""Each state that a bond can be in, brought about on a real host, and on the Bonds page after one sweep.

The bond is on app01's spare ports, so that it can be down altogether.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from config.demo import load_host
from lab import Host, Lab
from networking import sweep
from networking.bonding.states import HEALTH_LABELS
from networking.bonding.states import HealthState as S
from networking.models import HostNetwork
from people.selectors import actor_of

pytestmark = pytest.mark.django_db

MADE = """
cd /etc/systemd/network
printf '[NetDev]\\nName=bond0\\nKind=bond\\n[Bond]\\nMode=active-backup\\nMIIMonitorSec=100ms\\n' >10-bond0.netdev
echo PrimaryReselectPolicy=better >>10-bond0.netdev
printf '[Match]\\nName=bond0\\n[Network]\\nLinkLocalAddressing=no\\n' >10-bond0.network
printf '[Match]\\nName=eth0\\n[Network]\\nBond=bond0\\nPrimarySlave=true\\n' >05-bond0-eth0.network
printf '[Match]\\nName=eth1\\n[Network]\\nBond=bond0\\n' >05-bond0-eth1.network
ip link set eth0 down; ip link set eth1 down
networkctl reload
"""
AS_MADE = """
ip link del dum0 2>/dev/null
cd /sys/class/net/bond0/bonding
echo 100 >miimon; echo better >primary_reselect; echo eth0 >primary
"""
OPTIONS = "/sys/class/net/bond0/bonding"
PORT_SAYS = "sed -n '/Interface: {}/,/^$/p' /proc/net/bonding/bond0 | grep -o 'MII Status: .*'"


def until(host: Host, command: str, wanted: str) -> None:
    """Wait until the command prints that."""
    end = time.monotonic() + 60
    while (said := host.run(command, sudo=True, check=False).strip()) != wanted:
        assert time.monotonic() < end, said
        time.sleep(0.3)


def carries(host: Host, port: str) -> None:
    until(host, f"cat {OPTIONS}/active_slave", port)


def link(host: Host, port: str, up: bool) -> None:
    host.set_link(port, up=up)
    until(host, f"cat /sys/class/net/{port}/carrier", "1" if up else "0")


def pulled(port: str, then: str) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        link(host, port, up=False)
        carries(host, then)

    return act


def plugged(port: str) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        host.set_link(port, up=True)
        until(host, PORT_SAYS.format(port), "MII Status: up")

    return act


def down(host: Host) -> None:
    for port in ("eth0", "eth1"):
        link(host, port, up=False)
    carries(host, "")


def degraded(host: Host) -> None:
    host.run("ethtool -s eth0 speed 100 duplex full", sudo=True)


def held(host: Host) -> None:
    host.run(f"echo failure >{OPTIONS}/primary_reselect", sudo=True)
    pulled("eth0", "eth1")(host)
    plugged("eth0")(host)


def flapping(host: Host) -> None:
    for _ in range(3):
        pulled("eth1", "eth0")(host)
        plugged("eth1")(host)


def sysfs(option: str, value: str) -> Callable[[Host], None]:
    return lambda host: host.run(f"echo {value} >{OPTIONS}/{option}", sudo=True) and None


def a_port_without_speed(host: Host) -> None:
    """A third port whose driver tells none, as virtio does where nobody set it."""
    host.run("ip link add dum0 type dummy; ip link set dum0 down; ip link set dum0 master bond0", sudo=True)
    until(host, PORT_SAYS.format("dum0"), "MII Status: up")


def out_of_reach(host: Host) -> None:
    host.set_link("eth2", up=False)
    time.sleep(1.1)  # what is shown grows older than a second


WAYS: dict[S, Callable[[Host], object]] = {
    S.OK: lambda host: None,
    S.DOWN: down,
    S.NO_MONITOR: sysfs("miimon", "0"),
    S.DEGRADED_IN_PLACE: degraded,
    S.HELD: held,
    S.FAILED_OVER: pulled("eth0", "eth1"),
    S.NO_REDUNDANCY: pulled("eth1", "eth0"),
    S.SPEED_UNKNOWN: a_port_without_speed,
    S.MISCONFIGURED: sysfs("primary", "''"),
    S.DRIFT: sysfs("primary_reselect", "always"),
    S.FLAPPING: flapping,
    S.STALE: out_of_reach,
}


@pytest.fixture(scope="module")
def made(module_app01: Host) -> Host:
    """The host with the bond, by files of its network manager."""
    module_app01.run(MADE, sudo=True)
    until(module_app01, f"cat {OPTIONS}/slaves | tr ' ' '\\n' | sort | xargs", "eth0 eth1")
    return module_app01


@pytest.fixture
def bonded(made: Host) -> Host:
    """All as the files say, both links up at the NICs' own speeds: plugging a cable in gives those back.

    Pulled and plugged too quickly for the guest to see it, a cable gives nothing back.
    """
    link(made, "eth0", up=False)
    for port in ("eth0", "eth1"):
        link(made, port, up=True)
    made.run(AS_MADE, sudo=True)
    carries(made, "eth0")
    until(made, "grep -c 'MII Status: up' /proc/net/bonding/bond0", "3")
    return made


@pytest.fixture
def swept(lab: Lab, bonded: Host, ada, vera, client):
    """`swept()`: one sweep of the host, and the Bonds page after it."""
    row = next(row for row in lab.inventory()["hosts"] if row["name"] == bonded.name)
    load_host(row, actor_of(ada))
    client.force_login(vera)
    fleet = sweep.Fleet(4, 4, 8, 20.0)

    def look() -> str:
        sweep.enrol()
        HostNetwork.objects.update(next_at=timezone.now())
        fleet.round()
        page: str = client.get("/bonds/").content.decode()
        return page

    yield look
    fleet.pool.close()


@pytest.mark.parametrize("state", WAYS, ids=lambda state: state.value)
def test_the_page_shows_it_after_one_sweep(state: S, bonded: Host, swept: Callable[[], str], settings) -> None:
    page = swept()
    assert shown(page) == HEALTH_LABELS[S.OK].word, sentence(page)
    settings.FLEET_STALE_SECONDS = 1 if state is S.STALE else 900
    try:
        WAYS[state](bonded)
        page = swept()
    finally:
        bonded.set_link("eth2", up=True)
    assert shown(page) == HEALTH_LABELS[state].word, sentence(page)


def shown(page: str) -> str:
    """The word in the badge of the page's one bond."""
    badge = re.sub("<[^>]+>", " ", page.partition("<tbody>")[2].partition("</td>")[0])
    return " ".join(badge.split()[1:])  # its glyph stands before it


def sentence(page: str) -> str:
    return page.partition('<span class="said">')[2].partition("</span>")[0]
