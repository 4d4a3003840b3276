"""Asks the fleet: every host that is due, many at once, over connections that are kept.

Only hosts with a trusted key are asked. A host is leased while it is asked, so that two sweeps never double; the one
thread that reads and writes the database hands targets to threads that speak SSH and know no database. A host that is
off costs a TCP connect that nobody else waits for, and each failure doubles the time until it is tried again.
"""

from __future__ import annotations

import hashlib
import socket
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from execution.janitor import pulse
from execution.leases import database_now
from inventory.connect import Targets, note_strange_key
from inventory.models import Host
from networking.asking import enrol
from networking.drift import Drift, drift_of, untold
from networking.facts.nics import AskBonds
from networking.facts.setup import AskSetup
from networking.facts.values import Bonds
from networking.models import HostNetwork
from networking.recording import Heard, record
from ssh.facts import FactError
from ssh.kept import KeptSession
from ssh.paramiko_session import Target, knock
from ssh.pool import SessionPool
from ssh.session import HostKeyUnknown, Result, Session, SessionError, SudoRefused
from ssh.without_sudo import WithoutSudo

LEASE = timedelta(seconds=180)
SLICE, BATCH = 200, 100
"""Hosts claimed at once, and answers kept in one transaction."""

KNOCKS = 256
"""TCP connects under way at once; a thread that waits for one costs nothing."""

PULSE_EVERY = 5.0
FULL_EVERY = timedelta(minutes=15)
"""So often neighbours, addresses, supported speeds and files are asked for although nothing else has changed."""

LEAN, FULL, SETUP = AskBonds(lean=True), AskBonds(), AskSetup()


@dataclass(frozen=True, slots=True)
class Errand:
    """A host to be asked: how to reach it, and what of it is known.

    digest  of its last lean answer
    whole   all is asked although that answer comes again; files: its configuration too, where it has bonds
    begun   when it was claimed: who asks for it later means another answer
    """

    host_id: int
    target: Target
    sudo: bool
    digest: str = ""
    whole: bool = True
    files: bool = True
    begun: datetime = field(default_factory=timezone.now)


@dataclass(slots=True)
class Told:
    """What a round did."""

    asked: int = 0
    silent: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class _Back:
    """What a thread came back with; `strange` is a host key that was not the trusted one."""

    heard: Heard
    strange: HostKeyUnknown | None = None


