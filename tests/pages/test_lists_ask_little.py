"""Every list asks the database the same few questions, however many rows there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Entry
from changes.models import Change
from inventory.models import Host, HostFacts, HostKey, Owner, Vm
from networking.models import Bond, HostNetwork, Nic
from readiness.weighing import risk_weigh

LISTS = (
    *("/", "/hosts/", "/hosts/?trust=trusted", "/hosts/?trust=none", "/hosts/?text=many", "/hosts/?owner=Team+1"),
    *("/vms/", "/vms/?text=many", "/owners/", "/unowned/", "/unowned/?which=nobody", "/unowned/?which=unconfirmed"),
    *("/changes/", "/changes/?state=failed", "/changes/?requester=rosa&kind=recovery", "/changes/?host=many001"),
    *("/audit/", "/audit/?actor=amir&action=run.start&kind=host", "/search?q=many", "/rollouts/", "/windows/"),
    *("/bonds/", "/bonds/?text=many", "/bonds/?site=fra&switch=sw1", "/bonds/grid", "/bonds/silent"),
    *("/bonds/switches", "/bonds/switches?site=*", "/bonds/switches?view=table", "/bonds/idle", "/policies/", "/risk/"),
)


def grow(change: Change, numbers: range) -> None:
    """A host for each number, with all that lists show of one."""
    now = timezone.now()
    for number in numbers:
        name, owner = f"many{number:03}", Owner.objects.create(name=f"Team {number}")
        vm = Vm.objects.create(name=f"{name}-vm", owner=owner if number % 2 else None)
        jump = Host.objects.order_by("-pk").first()
        host = Host.objects.create(
            name=name, address=f"{name}.example", vm=vm if number % 3 else None, owner=owner, site="fra", jump=jump
        )
        key = {"algorithm": "ssh-ed25519", "key_base64": "A", "state": "trusted" if number % 3 else "revoked"}
        HostKey.objects.create(host=host, fingerprint=f"SHA256:{number}", **key)
        HostFacts.objects.create(host=host, error="No answer.")
        HostNetwork.objects.create(host=host, seen_at=now, tried_at=now, error="No answer.")
        port = {"name": "eth0", "mii_status": "up", "speed_mbps": 10000}
        bond = Bond.objects.create(
            host=host, name="bond0", state="ok", rank=11, since=now, changed_at=now, ports=[port], one_switch="sw1"
        )
        for nic, active in (("eth0", True), ("eth1", False)):
            told = {"bond": bond, "active": active, "idle": not active, "carrier": True, "nominal_mbps": 10000}
            Nic.objects.create(host=host, key=nic, name=nic, switch="sw1" if active else "", **told)
        for state in ("in_review", "failed", "approved"):
            change.pk, change.host, change.vm, change.status = None, host, vm, state
            change.save(force_insert=True)
        risk_weigh([host.pk])
        Entry.objects.create(actor_name="amir", action="run.start", object_kind="host", object_label=name)


def asked(client, address: str) -> int:
    client.get(address)  # what is read once in the life of a process
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(seen)


@pytest.mark.parametrize("who", ["amir", "olu"])
def test_a_list_asks_the_same_few_questions_at_any_length(request, client, as_user, scene, who):
    change = scene.in_review()
    as_user(client, request.getfixturevalue(who))
    grow(change, range(1, 4))
    few = {address: asked(client, address) for address in LISTS}
    grow(change, range(4, 70))
    many = {address: asked(client, address) for address in LISTS}
    assert many == few
    assert {address: count for address, count in many.items() if count > 12} == {}
