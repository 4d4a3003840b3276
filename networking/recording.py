"""Keeps what the sweep heard: a row is written only where something is other than before.

One transaction for a batch of hosts. A host whose answer is the very same as before costs its share of one UPDATE.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from audit.text import storable
from inventory.models import Host
from networking import seen
from networking.bonding.states import WORST_FIRST, HealthState
from networking.drift import Compared, Drift
from networking.drill.asking import failures_made
from networking.facts.values import BondNow, Neighbour
from networking.facts.values import Nic as NicNow
from networking.health import health_of, stale_sentence
from networking.idle import idle_ports
from networking.models import Bond, BondMove, HostNetwork, LinkFailures, Nic, SweepWish
from networking.seen import Answer
from networking.telling import turned
from networking.topology import PortRow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_MISSES = 5
"""Each attempt that fails doubles the time until the next one, up to 2 to the power of this."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking one host: an answer, or the sentence why there is none, or neither: nothing has changed.

    drift  its bonds against its files; None where these were not read, and what was found last holds
    begun  when somebody set out to ask
    """

    host_id: int
    answer: Answer | None = None
    digest: str = ""
    error: str = ""
    drift: Drift | None = None
    begun: datetime | None = None


@dataclass(slots=True)
class _Rows:
    """Everything that a batch writes."""

    nics_new: list[Nic] = field(default_factory=list)
    nics: list[Nic] = field(default_factory=list)
    bonds_new: list[Bond] = field(default_factory=list)
    bonds: list[Bond] = field(default_factory=list)
    moves: list[BondMove] = field(default_factory=list)
    failures: list[LinkFailures] = field(default_factory=list)
    turns: list[tuple[Bond, str]] = field(default_factory=list)
    """Bonds with the state that they were in before."""


NIC_FIELDS = (
    *("name", "present", "permanent_address", "driver", "bus", "mtu", "up", "carrier", "speed_mbps", "nominal_mbps"),
    *("duplex", "addresses", "active", "used", "idle", "switch", "switch_port"),
    "bond_id",
)
BOND_FIELDS = (
    *("present", "mode", "primary", "primary_reselect", "miimon", "active", "active_mbps", "active_nominal_mbps"),
    *("state", "sentence", "evidence", "findings", "ports", "addresses", "failures_hour", "failures_day"),
    *("drift", "untold", "one_switch"),
)


def record(batch: Sequence[Heard], owner: str, now: datetime) -> int:
    """Keep what was heard of hosts whose lease is `owner`'s; how many bonds are other than before."""
    with transaction.atomic():
        rows = HostNetwork.objects.select_for_update().filter(
            lease_owner=owner, host_id__in=[heard.host_id for heard in batch]
        )
        known = {row.host_id: row for row in rows}
        ours = [heard for heard in batch if heard.host_id in known]
        _same([heard.host_id for heard in ours if not heard.answer and not heard.error], now)
        moved = _answered([heard for heard in ours if heard.answer], known, now)
        moved += _silent([heard for heard in ours if heard.error], known, now)
        HostNetwork.objects.filter(pk__in=_asked_for_meanwhile(ours)).update(next_at=now)
    return moved


def _asked_for_meanwhile(batch: list[Heard]) -> list[int]:
    """Hosts that somebody asked for while they were being asked: what they said may be from before."""
    wishes = SweepWish.objects.filter(host_id__in=[heard.host_id for heard in batch])
    latest = dict(wishes.order_by().values_list("host_id").annotate(Max("asked_at")))
    return [one.host_id for one in batch if one.begun and one.host_id in latest and latest[one.host_id] > one.begun]


def _again(now: datetime, misses: int = 0) -> datetime:
    return now + timedelta(seconds=settings.FLEET_SECONDS * 2 ** min(misses, MOST_MISSES))


def _same(ids: list[int], now: datetime) -> None:
    HostNetwork.objects.filter(pk__in=ids).update(
        seen_at=now, tried_at=now, error="", misses=0, next_at=_again(now), lease_owner="", lease_until=None
    )