class Fleet:
    """Asks hosts, and keeps the connections to them; one per process.

    hands  SSH conversations at once; per_jump of them through one jump host
    keep   connections that stay open between rounds
    """

    lean = LEAN.command()

    def __init__(self, hands: int, per_jump: int, keep: int, patience: float) -> None:
        self._hands, self._per_jump, self._patience = threading.Semaphore(hands), per_jump, patience
        self.pool = SessionPool(size=keep, idle=max(300.0, 3.0 * settings.FLEET_SECONDS), talks=hands)

    def round(self, within: float = 600.0) -> Told:
        """Ask everybody who is due, for at most about `within` seconds."""
        now = _Round(self, uuid.uuid4().hex, time.monotonic() + within)
        with ThreadPoolExecutor(KNOCKS, "sweep") as threads:
            try:
                return now.run(threads)
            finally:
                release(now.owner)

    def start(self, errand: Errand, threads: ThreadPoolExecutor) -> Future[_Back]:
        """Set out to ask one host: over the connection that is kept of it, else in a thread."""
        kept = self.pool.take_kept(self._target(errand))
        if kept is None:
            return threads.submit(self.ask, errand)
        back = Future[_Back]()
        kept.ask(self.lean).add_done_callback(partial(self._leaned, errand, kept, threads, back))
        return back

    def ask(self, errand: Errand) -> _Back:
        """One host, in a thread of its own; raises nothing."""
        return self._told(errand, self._ask)

    def _leaned(
        self,
        errand: Errand,
        kept: KeptSession,
        threads: ThreadPoolExecutor,
        back: Future[_Back],
        asked: Future[Result],
    ) -> None:
        """The lean question was answered, in the loop of the kept connections: what takes longer is for a thread."""
        same = None if asked.exception() else self._same(errand, asked.result())
        if same:
            self.pool.keep(kept)
            back.set_result(_Back(same))
            return
        rest = threads.submit(self._told, errand, partial(self._go_on, kept, asked))
        rest.add_done_callback(lambda done: back.set_result(done.result()))

    def _told(self, errand: Errand, ask: Callable[[Errand], Heard]) -> _Back:
        try:
            return _Back(ask(errand))
        except HostKeyUnknown as error:
            return _Back(Heard(errand.host_id, error=str(error)), error)
        except (SessionError, FactError) as error:
            return _Back(Heard(errand.host_id, error=str(error)))
        except Exception as error:  # one host's answer must not end the round of all others
            sentence = f"Regroup could not read the answer of {errand.target.name}: {type(error).__name__}: {error}"
            return _Back(Heard(errand.host_id, error=sentence))

    def _target(self, errand: Errand) -> Target:
        return replace(errand.target, connect_timeout=self._patience)

    def _ask(self, errand: Errand) -> Heard:
        if self.pool.has(self._target(errand)):
            try:
                return self._talk(errand)
            except SessionError as error:
                if error.sent:
                    raise
        return self._anew(errand)

    def _go_on(self, kept: KeptSession, asked: Future[Result], errand: Errand) -> Heard:
        """After the lean question over a kept connection. A host that certainly did not get it is asked anew."""
        try:
            with self._hands, self.pool.lent(kept):
                return self._rest(errand, kept, asked.result())
        except SessionError as error:
            if error.sent:
                raise
        return self._anew(errand)

    def _anew(self, errand: Errand) -> Heard:
        target = self._target(errand)
        return self._talk(errand, None if target.jump else knock(target))

    def _talk(self, errand: Errand, sock: socket.socket | None = None) -> Heard:
        with self._hands, self.pool.acquire(self._target(errand), sock) as session:
            lean = session.run(self.lean)
            return self._same(errand, lean) or self._rest(errand, session, lean)

    def _same(self, errand: Errand, lean: Result) -> Heard | None:
        """Where the lean answer is the one of last time, nothing else has changed by itself."""
        same = _digest(lean) == errand.digest
        return Heard(errand.host_id) if same and not errand.whole else None

    def _rest(self, errand: Errand, session: Session, lean: Result) -> Heard:
        """All that there is to ask."""
        speaking = session if errand.sudo else WithoutSudo(session)
        bonds, digest = FULL.parse(speaking.run(FULL.command())), _digest(lean)
        files = bonds.bonds and (errand.files or digest != errand.digest)
        return Heard(errand.host_id, bonds, digest, drift=_drift(speaking, bonds) if files else None)


def _digest(lean: Result) -> str:
    return hashlib.sha256(b"%d " % lean.status + lean.stdout).hexdigest()


def _drift(session: Session, bonds: Bonds) -> Drift:
    """Its bonds against its files. That these cannot be read, or understood, is told of its bonds and ends nothing."""
    try:
        return drift_of(bonds, SETUP.parse(session.run(SETUP.command())))
    except (SudoRefused, FactError) as error:
        return untold(bonds, str(error))


