"""Over which interface we are on the host: by what sshd told the processes, by a socket, by the way out."""

from __future__ import annotations

import pytest

from networking.facts.session import parse_session
from tests.networking.facts.answers import network

NICS = network("bond").nics
ROUTE = "route=10.0.2.2 dev eth9 src 10.0.2.15 uid 0"


@pytest.mark.parametrize(
    ("said", "device", "peer"),
    [
        (f"connection=10.0.2.2 40604 10.0.2.15 22\n{ROUTE}", "eth2", "10.0.2.2"),
        ("connection=::ffff:10.0.2.2 40604 ::ffff:10.0.2.15 22", "eth2", "10.0.2.2"),
        (f"connection=10.0.2.2 40604 203.0.113.5 22\n{ROUTE}", "eth9", "10.0.2.2"),
        ("connection=10.0.2.2 40604 203.0.113.5 22\nroute=", "", "10.0.2.2"),
        ("connection=fe80::2%eth1 40604 fe80::1%eth1 22", "eth1", "fe80::2%eth1"),
        ("connection=fe80::2 40604 fe80::5054:ff:fea0:100 22\nroute=fe80::2 dev bond0.100", "bond0.100", "fe80::2"),
        ("socket=10.0.2.15:22 10.0.2.2:40604", "eth2", "10.0.2.2"),
        ("socket=[::ffff:10.0.2.15]:22 [::ffff:10.0.2.2]:40604", "eth2", "10.0.2.2"),
        ("connection=broken", "", ""),
        ("", "", ""),
    ],
)
def test_interface_and_peer_are_told(said, device, peer):
    assert parse_session(said, NICS) == (device, peer)
