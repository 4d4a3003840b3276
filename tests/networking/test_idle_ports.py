"""Fast ports that do nothing are found, each with its reason, and added up."""

from __future__ import annotations

import pytest

from networking.idle import Why, idle_ports
from networking.topology import PortRow


def port(nic, nominal, **more):
    return PortRow(**{"host": "app01", "site": "north", "nic": nic, "nominal_mbps": nominal, "bond": "bond0", **more})


def reasons(*rows):
    return {idle.port.nic: idle.why for idle in idle_ports(rows)}


def test_a_fast_port_that_stands_by_for_a_fast_one_idles():
    [idle] = idle_ports([port("eth0", 10000, active=True), port("eth1", 10000)])
    assert idle.why == Why.STANDS_BY_FOR_FAST
    assert idle.sentence == "eth1 stands by for eth0, both made for 10 Gb/s or more: a 1 Gb/s port would do."


def test_a_fast_port_that_stands_by_for_a_slower_one_idles():
    [idle] = idle_ports([port("eth0", 10000), port("eth1", 1000, active=True)])
    assert idle.why == Why.STANDS_BY_FOR_SLOWER
    assert idle.sentence == "eth0, made for 10 Gb/s, stands by for eth1, which has 1 Gb/s."
    faster = reasons(port("eth0", 10000, active=True), port("eth1", 25000))
    assert faster == {"eth1": Why.STANDS_BY_FOR_SLOWER}


def test_a_fast_port_with_a_link_in_no_use_idles():
    [idle] = idle_ports([port("eth0", 10000, bond="")])
    assert (idle.why, idle.sentence) == (
        Why.UNUSED,
        "eth0 has a link at 10 Gb/s, no address, and nothing stands on it.",
    )


@pytest.mark.parametrize(
    "rows",
    [
        (port("eth0", 10000, active=True), port("eth1", 1000)),
        (port("eth0", 10000, active=True), port("eth1", 10000, up=False)),
        (port("eth0", 10000, bond="", used=True),),
        (port("eth0", 10000, bond="", up=False),),
        (port("eth0", 10000), port("eth1", None, active=True)),
        (port("eth0", 10000), port("eth1", 10000)),
        (port("eth0", None, bond=""),),
    ],
    ids=[
        "the asymmetric bond",
        "no link",
        "used",
        "unused without a link",
        "unknown",
        "nobody active",
        "speed unknown",
    ],
)
def test_what_works_or_cannot_be_known_does_not_idle(rows):
    assert len(idle_ports(rows)) == 0


def test_where_no_nominal_speed_is_known_the_speed_now_counts():
    assert reasons(port("eth0", None, speed_mbps=10000, bond="")) == {"eth0": Why.UNUSED}
