"""An import meets the database: the stock as a value, and writing what a preview showed.

What is planned again must be what was shown, to the digest; each change then compares what it replaces. So a confirmed
import writes what somebody read, or nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Entry
from audit.services import record, record_all
from inventory.importing import ansible, csv_rows, netbox, virsh
from inventory.importing.planning import Act, ImportPlan, Item, Known, Options, Stock, plan
from inventory.importing.rows import COLUMNS, ReadRefused, Source, checked, limited
from inventory.models import ExpectedKey, Host, HostKey, Owner, Vm
from inventory.rights import hosts_seen_by, vms_seen_by
from inventory.services import edit_entry, host_key_offer, host_key_trust, record_edit
from inventory.states import KeyState
from people.actor import Actor
from ssh.hostkeys import parse_public_key

READERS: dict[str, Callable[[str], Source]] = {
    "csv": csv_rows.read,
    "ansible": ansible.read,
    "virsh": virsh.read,
    "netbox": netbox.read,
}
BATCH = 500
PLAIN = ("address", "user", "rack", "pair", "note", "criticality", "service", "tags", "site")
OF_VM = ("criticality", "service", "tags", "site", "note")


class ImportMoved(Exception):
    """The stock is not as the preview showed it; nothing was written."""

    def __init__(self) -> None:
        super().__init__("The stock has changed since the preview, so nothing was written. Read the new preview.")


def read_source(kind: str, text: str) -> Source:
    """Rows of a text by one of READERS. Raises ReadRefused."""
    if kind not in READERS:
        raise ReadRefused(f"There is no source called {kind!r}. Choose one of {', '.join(READERS)}.")
    return limited(READERS[kind](checked(text)))


def stock() -> Stock:
    """Everything that an import may meet, in five queries whatever there is."""
    owners = dict(Owner.objects.values_list("pk", "name"))
    vms = list(Vm.objects.values("pk", "name", "owner_id", *OF_VM))
    hosts = list(Host.objects.values("pk", "name", "port", "sudo", "owner_id", "jump_id", "vm_id", *PLAIN))
    vm_names, host_names = ({row["pk"]: row["name"] for row in rows} for rows in (vms, hosts))
    trusted, expected = defaultdict[int, set[str]](set), defaultdict[int, set[str]](set)
    for pk, fingerprint in HostKey.objects.filter(state=KeyState.TRUSTED).values_list("host_id", "fingerprint"):
        trusted[pk].add(fingerprint)
    for pk, fingerprint in ExpectedKey.objects.values_list("host_id", "fingerprint"):
        expected[pk].add(fingerprint)

    def known(row: dict[str, Any], names: tuple[str, ...], more: dict[str, str]) -> Known:
        fields = {**{name: row[name] for name in names}, "owner": owners.get(row["owner_id"], ""), **more}
        keys = (trusted, expected) if "address" in row else ({}, {})
        return Known(row["pk"], row["name"], fields, *(frozenset(each.get(row["pk"], ())) for each in keys))

    def of_host(row: dict[str, Any]) -> dict[str, str]:
        links = {"jump": host_names.get(row["jump_id"], ""), "vm": vm_names.get(row["vm_id"], "")}
        return {**links, "port": str(row["port"]), "sudo": "yes" if row["sudo"] else "no"}

    return Stock(
        {row["name"].lower(): known(row, PLAIN, of_host(row)) for row in hosts},
        {row["name"].lower(): known(row, OF_VM, {}) for row in vms},
        {name.lower(): name for name in owners.values()},
    )


def import_preview(source: Source, options: Options) -> ImportPlan:
    """What the import would do now; writes nothing."""
    return plan(source.rows, stock(), options)


def import_confirm(source: Source, options: Options, digest: str, *, by: Actor) -> ImportPlan:
    """Write what the preview of this digest showed. Raises ImportMoved; nothing is written then."""
    try:
        with transaction.atomic():
            fresh = import_preview(source, options)
            if fresh.digest != digest:
                raise ImportMoved
            _Writing(by, digest).write(fresh)
            _record(fresh, by)
    except (IntegrityError, ValidationError):  # a name, an address or a key was taken since the stock was read
        raise ImportMoved from None
    return fresh


def _record(done: ImportPlan, by: Actor) -> None:
    counts = {act.value: done.count(act) for act in Act}
    knowing = {"overwrote_other_owners": True} if done.options.overwrite else {}
    detail = {"digest": done.digest, **counts, **knowing}
    record("import.confirm", actor_id=by.id, actor_name=by.username, kind="import", label="import", detail=detail)


class _Writing:
    """One import's items in order: owners, VMs, hosts, their keys; each with its audit entry."""

    def __init__(self, by: Actor, digest: str) -> None:
        self.by, self.digest = by, digest
        self.keys: dict[str, dict[str, int]] = {}
        self.entries: list[Entry] = []

    def write(self, done: ImportPlan) -> None:
        acts = [item for item in done.items if item.act in (Act.CREATE, Act.CHANGE)]
        owners, vms, hosts = ([item for item in acts if item.kind == kind] for kind in ("owner", "vm", "host"))
        for item in owners:
            self._told(Owner.objects.create(name=item.name, email=_after(item, "email")), item)
        self._learn("owner", Owner)
        self._rows(Vm, vms)
        self._learn("vm", Vm)
        self._learn("jump", Host)
        self._rows(Host, [item for item in hosts if not _after(item, "jump")])
        self._learn("jump", Host)
        for item in hosts:
            if _after(item, "jump"):  # may be a host of the row before
                self._rows(Host, [item])
                self._learn("jump", Host, item.name)
        record_all(self.entries)
        for item in hosts:
            if key := _after(item, "key"):
                self._key(Host.objects.get(name=item.name), key)

    def _learn(self, kind: str, model: Any, name: str = "") -> None:
        """Keys by name of what is there by now, or of one of them."""
        rows = model.objects.filter(name=name) if name else model.objects.all()
        self.keys.setdefault(kind, {}).update({row.lower(): pk for pk, row in rows.values_list("pk", "name")})

    def _rows(self, model: Any, items: list[Item]) -> None:
        made = [item for item in items if item.act is Act.CREATE]
        for at in range(0, len(made), BATCH):
            part = made[at : at + BATCH]
            values = [(item.name, self._values(item, 2)) for item in part]
            rows = model.objects.bulk_create(model(name=name, **row, **self._given(row)) for name, row in values)
            for row, item in zip(rows, part, strict=True):
                self._told(row, item)
        alike = defaultdict[tuple[tuple[str, str, str], ...], list[Item]](list)
        for item in items:
            if item.act is Act.CHANGE:
                alike[item.fields].append(item)
        for some in alike.values():
            for at in range(0, len(some), BATCH):
                self._change(model, some[at : at + BATCH])

    def _change(self, model: Any, items: list[Item]) -> None:
        """Compare and swap rows that change alike. Raises ImportMoved: one is not what the preview showed."""
        values = self._values(items[0], 2)
        if "owner_id" in values:
            values |= {"confirmed_at": None, "confirmed_by": "", "asked_at": None, "disowned": ""}
            values["waits_since"] = timezone.now()
        values |= self._given(values)
        rows = model.objects.filter(pk__in=[item.pk for item in items], **self._values(items[0], 1))
        if (rows.update(**values) if values else rows.count()) != len(items):
            raise ImportMoved
        for item in items:
            self._told(model(pk=item.pk, name=item.name), item)

    def _given(self, values: dict[str, Any]) -> dict[str, Any]:
        """Who gave these rows their owner, where they are given one."""
        moved = "owner_id" in values or "vm_id" in values
        return {"given_by_id": self.by.id, "given_at": timezone.now()} if moved else {}

    def _values(self, item: Item, side: int) -> dict[str, Any]:
        """The item's fields as columns; side 1 as they were, 2 as they will be."""
        told = {each[0]: str(each[side]) for each in item.fields}
        values: dict[str, Any] = {key: told[key] for key in PLAIN if key in told}
        if "port" in told:
            values["port"] = int(told["port"])
        if "sudo" in told:
            values["sudo"] = told["sudo"] == "yes"
        for key in ("owner", "vm", "jump"):
            if key in told:
                values[f"{key}_id"] = self.keys[key][told[key].lower()] if told[key] else None
        return values

    def _key(self, host: Host, given: str) -> None:
        """Trust the key, or wait for the one that shows the fingerprint."""
        if not given.startswith("SHA256:"):
            row = host_key_offer(host, parse_public_key(given), source=HostKey.Source.IMPORT, by=self.by)
        else:
            waiting = host.keys.filter(state=KeyState.PENDING, fingerprint=given).first()
            if waiting is None:
                ExpectedKey.objects.get_or_create(host=host, fingerprint=given, defaults={"given_by_id": self.by.id})
                return record_edit("host_key.expect", host, self.by, {"fingerprint": given})
            row = waiting
        if row.state == KeyState.PENDING:
            HostKey.objects.filter(pk=row.pk).update(source=HostKey.Source.IMPORT)
            row.source = HostKey.Source.IMPORT
            host_key_trust(row, row.fingerprint, by=self.by)

    def _told(self, row: Any, item: Item) -> None:
        verb = "create" if item.act is Act.CREATE else "edit"
        fields = {key: f"{before} → {after}" if before else after for key, before, after in item.fields}
        detail = {"import": self.digest[:12], "where": item.where, **fields}
        self.entries.append(edit_entry(f"{item.kind}.{verb}", row, self.by, detail))


