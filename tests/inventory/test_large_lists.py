"""What keeps lists quick in a large house: searches and orders have an index, sums look at no host by itself."""

import pytest
from django.db import connection

from inventory.counting import holding
from inventory.models import Host, HostFacts, HostKey, Vm, host_words, hosts_with, vms_with
from inventory.states import HostTrust
from networking.models import Bond, bond_words, bonds_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan_of(app01):
    """How PostgreSQL would find these rows if it had to go by an index."""
    if connection.vendor != "postgresql":
        pytest.skip("plans are PostgreSQL's")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return lambda rows: rows.explain()


@pytest.mark.parametrize("column", ["name", "address", "tags"])
def test_a_part_of_a_hosts_words_is_found_by_an_index(plan_of, column: str) -> None:
    assert f"inventory_host_{column}_part" in plan_of(hosts_with("ledger"))


def test_so_is_a_part_of_its_vms_name(plan_of) -> None:
    assert "inventory_vm_name_part" in plan_of(vms_with("ledger"))


def test_so_is_the_host_of_a_bond(plan_of) -> None:
    assert "inventory_host_name_part" in plan_of(Host.objects.order_by().filter(name__icontains="ledger"))


def test_words_that_many_have_find_the_same_as_words_that_few_have() -> None:
    vm = Vm.objects.create(name="ledger-vm", tags="prod")
    for number, told in enumerate(({"name": "ledger"}, {"vm": vm}, {"tags": "ledger"}, {}, {"name": "bond0"})):
        address = "ledger.example" if number == 3 else f"192.0.2.{number}"
        host = Host.objects.create(**{"name": f"h{number}", "address": address, **told})
        Bond.objects.create(
            host=host,
            name="bond0" if number else "ledger",
            state="ok",
            rank=11,
            since=host.created,
            changed_at=host.created,
        )
    found = {}
    for few in (0, 100):
        hosts = holding(Host.objects.all(), hosts_with("LEDGER"), host_words("LEDGER"), few=few)
        bonds = holding(Bond.objects.all(), bonds_with("LEDGER"), bond_words("LEDGER"), few=few)
        found[few] = {row.name for row in hosts}, {str(row) for row in bonds}
    assert found[0] == found[100] == ({"ledger", "h1", "h2", "h3"}, {"ledger of ledger"})


@pytest.mark.parametrize("rows", [Host, Vm])
def test_the_order_by_name_is_an_indexs(plan_of, rows: type[Host] | type[Vm]) -> None:
    plan = plan_of(rows.objects.order_by("name")[:51])
    assert f"{rows._meta.model_name}_by_name" in plan
    assert "Sort" not in plan


def test_hosts_are_counted_by_trust_as_the_list_filters_them_and_the_silent_ones_among_them() -> None:
    states = (
        [],
        ["pending"],
        ["trusted"],
        ["trusted", "pending"],
        ["revoked"],
        ["trusted", "revoked"],
        ["pending"] * 2,
    )
    for number, keys in enumerate(states):
        host = Host.objects.create(name=f"h{number}", address=f"192.0.2.{number}")
        for other, state in enumerate(keys):
            told = {"algorithm": f"ssh-{other}", "key_base64": "A", "fingerprint": f"SHA256:{number}{other}"}
            HostKey.objects.create(host=host, state=state, **told)
    for name in ("h0", "h2", "h3"):
        HostFacts.objects.create(host=Host.objects.get(name=name), error="It does not answer.")
    counted, silent = Host.objects.all().by_trust()
    assert counted == {trust: Host.objects.of_trust(trust).count() for trust in HostTrust}
    assert counted == {HostTrust.NONE: 2, HostTrust.PENDING: 2, HostTrust.TRUSTED: 2, HostTrust.CHANGED: 1}
    assert silent == 1
    assert sum(Host.objects.filter(name="h3").by_trust()[0].values()) == 1