def _silent(batch: list[Heard], known: dict[int, HostNetwork], now: datetime) -> int:
    """Keep why hosts did not answer; bonds of those that are silent for long become stale."""
    long_silent = list[int]()
    for heard in batch:
        row = known[heard.host_id]
        row.error, row.misses, row.tried_at = storable(heard.error), row.misses + 1, now
        row.next_at, row.lease_owner, row.lease_until = _again(now, row.misses), "", None
        if row.seen_at and row.seen_at < now - timedelta(seconds=settings.FLEET_STALE_SECONDS):
            long_silent.append(row.host_id)
    fields = ["error", "misses", "tried_at", "next_at", "lease_owner", "lease_until"]
    _rewrite([known[heard.host_id] for heard in batch], fields)
    better = Bond.objects.there().filter(host_id__in=long_silent, rank__gt=_rank(HealthState.STALE))
    out = _Rows()
    through = set(Host.objects.filter(pk__in=long_silent, jump__isnull=False).values_list("pk", flat=True))
    for bond in better:
        row = known[bond.host_id]
        before = _shown(bond)
        bond.state = HealthState.STALE.value
        bond.sentence = stale_sentence(row.seen_at, "" if row.pk in through else row.error)
        bond.evidence, bond.findings = [], []
        _touch(out, bond, before, now)
    _write(out)
    return len(out.bonds)


def _answered(batch: list[Heard], known: dict[int, HostNetwork], now: datetime) -> int:
    ids = [heard.host_id for heard in batch]
    nics, bonds = defaultdict[int, list[Nic]](list), defaultdict[int, list[Bond]](list)
    for nic in Nic.objects.filter(host_id__in=ids):
        nics[nic.host_id].append(nic)
    for bond in Bond.objects.filter(host_id__in=ids):
        bonds[bond.host_id].append(bond)
    recent = _recent([bond.pk for rows in bonds.values() for bond in rows], now)
    drilled = failures_made(ids, now - HOUR)
    out = _Rows()
    for heard in batch:
        host = _Host(known[heard.host_id], nics[heard.host_id], bonds[heard.host_id], recent, drilled, now, out)
        host.hear(heard)
    _write(out)
    fields = ["seen_at", "tried_at", "error", "misses", "next_at", "lease_owner", "lease_until", "boot_id", "digest"]
    _rewrite([known[pk] for pk in ids], [*fields, "full_at", "files_at", "unsettled"])
    return len(out.bonds_new) + len(out.bonds)


def _rewrite(rows: list[HostNetwork], fields: list[str]) -> None:
    """Write fields of rows that are there and locked, as an upsert: `bulk_update` spends a millisecond on each."""
    HostNetwork.objects.bulk_create(rows, update_conflicts=True, unique_fields=["host"], update_fields=fields)


def _recent(bonds: list[int], now: datetime) -> dict[int, list[tuple[str, datetime, int]]]:
    """Bond → (port, time, count) of the failures of the last day."""
    found = defaultdict[int, list[tuple[str, datetime, int]]](list)
    rows = LinkFailures.objects.filter(bond_id__in=bonds, at__gt=now - DAY)
    for bond, port, at, count in rows.values_list("bond_id", "port", "at", "count"):
        found[bond].append((port, at, count))
    return found