def export_rows(actor: Actor) -> list[tuple[str, ...]]:
    """The stock, as far as the person sees it, as rows of a CSV import, VMs first: read back, it changes nothing.

    Of a machine that the person does not see no cell has the name: an empty one changes nothing either.
    """
    now, names = stock(), None
    machines = [("vm", vm) for vm in now.vms.values()] + [("host", host) for host in now.hosts.values()]
    if not actor.sees_all:
        seen = {"vm": vms_seen_by(actor), "host": hosts_seen_by(actor)}
        keys = {kind: set(rows.values_list("pk", flat=True)) for kind, rows in seen.items()}
        machines = [(kind, machine) for kind, machine in machines if machine.pk in keys[kind]]
        names = {machine.name for kind, machine in machines if kind == "host"}
    return [
        tuple(_cell(column, kind, machine, names) for column in COLUMNS)
        for kind, machine in sorted(machines, key=lambda each: (each[0] == "host", each[1].name.lower()))
    ]


def _cell(column: str, kind: str, machine: Known, hosts: set[str] | None) -> str:
    if column in ("name", "kind"):
        return machine.name if column == "name" else kind
    if column == "fingerprint":
        return min(machine.trusted, default="")
    if machine.fields.get("vm") and column in ("owner", "criticality", "service", "tags"):
        return ""  # the VM says so
    if column == "jump" and hosts is not None and machine.fields.get("jump") not in hosts:
        return ""
    return machine.fields.get(column, "")


def _after(item: Item, field: str) -> str:
    return next((after for key, _, after in item.fields if key == field), "")
