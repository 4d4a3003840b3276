"""A hypervisor as Regroup knows it, with what it last said of its VMs."""

from __future__ import annotations

from django.utils import timezone

from inventory.credentials import credential_create
from inventory.models import Host, HostFacts, Owner, Vm


def vm_row(name: str, power: str) -> dict:
    disk = {"target": "sda", "bus": "scsi", "source": f"/i/{name}.qcow2", "format": "qcow2", "serial": "", "size": 1}
    return {
        "uuid": f"uuid-{name}",
        "name": name,
        "power": power,
        "disks": [disk],
        "macs": [],
        "buses": ["scsi"],
    }


def hypervisor() -> Host:
    """A hypervisor with the lost VM, one that runs, somebody else's that is off, and a template."""
    owner = Owner.objects.create(name="Payments")
    Vm.objects.create(name="vm42", owner=owner)
    Vm.objects.create(name="vm77", owner=owner)
    host = Host.objects.create(name="hv01", address="192.0.2.1")
    Host.objects.create(name="app01", address="192.0.2.2")
    key = credential_create("key", "agent", by=None)
    Host.objects.create(name="app09", address="192.0.2.9", credential=key, user="ops")
    secret = credential_create("word", "password", secret="long enough", by=None)
    Host.objects.create(name="app10", address="192.0.2.10", credential=secret)
    vms = [vm_row("app01", "on"), vm_row("template", "off"), vm_row("vm42", "on"), vm_row("vm77", "off")]
    vms.append(vm_row("stranger", "on"))
    HostFacts.objects.create(host=host, facts={"fetch": {"vms": vms}}, at=timezone.now())
    HostFacts.objects.create(host=Host.objects.get(name="app01"), facts={"fetch": {}}, at=timezone.now())
    return host
