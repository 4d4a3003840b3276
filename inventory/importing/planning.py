"""What an import would do, machine by machine: create, change, leave, or refuse with a sentence. Pure.

A machine that has an owner is changed by a row that names this owner; any other row is refused, unless whoever imports
has said knowingly that such rows count (`Options.overwrite`). An empty cell clears nothing, and nothing is deleted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from inventory.importing.rows import Row
from inventory.names import (
    fault_of,
    tag_words,
    validate_address,
    validate_email,
    validate_login,
    validate_machine_name,
    validate_tags,
)
from inventory.states import Criticality
from ssh.hostkeys import HostKeyFormatError, is_fingerprint, parse_public_key

OWNED = ("owner", "criticality", "service", "tags", "site")
OF_HOST = ("address", "port", "user", "sudo", "jump", "vm", "rack", "pair", "note")
LONGEST = {"service": 200, "tags": 200, "site": 80, "rack": 40, "pair": 80, "owner": 120, "note": 10_000}
TRUE, FALSE = {"1", "yes", "true", "on"}, {"0", "no", "false", "off"}


class Act(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    SAME = "same"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Options:
    """make_owners: owners that are not there are made. overwrite: rows may change another owner's machines."""

    make_owners: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A machine in stock: key, name, and its fields as an import names them (owner, jump and vm by name)."""

    pk: int
    name: str
    fields: Mapping[str, str]
    trusted: frozenset[str] = frozenset()
    """Fingerprints of the host's trusted keys."""
    expected: frozenset[str] = frozenset()
    """Fingerprints that an import gave, of keys that no scan has seen yet."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What is there, each by its name in lower case."""

    hosts: Mapping[str, Known] = field(default_factory=dict)
    vms: Mapping[str, Known] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """What becomes of one owner, VM or host; `fields` are (field, before, after)."""

    where: str
    kind: str
    name: str
    act: Act
    fields: tuple[tuple[str, str, str], ...] = ()
    sentence: str = ""
    pk: int | None = None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Items in the order in which they are written."""

    items: tuple[Item, ...]
    options: Options

    def count(self, act: Act) -> int:
        return sum(item.act is act for item in self.items)

    @property
    def digest(self) -> str:
        """Over all that the preview shows, what was there before included."""
        data = {"items": [asdict(item) for item in self.items], "options": asdict(self.options)}
        return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Refused(Exception):
    """A row is not taken; the text is why, in a sentence."""


def plan(rows: Iterable[Row], stock: Stock, options: Options = Options()) -> ImportPlan:  # noqa: B008  # frozen
    """Every row becomes one item or several (an owner or a VM that it brings with it)."""
    work = _Work(stock, options)
    for row in rows:
        try:
            work.take(row)
        except Refused as refused:
            name = row.values.get("name", "")
            work.items.append(Item(row.where, row.values.get("kind", ""), name, Act.REFUSE, (), str(refused)))
    return ImportPlan(tuple(work.items), options)


class _Work:
    """The stock as it would be after the rows so far."""

    def __init__(self, stock: Stock, options: Options) -> None:
        self.stock, self.options, self.items = stock, options, list[Item]()
        self.owners = dict(stock.owners)
        self.seen: dict[tuple[str, str], str] = {}
        self.new_hosts: dict[str, str] = {}
        self.said: dict[str, str] = {}
        self.places = {_place(host.fields): host.name for host in stock.hosts.values()}
        self.tenants = {host.fields["vm"].lower(): host.name for host in stock.hosts.values() if host.fields.get("vm")}

    def take(self, row: Row) -> None:
        """Raises Refused; nothing of the row counts then."""
        if row.fault:
            raise Refused(row.fault)
        values = _checked(row.values)
        kind = values.get("kind") or self._kind(values)
        if kind not in ("host", "vm"):
            raise Refused(f"The kind {kind!r} is neither host nor vm.")
        name = values["name"]
        if earlier := self.seen.get((kind, name.lower())):
            raise Refused(f"{name} stands in {earlier} already. Keep one of them.")
        self.seen[kind, name.lower()] = row.where
        items = list(self._owner(row.where, values))
        owned = {key: values[key] for key in OWNED if key in values}
        if kind == "vm":
            items.append(self._vm(row.where, name, {**owned, **_some(values, ("note",))}, values.get("owner", "")))
        else:
            items += self._host(row.where, name, values, owned)
        self._keep(items, values.get("owner", ""))

    def _kind(self, values: dict[str, str]) -> str:
        """A host where a column speaks of one, else what stands in stock under the name, else a VM."""
        name = values["name"].lower()
        of_host = {*OF_HOST, "fingerprint", "host_key"} - {"note"}
        return "host" if of_host & values.keys() or (name in self.stock.hosts and name not in self.stock.vms) else "vm"

    def _keep(self, items: list[Item], said: str) -> None:
        """`said` is the owner that the row names."""
        for item in items:
            if item.kind == "owner":
                self.owners[item.name.lower()] = item.name
            if item.kind == "vm" and item.act is not Act.SAME:
                self.seen.setdefault(("vm", item.name.lower()), item.where)
                self.said[item.name.lower()] = said
            if item.kind == "host":
                fields = {key: after for key, _, after in item.fields}
                known = self.stock.hosts.get(item.name.lower())
                whole = {**(known.fields if known else {}), **fields}
                self.places[_place(whole)] = item.name
                if whole.get("vm"):
                    self.tenants[whole["vm"].lower()] = item.name
                self.new_hosts[item.name.lower()] = item.name
        self.items += items

    def _owner(self, where: str, values: dict[str, str]) -> Iterable[Item]:
        name = values.get("owner", "")
        if not name:
            return
        known = self.owners.get(name.lower())
        if known:
            values["owner"] = known
            return
        if not self.options.make_owners:
            raise Refused(f"There is no owner called {name}. Add the owner first, or have missing owners made.")
        email = values.get("owner_email", "")
        yield Item(where, "owner", name, Act.CREATE, (("email", "", email),) if email else ())

    def _vm(self, where: str, name: str, fields: dict[str, str], said: str) -> Item:
        known = self.stock.vms.get(name.lower())
        return self._item(where, "vm", name, known, fields, said, {self._owner_of(known)})

    def _host(self, where: str, name: str, values: dict[str, str], owned: dict[str, str]) -> Iterable[Item]:
        known = self.stock.hosts.get(name.lower())
        fields = _some(values, OF_HOST)
        vm, said = values.get("vm") or (known.fields.get("vm", "") if known else ""), values.get("owner", "")
        there = self.stock.vms.get(vm.lower()) if vm else None
        if not known and "address" not in fields:
            raise Refused(f"{name} is not in stock, and the row gives no address to reach it at.")
        if "jump" in fields:
            fields["jump"] = self._jump(name, fields["jump"])
        self._place_free(name, {**(known.fields if known else {}), **fields})
        if vm:
            holder = self.tenants.get(vm.lower())
            if holder and holder.lower() != name.lower():
                raise Refused(f"The VM {vm} is the host {holder} already.")
            fields["vm"] = there.name if there else vm
            if ("vm", vm.lower()) not in self.seen:
                yield self._vm(where, fields["vm"], owned, said)
            elif owned.keys() - {"site"}:
                row = self.seen["vm", vm.lower()]
                raise Refused(f"The VM {vm} stands in {row} already. Give its owner, criticality and tags there.")
            else:
                said = self.said.get(vm.lower(), "")
            if "site" in owned:
                fields["site"] = owned["site"]
        else:
            fields |= owned
        whose = {self._owner_of(known), self._owner_of(there)}
        yield self._item(where, "host", name, known, fields | _key(name, values, known), said, whose)

    def _owner_of(self, known: Known | None) -> str:
        """Whose a machine in stock is; a host that is a VM is the VM's owner's."""
        vm = self.stock.vms.get(known.fields.get("vm", "").lower()) if known else None
        known = vm or known
        return known.fields.get("owner", "") if known else ""

    def _jump(self, name: str, jump: str) -> str:
        known = self.stock.hosts.get(jump.lower())
        there = known.name if known else self.new_hosts.get(jump.lower())
        if not there:
            raise Refused(f"The jump host {jump} is neither in stock nor in a row before this one.")
        via, far = there, 0
        while via:
            far += 1
            if via.lower() == name.lower() or far > 4:
                raise Refused(f"{jump} is reached through this host, or through too many others.")
            more = self.stock.hosts.get(via.lower())
            via = more.fields.get("jump", "") if more else ""
        return there

    def _place_free(self, name: str, fields: Mapping[str, str]) -> None:
        holder = self.places.get(_place(fields))
        if holder and holder.lower() != name.lower():
            raise Refused(f"{holder} has the address {fields['address']} and port {fields.get('port', '22')} already.")

    def _item(
        self, where: str, kind: str, name: str, known: Known | None, fields: dict[str, str], said: str, whose: set[str]
    ) -> Item:
        """`said`: the owner that the row names. `whose`: the owners whose machines it touches; "" for nobody's."""
        if known is None:
            made = tuple((key, "", fields[key]) for key in sorted(fields))
            return Item(where, kind, name, Act.CREATE, made, self._others(name, said, whose - {"", said}))
        changed = tuple(
            (key, known.fields.get(key, ""), fields[key])
            for key in sorted(fields)
            if known.fields.get(key, "") != fields[key]
        )
        if not changed:
            return Item(where, kind, known.name, Act.SAME, pk=known.pk)
        sentence = self._others(known.name, said, whose - {"", said})
        return Item(where, kind, known.name, Act.CHANGE, changed, sentence, known.pk)

    def _others(self, name: str, said: str, whose: set[str]) -> str:
        """What the preview says where another owner's machine is changed. Raises Refused without `overwrite`."""
        if not whose:
            return ""
        owner = min(whose)
        if self.options.overwrite:
            return f"It is {owner}'s: another owner's machine is changed."
        says = f"this row says {said}" if said else "this row does not say so"
        raise Refused(f"{name} is {owner}'s, and {says}. Let it be, or overwrite other owners knowingly.")


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    """Each value by its grammar, in the form in which it is kept. Raises Refused."""
    found = dict(values)
    if "name" not in found:
        raise Refused("It has no name.")
    names: dict[str, Callable[[str], None]] = dict.fromkeys(("name", "vm", "jump"), validate_machine_name)
    others: dict[str, Callable[[str], None]] = {
        "address": validate_address,
        "user": validate_login,
        "tags": validate_tags,
        "owner_email": validate_email,
    }
    for key, grammar in {**names, **others}.items():
        if key in found and (fault := fault_of(grammar, found[key])):
            raise Refused(f"{key}: {fault}")
    for key, most in LONGEST.items():
        if len(found.get(key, "")) > most:
            raise Refused(f"{key}: it is longer than {most} characters.")
    for key, value in found.items():
        if key != "note" and any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            raise Refused(f"{key}: it has control characters.")
    if "kind" in found:
        found["kind"] = found["kind"].lower()
    if "port" in found and not (found["port"].isascii() and found["port"].isdigit() and 0 < int(found["port"]) < 65536):
        raise Refused(f"port: {found['port']!r} is no port; they go from 1 to 65535.")
    if "port" in found:
        found["port"] = str(int(found["port"]))
    if "criticality" in found:
        found["criticality"] = found["criticality"].lower()
        if found["criticality"] not in set(Criticality):
            raise Refused(f"criticality: {found['criticality']!r} is none of {', '.join(Criticality)}.")
    if "sudo" in found:
        word = found["sudo"].lower()
        if word not in TRUE | FALSE:
            raise Refused(f"sudo: {word!r} is neither yes nor no.")
        found["sudo"] = "yes" if word in TRUE else "no"
    if "tags" in found:
        found["tags"] = " ".join(sorted(tag_words(found["tags"])))
    return found