@dataclass(slots=True)
class _Round:
    """One round of the database's thread: claim, hand out, gather, keep."""

    fleet: Fleet
    owner: str
    until: float
    errands: deque[Errand] = field(default_factory=deque)
    out: dict[Future[_Back], Errand] = field(default_factory=dict)
    done: SimpleQueue[Future[_Back]] = field(default_factory=SimpleQueue)
    jumps: Counter[Target] = field(default_factory=Counter)
    heard: list[Heard] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    said: float = 0.0

    def run(self, threads: ThreadPoolExecutor) -> Told:
        more = True
        while True:
            self._pulse()
            if more and len(self.errands) < SLICE and time.monotonic() < self.until:
                more = self._claim()
            self._hand_out(threads)
            if not self.out and not self.errands:
                break
            self._gather()
        self._keep()
        return self.told

    def _pulse(self) -> None:
        if time.monotonic() - self.said > PULSE_EVERY:
            self.said = time.monotonic()
            pulse("fleet")
            renew(self.owner)

    def _claim(self) -> bool:
        """The next hosts that are due; False where there are none."""
        begun = timezone.now()
        ids = claim(self.owner, SLICE)
        hosts = Host.objects.filter(pk__in=ids).select_related("credential", "network").prefetch_related("keys")
        targets = Targets()
        for host in hosts:
            try:
                target = targets.of(host)
            except SessionError as error:
                self.heard.append(Heard(host.pk, error=str(error), begun=begun))
                continue
            whole, files = _due(host.network)
            self.errands.append(Errand(host.pk, target, host.sudo, host.network.digest, whole, files, begun))
        return len(ids) == SLICE

    def _hand_out(self, threads: ThreadPoolExecutor) -> None:
        """Errands to free threads; those behind a busy jump host wait their turn."""
        for _ in range(len(self.errands)):
            if len(self.out) >= KNOCKS:
                return
            errand = self.errands.popleft()
            jump = errand.target.jump
            if jump and self.jumps[jump] >= self.fleet._per_jump:
                self.errands.append(errand)
                continue
            if jump:
                self.jumps[jump] += 1
            future = self.fleet.start(errand, threads)
            self.out[future] = errand
            future.add_done_callback(self.done.put)

    def _gather(self) -> None:
        """Those that are done by now; where there are none, wait a moment for one."""
        done = list[Future[_Back]]()
        with suppress(Empty):
            done.append(self.done.get(timeout=0.5))
            while True:
                done.append(self.done.get_nowait())
        for future in done:
            errand, back = self.out.pop(future), future.result()
            if errand.target.jump:
                self.jumps[errand.target.jump] -= 1
            if back.strange:
                note_strange_key(Host.objects.get(pk=errand.host_id), back.strange)
            self.heard.append(replace(back.heard, begun=errand.begun))
        if len(self.heard) >= BATCH:
            self._keep()

    def _keep(self) -> None:
        if self.heard:
            self.told.asked += len(self.heard)
            self.told.silent += sum(1 for heard in self.heard if heard.error)
            self.told.changed += record(self.heard, self.owner, timezone.now())
            self.heard = []


def _due(row: HostNetwork) -> tuple[bool, bool]:
    """Whether a host does not get off with the lean question; and whether its files are read then."""
    late = timezone.now() - FULL_EVERY
    due = row.full_at is None or row.full_at < late or bool(row.error)
    return due or row.unsettled, row.files_at is None or row.files_at < late or bool(row.error)


def claim(owner: str, most: int) -> list[int]:
    """Lease hosts that are due and that nobody is asking; their numbers."""
    now = database_now()
    free = Q(lease_owner="") | Q(lease_until__lt=now)
    due = HostNetwork.objects.filter(free, next_at__lte=now).order_by("next_at")
    ids = list(due.values_list("host_id", flat=True)[:most])
    HostNetwork.objects.filter(free, pk__in=ids).update(lease_owner=owner, lease_until=now + LEASE)
    return list(HostNetwork.objects.filter(pk__in=ids, lease_owner=owner).values_list("host_id", flat=True))


def renew(owner: str) -> None:
    HostNetwork.objects.filter(lease_owner=owner).update(lease_until=database_now() + LEASE)


def release(owner: str) -> None:
    HostNetwork.objects.filter(lease_owner=owner).update(lease_owner="", lease_until=None)


_fleet: Fleet | None = None


def sweep() -> Told:
    """One round of this process's fleet: whoever is due. Connections stay open for the next."""
    global _fleet
    if _fleet is None:
        _fleet = Fleet(
            settings.FLEET_CONNECTIONS, settings.FLEET_PER_JUMP, settings.FLEET_KEPT, settings.FLEET_PATIENCE
        )
    pulse("fleet")
    enrol()
    return _fleet.round()
