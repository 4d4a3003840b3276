"""REGROUP_WEBHOOK_NETS is networks, or stops the start with a sentence."""

import ipaddress

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import networks


def test_networks_and_single_addresses_with_spaces_or_commas_between(monkeypatch):
    monkeypatch.setenv("REGROUP_X", "10.20.0.0/16, fd00::/64 127.0.0.1")
    expected = ("10.20.0.0/16", "fd00::/64", "127.0.0.1/32")
    assert networks("REGROUP_X") == tuple(map(ipaddress.ip_network, expected))


def test_none_is_none(monkeypatch):
    monkeypatch.setenv("REGROUP_X", " ")
    assert networks("REGROUP_X") == ()


@pytest.mark.parametrize("text", ["10.0.0.1/8", "example.org", "10.0.0.0/33"])
def test_anything_else_stops_the_start(monkeypatch, text):
    monkeypatch.setenv("REGROUP_X", text)
    with pytest.raises(ImproperlyConfigured, match="must be networks such as"):
        networks("REGROUP_X")
