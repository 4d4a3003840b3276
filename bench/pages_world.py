"""The world that the pages are measured in: rows by the million, made by the database from a few real ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from audit.models import Entry
from changes.models import Change, Decider, Transition
from execution.models import Run, StepRun
from inventory.models import Host, HostFacts, HostKey, Membership, Owner, Vm
from networking.bonding.states import WORST_FIRST, HealthState
from networking.models import Bond, HostNetwork, Nic
from people.models import User
from people.roles import Role
from people.services import user_create
from tests.pages.scene import Scene, a_host

CAST = {
    "rosa": Role.REQUESTER,
    "rita": Role.REQUESTER,
    "amir": Role.APPROVER,
    "olu": Role.OPERATOR,
    "vera": Role.VIEWER,
    "ada": Role.ADMINISTRATOR,
}
OWNERS = 2_000
HASH = "md5(g.n::text) || md5((-g.n)::text)"
ACTIONS = "(array['host.edit','change.approve','change.submit','run.start','step.done','user.sign_in'])[1 + g.n % 6]"
STATES = "(array['succeeded','succeeded','succeeded','undone','failed','rejected','closed','expired'])[1 + g.n % 8]"
SILENT = "CASE WHEN g.n % 50 = 0 THEN 'It gave no answer in 20 s.' ELSE '' END"
CRITICALITIES = "(array['low','normal','normal','high','critical'])[1 + g.n % 5]"
BOND_STATES = (*("ok",) * 6, "failed-over", "no-redundancy", "degraded-in-place", "held")


def people() -> dict[str, User]:
    """Somebody of each role; all but Rita see every machine."""
    return {
        name: user_create(
            name,
            password="a long password to type",  # noqa: S106 - ends with the bench
            display_name=name.title(),
            roles=[role, *([Role.VIEWER] if name != "rita" else [])],
        )
        for name, role in CAST.items()
    }


def copies(row: models.Model, count: int, **differ: str) -> int:
    """As many rows like this one, its key counted on; `differ` are the fields that are SQL instead (g.n counts from 1).

    Returns the key before the first one.
    """
    model, key = type(row), row._meta.pk
    assert key is not None
    told = {field.attname: field.column for field in model._meta.concrete_fields}
    first = (model._default_manager.aggregate(last=models.Max(key.attname))["last"] or 0) if key.auto_created else 0
    if key.auto_created:
        differ = {key.attname: f"{first} + g.n", **differ}
    columns = ", ".join(connection.ops.quote_name(column) for column in told.values())
    values = ", ".join(differ.get(name, f"t.{connection.ops.quote_name(column)}") for name, column in told.items())
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, generate_series(1, {count}) g(n)"  # noqa: S608 - names and expressions of our own
            f" WHERE t.{connection.ops.quote_name(key.column)} = {int(row.pk)}"
        )
        if key.auto_created:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, key.column, first + count])
    return int(first)


def make(hosts: int, steps: int, entries: int) -> None:
    """Fill an empty database."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    cast = people()
    done = Scene(cast["rosa"], cast["amir"], cast["olu"]).succeeded()
    inventory(hosts, cast["rita"])
    network(hosts)
    changes(done, hosts, steps)
    audit(entries)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def counted() -> dict[str, int]:
    """How many rows there are of each sort."""
    tables: tuple[type[models.Model], ...] = (Host, Vm, Bond, Nic, Change, StepRun, Entry)
    return {table._meta.model_name or "": table._default_manager.count() for table in tables}


