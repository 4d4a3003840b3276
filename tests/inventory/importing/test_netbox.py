"""Pages of NetBox's API, saved as JSON (fields as of NetBox 4)."""

import json

import pytest

from inventory.importing import netbox
from inventory.importing.rows import ReadRefused

DEVICES = {
    "count": 2, "next": None, "previous": None,
    "results": [
        {"id": 1, "name": "app02", "device_type": {"id": 3, "model": "R650"}, "role": {"name": "Application"},
         "tenant": {"name": "Web"}, "site": {"name": "Frankfurt", "slug": "fra"}, "rack": {"name": "r01"},
         "primary_ip": {"address": "192.0.2.7/24"}, "tags": [{"slug": "prod"}, {"slug": "pci"}]},
        {"id": 2, "name": "app03", "device_type": {"id": 3}, "tenant": None, "site": None, "rack": None,
         "primary_ip": None, "tags": []},
    ],
}  # fmt: skip
VMS = {"count": 2, "next": "https://netbox.example/api/virtualization/virtual-machines/?offset=2", "results": [
    {"id": 8, "name": "vm42", "cluster": {"name": "c1"}, "primary_ip": {"address": "2001:db8::7/64"}, "vcpus": 2.0},
    {"id": 9, "name": "vm43", "cluster": {"name": "c1"}, "primary_ip": None},
]}  # fmt: skip


def test_devices_are_hosts_and_machines_without_an_address_are_vms():
    app02, app03, vm42, vm43 = netbox.read(json.dumps([DEVICES, VMS])).rows
    assert app02.values == {
        "name": "app02", "kind": "host", "address": "192.0.2.7", "site": "fra", "rack": "r01", "owner": "Web",
        "service": "Application", "tags": "pci prod",
    }  # fmt: skip
    assert "no primary address" in app03.fault
    assert vm42.values == {"name": "vm42", "kind": "host", "address": "2001:db8::7", "vm": "vm42"}
    assert vm43.values == {"name": "vm43", "kind": "vm"}


def test_a_page_that_was_not_the_last_is_told():
    assert "more pages than these" in netbox.read(json.dumps(VMS)).remarks[0]


@pytest.mark.parametrize("text", ['{"detail": "Invalid token"}', "[3]", '{"results": [3]}', '"x"', "<html>"])
def test_what_is_no_page_gets_one_sentence(text):
    with pytest.raises(ReadRefused):
        netbox.read(text)