def _key(name: str, values: Mapping[str, str], known: Known | None) -> dict[str, str]:
    """The host key that the row vouches for, as the field `key` (fingerprint, or the whole public line)."""
    line, fingerprint = values.get("host_key", ""), values.get("fingerprint", "")
    if line:
        try:
            shown = parse_public_key(line).fingerprint()
        except HostKeyFormatError as error:
            raise Refused(f"host_key: {error}") from None
        if fingerprint and fingerprint != shown:
            raise Refused(f"Its fingerprint is {fingerprint}, and its host_key has {shown}.")
        fingerprint = shown
    if not fingerprint:
        return {}
    if not is_fingerprint(fingerprint):
        raise Refused(f"fingerprint: {fingerprint!r} is none; it looks like SHA256:… with 43 letters and digits.")
    trusted = known.trusted if known else frozenset()
    if fingerprint in trusted or (not line and known and fingerprint in known.expected):
        return {}
    if trusted:
        raise Refused(
            f"{name} has a trusted key already, {min(trusted)}, and this row gives {fingerprint}. "
            "If the host was rebuilt, revoke the old key on its page first."
        )
    return {"key": line or fingerprint}


def _place(fields: Mapping[str, str]) -> tuple[str, str, str]:
    return fields.get("address", "").lower(), fields.get("port") or "22", fields.get("jump", "").lower()


def _some(values: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    return {key: values[key] for key in keys if key in values}


def as_json(item: Item) -> dict[str, Any]:
    """An item as the API tells it."""
    fields = {key: {"before": before, "after": after} for key, before, after in item.fields}
    told = {"where": item.where, "kind": item.kind, "name": item.name, "act": item.act.value}
    return {**told, "fields": fields, "sentence": item.sentence}