def inventory(hosts: int, rita: User) -> None:
    """Owners, VMs, a host for each VM and as many without; one of ten unowned, one of twenty without a trusted key.

    One of fifty gave no answer when last asked. Rita belongs to one owner of a hundred.
    """
    owner = copies(Owner.objects.get(), OWNERS, name="'Team ' || lpad(g.n::text, 5, '0')")
    owned = f"CASE WHEN g.n % 10 = 0 THEN NULL ELSE {owner} + 1 + g.n % {OWNERS} END"
    since = {"waits_since": "now() - g.n * interval '7 minutes'", "criticality": CRITICALITIES, "owner_id": owned}
    confirmed = {"confirmed_at": "CASE WHEN g.n % 3 = 0 THEN NULL ELSE now() - g.n % 200 * interval '1 day' END"}
    told = {"site": "'site' || g.n / 2500", "tags": "'prod rack' || g.n % 400", **since, **confirmed}
    vms = hosts // 2
    vm = copies(Vm.objects.get(name="vm42"), vms, name="'vm' || lpad((g.n + 100)::text, 7, '0')", **told)
    of_vm = {"vm_id": f"CASE WHEN g.n <= {vms} THEN {vm} + g.n END"}
    where = {"name": "'host' || lpad(g.n::text, 7, '0')", "address": "'h' || g.n || '.example.org'"}
    first = copies(a_host(), hosts, **where, **of_vm, **told)
    key = HostKey.objects.create(
        host=a_host(), algorithm="ssh-ed25519", key_base64="A", fingerprint="SHA256:a", state="trusted"
    )
    state = "CASE WHEN g.n % 20 = 0 THEN 'pending' ELSE 'trusted' END"
    copies(key, hosts, host_id=f"{first} + g.n", fingerprint="'SHA256:' || g.n", state=state)
    HostFacts.objects.get_or_create(host=a_host(), defaults={"at": timezone.now()})
    copies(HostFacts.objects.get(), hosts, host_id=f"{first} + g.n", error=SILENT)
    of_rita = Membership.objects.create(owner_id=owner + OWNERS, user=rita)
    copies(of_rita, OWNERS // 100 - 1, owner_id=f"{owner} + g.n * 100")


def network(hosts: int) -> None:
    """A bond of two ports on every host, four of ten not well; 1,600 switches."""
    host, now = a_host(), timezone.now()
    first = Host.objects.get(name="host0000001").pk - 1
    HostNetwork.objects.create(host=host, seen_at=now, tried_at=now, next_at=now + timedelta(hours=1))
    copies(HostNetwork.objects.get(host=host), hosts, host_id=f"{first} + g.n", error=SILENT)
    port = {"name": "eth0", "speed_mbps": 10000, "nominal_mbps": 10000, "mii_status": "up", "failures": 0}
    bond = Bond.objects.create(
        host=host, name="bond0", mode="active-backup", primary="eth0", active="eth0", active_mbps=10000,
        active_nominal_mbps=10000, state="ok", rank=11, sentence="As it should be.", since=now, changed_at=now,
        miimon=100, ports=[port, port | {"name": "eth1", "speed_mbps": 1000, "nominal_mbps": 1000}],
    )  # fmt: skip
    words, ranks = ", ".join(map(repr, BOND_STATES)), [WORST_FIRST.index(HealthState(each)) for each in BOND_STATES]
    state, rank = f"(array[{words}])[1 + g.n % 10]", f"(array{ranks})[1 + g.n % 10]"
    bonds = copies(
        bond, hosts, host_id=f"{first} + g.n", state=state, rank=rank, since="now() - g.n * interval '1 minute'"
    )
    for number, (name, speed) in enumerate((("eth0", 10000), ("eth1", 1000))):
        nic = Nic.objects.create(
            host=host, key=f"52:54:00:00:00:0{number}", name=name, speed_mbps=speed, nominal_mbps=speed, up=True,
            carrier=True, bond=bond, active=not number, used=True, switch="sw0", switch_port="e1",
        )  # fmt: skip
        switch = f"'sw' || (g.n / 62 * 2 + {number})"
        idle = "g.n % 7 = 0" if speed == 10000 else "false"
        copies(
            nic,
            hosts,
            host_id=f"{first} + g.n",
            bond_id=f"{bonds} + g.n",
            switch=switch,
            active=f"g.n % 7 <> {number}",
            idle=idle,
        )


def changes(done: Change, hosts: int, steps: int) -> None:
    """Changes that ended, one of a thousand still to be decided; each with a run, and all its steps."""
    run = Run.objects.get(change=done)
    asked = list(Decider.objects.filter(change=done))
    like = list(StepRun.objects.filter(run=run))
    count = steps // len(like)
    first = Host.objects.get(name="host0000001").pk
    status = f"CASE WHEN g.n % 1000 = 0 THEN 'in_review' WHEN g.n % 1000 = 1 THEN 'approved' ELSE {STATES} END"
    told = {"host_id": f"{first} + g.n * 7 % {hosts}", "status": status, "title": "'Recover vm' || g.n"}
    at = {"created_at": "now() - g.n * interval '3 minutes'", "updated_at": "now() - g.n * interval '2 minutes'"}
    change = copies(done, count, **told, **at, ticket="'INC-' || g.n")
    for transition in Transition.objects.filter(change=done):
        copies(transition, count, change_id=f"{change} + g.n")
    for decider in asked:
        copies(decider, count, change_id=f"{change} + g.n")
    runs = copies(run, count, change_id=f"{change} + g.n", token="lpad(to_hex(g.n), 8, '0')", lease_until="NULL")  # noqa: S106 - SQL
    for step in like:
        copies(step, count, run_id=f"{runs} + g.n")


def audit(entries: int) -> None:
    """A chain's length of entries, sealed as far as a list can see."""
    from audit import services

    services.seal_all()
    row = Entry.objects.order_by("-position")[0]
    last: Any = row.position
    told = {"actor_name": "'person' || g.n % 300", "action": ACTIONS, "object_id": "(g.n % 100000)::text"}
    label = {"object_kind": "(array['host','change','vm'])[1 + g.n % 3]", "object_label": "'host' || g.n % 100000"}
    seal = {"position": f"{last} + g.n", "previous_hash": HASH, "content_hash": HASH, "hash": HASH}
    copies(row, entries, at="now() - g.n * interval '1 second'", **told, **label, **seal)