@dataclass(slots=True)
class _Host:
    """One host's rows, and how an answer changes them. `drilled` are failures that we made, which are no flapping."""

    row: HostNetwork
    nics: list[Nic]
    bonds: list[Bond]
    recent: dict[int, list[tuple[str, datetime, int]]]
    drilled: dict[tuple[int, str], Counter[str]]
    now: datetime
    out: _Rows

    def hear(self, heard: Heard) -> None:
        answer = heard.answer
        assert answer is not None  # noqa: S101 - chosen by the caller
        known = {nic.key: nic for nic in self.nics}
        nominal = {key: nic.nominal_mbps for key, nic in known.items()}
        nics = {nic.name: self._with_neighbour(nic, known) for nic in seen.with_nominal(answer.nics, nominal)}
        rebooted = bool(self.row.boot_id) and self.row.boot_id != answer.boot_id
        drift = heard.drift or {}
        rows = {bond.name: self._bond(bond, nics, rebooted, drift.get(bond.name)) for bond in answer.bonds}
        for old in self.bonds:
            if old.name not in rows and old.present:
                before = _shown(old)
                old.present, old.ports, old.one_switch = False, [], ""
                _touch(self.out, old, before, self.now)
        self._ports(nics, rows)
        row = self.row
        row.seen_at = row.tried_at = self.now
        row.error, row.misses, row.next_at, row.lease_owner, row.lease_until = "", 0, _again(self.now), "", None
        row.boot_id, row.digest, row.full_at = answer.boot_id[:64], heard.digest, self.now
        row.files_at = self.now if heard.drift is not None else row.files_at
        row.unsettled = any(bond.failures_day for bond in rows.values())

    def _with_neighbour(self, nic: NicNow, known: dict[str, Nic]) -> NicNow:
        """A port without a link hears nobody; it is still plugged in where it was last heard."""
        row = known.get(seen.key_of(nic))
        if nic.neighbour or nic.carrier or row is None or not row.switch:
            return nic
        return replace(nic, neighbour=Neighbour(row.switch, row.switch_port))

    def _bond(self, bond: BondNow, nics: dict[str, NicNow], rebooted: bool, compared: Compared | None) -> Bond:
        row = next((row for row in self.bonds if row.name == bond.name), None)
        if compared is None:
            compared = Compared(tuple(row.drift), row.untold) if row else Compared()
        fresh, lately = {}, list[tuple[str, datetime, int]]()
        if row is not None:
            fresh = seen.fresh_failures(map(seen.port_of, row.ports), bond, rebooted) if row.present else {}
            self.out.failures += [
                LinkFailures(bond=row, port=port, at=self.now, count=count) for port, count in fresh.items()
            ]
            lately = [*self.recent.get(row.pk, ()), *((port, self.now, count) for port, count in fresh.items())]
        hour, day = Counter[str](), Counter[str]()
        for port, at, count in lately:
            day[port] += count
            hour[port] += count if at > self.now - HOUR else 0
        ports = seen.ports_seen(bond, nics, day)
        unasked = hour - self.drilled.get((self.row.host_id, bond.name), Counter())
        health = health_of(bond, nics, unasked, compared.differences)
        fields = seen.bond_fields(bond, ports, health, seen.addresses_of(bond.name, nics))
        fields |= {"failures_hour": hour.total(), "failures_day": day.total(), "present": True}
        fields |= {"drift": list(compared.differences), "untold": compared.untold}
        return self._kept(row, bond.name, storable(fields))

    def _kept(self, row: Bond | None, name: str, fields: dict[str, Any]) -> Bond:
        if row is None:
            row = Bond(host_id=self.row.host_id, name=name, since=self.now, changed_at=self.now, **fields)
            row.rank = _rank(row.health)
            self.out.bonds_new.append(row)
            return row
        before = _shown(row)
        for field_name, value in fields.items():
            setattr(row, field_name, value)
        if before != _shown(row):
            _touch(self.out, row, before, self.now)
        return row

    def _ports(self, nics: dict[str, NicNow], bonds: dict[str, Bond]) -> None:
        """The host's NICs; each that is a bond's port points to it."""
        of_bond = {port["name"]: (bond, port["active"]) for bond in bonds.values() for port in bond.ports}
        old = {nic.key: nic for nic in self.nics}
        found = {seen.key_of(nic)[:32]: nic for nic in nics.values() if nic.kind == seen.PHYSICAL}
        idling = _idling(found.values(), of_bond)
        for key, nic in found.items():
            bond, active = of_bond.get(nic.name, (None, False))
            fields = storable(_nic_fields(nic)) | {"active": active, "idle": nic.name in idling}
            row = old.get(key)
            if row is None:
                row = Nic(host_id=self.row.host_id, key=key, first_seen=self.now, bond=bond, **fields)
                self.out.nics_new.append(row)
            elif row.bond_id != (bond.pk if bond else None) or any(
                getattr(row, name) != value for name, value in fields.items()
            ):
                row.bond = bond
                for name, value in fields.items():
                    setattr(row, name, value)
                self.out.nics.append(row)
        for key, row in old.items():
            if key not in found and row.present:
                row.present, row.bond, row.active, row.idle = False, None, False, False
                self.out.nics.append(row)


