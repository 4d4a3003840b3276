"""Changes that cut the host off: it is back by itself, with its proof, and as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab import Host
from tests.lab.recovery_walker import StepFailed
from tests.lab.test_bond_change import network, walker

pytestmark = pytest.mark.unproven

SECONDS = 20
STATIC = {"method": "static", "addresses": ["10.0.2.17/24"], "gateways": ["10.0.2.2"]}


def wrong_address(host: Host, switch: Any) -> dict[str, Any]:
    return {"addressing": STATIC | {"addresses": ["10.0.9.9/24"], "gateways": ["10.0.9.1"]}}


def gateway_with_a_typo(host: Host, switch: Any) -> dict[str, Any]:
    return {"addressing": STATIC | {"gateways": ["10.0.2.222"]}}


def dead_port(host: Host, switch: Any) -> dict[str, Any]:
    switch.kill(host.name, "eth1")
    return {}


def wrong_vlan(host: Host, switch: Any) -> dict[str, Any]:
    switch.vlan(host.name, "eth1", 20)
    return {}


@pytest.mark.parametrize("sabotage", [wrong_address, gateway_with_a_typo, dead_port, wrong_vlan])
def test_a_host_that_was_cut_off_is_back_by_itself(
    net_host: Any, switch: Any, sabotage: Callable[[Host, Any], dict[str, Any]]
) -> None:
    host: Host = net_host("networkd")
    before = network(host)
    change = walker(host, seconds=SECONDS, **sabotage(host, switch))
    with pytest.raises(StepFailed) as failed:
        change.walk()
    assert "went back by itself" in str(failed.value), (str(failed.value), change.said)
    proof = failed.value.verdict.found
    assert proof["reverted"]["status"] == "0", proof["log"]
    assert int(proof["reverted"]["ended"]) - int(proof["armed"]["begun"]) <= 200, proof
    assert network(host) == before
    change.undo()
    assert "regroup" not in host.run("systemctl list-timers --all; ls /etc/systemd/system/sysinit.target.wants")