def _idling(nics: Iterable[NicNow], of_bond: Mapping[str, tuple[Bond, bool]]) -> set[str]:
    """Names of those of a host's ports that idle."""
    rows = []
    for nic in nics:
        bond, active = of_bond.get(nic.name, (None, False))
        row = PortRow(
            "", nic.name, bond=bond.name if bond else "", active=active, up=bool(nic.carrier), used=_used(nic)
        )
        rows.append(replace(row, speed_mbps=nic.speed_mbps, nominal_mbps=nic.nominal_mbps))
    return {idle.port.nic for idle in idle_ports(rows)}


def _used(nic: NicNow) -> bool:
    return bool(nic.addresses) or any(upper != nic.master for upper in nic.uppers)


def _nic_fields(nic: NicNow) -> dict[str, Any]:
    neighbour = nic.neighbour
    return {
        "name": nic.name[:15],
        "present": True,
        "permanent_address": nic.permanent_address[:20],
        "driver": nic.driver[:40],
        "bus": nic.bus[:40],
        "mtu": nic.mtu,
        "up": nic.up,
        "carrier": nic.carrier,
        "speed_mbps": nic.speed_mbps,
        "nominal_mbps": nic.nominal_mbps,
        "duplex": (nic.duplex or "")[:10],
        "addresses": list(nic.addresses),
        "used": _used(nic),
        "switch": neighbour.switch[:120] if neighbour else "",
        "switch_port": neighbour.port[:80] if neighbour else "",
    }


def _shown(bond: Bond) -> dict[str, Any]:
    return {name: getattr(bond, name) for name in BOND_FIELDS}


def _touch(out: _Rows, bond: Bond, before: dict[str, Any], now: datetime) -> None:
    """The bond is written, and what history tells of it becomes a row of its own."""
    bond.changed_at, bond.rank = now, _rank(bond.health)
    if bond.state != before["state"]:
        bond.since = now
        out.turns.append((bond, before["state"]))
    what = seen.what_moved(before, _shown(bond))
    if bond.present != before["present"]:
        what["bond"] = ["there", "gone"] if not bond.present else ["gone", "there"]
    if what:
        out.moves.append(BondMove(bond=bond, at=now, state=bond.state, sentence=bond.sentence, what=what))
    out.bonds.append(bond)


def _rank(state: HealthState) -> int:
    return WORST_FIRST.index(state)


def _write(out: _Rows) -> None:
    Bond.objects.bulk_create(out.bonds_new)
    Bond.objects.bulk_update(out.bonds, [*BOND_FIELDS, "rank", "since", "changed_at"], batch_size=100)
    first = [BondMove(bond=b, at=b.since, state=b.state, sentence=b.sentence) for b in out.bonds_new]
    BondMove.objects.bulk_create([*first, *out.moves])
    LinkFailures.objects.bulk_create(out.failures)
    turned(out.turns)
    _save_nics(out.nics_new, out.nics)


def _save_nics(fresh: Sequence[Nic], known: Sequence[Nic]) -> None:
    for nic in (*fresh, *known):
        nic.bond = nic.bond  # a bond that was new has its number only now
    Nic.objects.bulk_create(fresh)
    Nic.objects.bulk_update(known, [name.removesuffix("_id") for name in NIC_FIELDS], batch_size=100)
