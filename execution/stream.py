"""A change's log and steps as they move, by server-sent events.

One reader per web process, one thread with one database connection, looks at every change that
somebody watches; so a hundred viewers cost the database what one does. Each viewer has a cursor
of its own: `seq > n` is right after a reload, a late join or a lost connection. What is sent: `execution.messages`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import DatabaseError, connections
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from changes.models import Change
from changes.rights import changes_seen_by
from changes.states import ACTIVE, State
from execution.connections import give_back
from execution.logs import pieces
from execution.messages import DONE, STEPS, fitting, log_event, silent_event
from execution.models import Run, StepRun
from people.access import Request, requires
from people.actor import Actor
from people.models import Session, User
from people.roles import Role
from people.selectors import actors_of

log = logging.getLogger(__name__)

POLL = 0.2
QUICK = 0.05
"""Seconds between two looks while lines come, and for `LIVELY` seconds after the last."""

LIVELY = 2.0
PING = 15.0
RECHECK = 5.0
"""Seconds after which all viewers are asked after again: whether they still are signed in, and still see the change."""

RETRY = 2000
"""Milliseconds after which a browser comes back."""

PAGE = 1000
BACKLOG = 1 << 20
"""Bytes that a viewer may be behind before it is given no more; what is given then is one message beyond it."""

PATIENCE = 10.0
"""Seconds after which a viewer that takes nothing is let go; it comes back with its cursor."""

MOVING = ACTIVE | {State.WAITING}


def is_moving(change: Change) -> bool:
    """Whether something may happen to the change without anybody's act, so that it is worth watching."""
    return change.planning or change.state in MOVING


@dataclass(eq=False, slots=True)
class Viewer:
    """One open stream. `queue` is only ever filled from the loop's own thread; None in it is the end.

    stamp    of the change as the page has it; empty if that is not known
    given, taken   bytes: put into the queue by the reader, and sent; each is written by one thread
    silent   whether it was told that the run's worker is
    over     nothing more is read for it
    """

    change: int
    user: int
    session: str
    cursor: int
    loop: asyncio.AbstractEventLoop
    stamp: str = ""
    queue: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    run: int | None = None
    given: int = 0
    taken: int = 0
    silent: bool = False
    over: bool = False
    _taken_before: int = 0
    _took: float = field(default_factory=time.monotonic)

    def give(self, message: bytes | None) -> None:
        self.given += len(message or b"")
        try:
            self.loop.call_soon_threadsafe(self.queue.put_nowait, message)
        except RuntimeError:  # the server's loop has ended, and the viewer with it
            self.over = True

    @property
    def full(self) -> bool:
        return self.given - self.taken >= BACKLOG

    def stuck(self, now: float) -> bool:
        """Whether it has taken nothing for a long time although there is enough."""
        if not self.full or self.taken != self._taken_before:
            self._taken_before, self._took = self.taken, now
        return now - self._took > PATIENCE


class Reader:
    """Reads for all viewers of this process, in a thread that ends when nobody watches."""

    def __init__(self) -> None:
        self._viewers: set[Viewer] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._moved = self._asked = 0.0

    def add(self, viewer: Viewer) -> None:
        with self._lock:
            self._viewers.add(viewer)
            if self._thread is None:
                self._thread = threading.Thread(target=self._read, name="stream", daemon=True)
                self._thread.start()

    def remove(self, viewer: Viewer) -> None:
        with self._lock:
            self._viewers.discard(viewer)

    def join(self, timeout: float = 5.0) -> None:
        """Wait until the thread has ended, which it does once nobody watches."""
        thread = self._thread
        if thread:
            thread.join(timeout)

    def _read(self) -> None:
        try:
            while self._someone():
                if not self._try_round():
                    time.sleep(QUICK if time.monotonic() - self._moved < LIVELY else POLL)
        finally:
            connections.close_all()

    def _try_round(self) -> bool:
        """A round that fails is tried again: all viewers hang on this one thread."""
        try:
            return self._round()
        except DatabaseError as error:
            log.info("stream: %s; asking again", error)
        except Exception:
            log.exception("stream: a round failed; trying again")
        connections.close_all()
        return False

    def _someone(self) -> bool:
        with self._lock:
            self._viewers = {viewer for viewer in self._viewers if not viewer.over}
            if not self._viewers:
                self._thread = None
            return bool(self._viewers)

    def _round(self) -> bool:
        """Give everybody what is new. True when there is more to read at once."""
        with self._lock:
            viewers = [viewer for viewer in self._viewers if not viewer.over]
        self._let_go(viewers)
        views = look({viewer.change for viewer in viewers})
        pages: Pages = {}
        more = [_serve(viewer, views.get(viewer.change), pages) for viewer in viewers if not viewer.over]
        if any(data for data, _ in pages.values()):
            self._moved = time.monotonic()
        return any(more)

    def _let_go(self, viewers: Iterable[Viewer]) -> None:
        """Viewers that take nothing, and those who may no longer look."""
        now = time.monotonic()
        due = now - self._asked >= RECHECK
        may = watching((viewer.user, viewer.session, viewer.change) for viewer in viewers) if due else None
        self._asked = now if due else self._asked
        for viewer in viewers:
            if viewer.stuck(now) or (may is not None and (viewer.user, viewer.session, viewer.change) not in may):
                _end(viewer, None)


READER = Reader()


Pages = dict[tuple[int, int], tuple[bytes, int]]
"""Run and cursor -> the next lines as they are sent, and the last one's number: made once for all who are there."""


@dataclass(frozen=True, slots=True)
class Look:
    """A change at one moment: its stamp differs whenever the page would. `silent` as `silence` has it."""

    moving: bool
    run: int | None
    last_seq: int
    stamp: str
    silent: int


def look(numbers: Iterable[int]) -> Mapping[int, Look]:
    """The changes of these numbers now; three queries, however many viewers."""
    wanted = list(numbers)
    runs: dict[int, Run] = {}
    for run in Run.objects.filter(change__in=wanted).order_by("pk"):
        runs[run.change_id] = run
    steps: dict[int, list[Any]] = {}
    rows = StepRun.objects.filter(run__in=[run.pk for run in runs.values()]).order_by("pk")
    for pk, run_id, *row in rows.values_list("pk", "run_id", "state", "attempt", "ended_at"):
        steps.setdefault(run_id, []).append((pk, *row))
    # Changes are read last: a change that has ended by now has all its steps and lines behind it.
    return {
        change.pk: _look(change, runs.get(change.pk), steps)
        for change in Change.objects.filter(pk__in=wanted).only("status", "planning", "digest", "editor_id")
    }


def _look(change: Change, run: Run | None, steps: Mapping[int, list[Any]]) -> Look:
    rows = steps.get(run.pk, []) if run else []
    stamp, silent = stamp_of(change, run, rows), silence(change, run)
    return Look(is_moving(change), run.pk if run else None, run.last_seq if run else 0, stamp, silent)


def silence(change: Change, run: Run | None) -> int:
    """Seconds for which the worker of a running change has given no sign of life; 0 while nothing is wrong.

    So long the host may have gone on without a line of it being here.
    """
    if change.state not in (State.RUNNING, State.UNDOING) or run is None or run.lease_until is None:
        return 0
    renewed = run.lease_until - timedelta(seconds=settings.LEASE_SECONDS)
    quiet = (timezone.now() - renewed).total_seconds()
    return int(quiet) if quiet > 2 * settings.HEARTBEAT_SECONDS else 0


def stamp_of(change: Change, run: Run | None, rows: Iterable[tuple[Any, ...]]) -> str:
    """A short text that differs whenever the page would. `rows` as `step_marks` gives them."""
    of_run = (run.pk, run.phase, run.cancel_requested, run.wait_until, run.sentence) if run else ()
    seen = (change.status, change.planning, change.digest, of_run, tuple(rows))
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def step_marks(rows: Iterable[StepRun]) -> list[tuple[Any, ...]]:
    """What a stamp sees of a run's steps, in the order of their making."""
    return [(row.pk, row.state, row.attempt, row.ended_at) for row in sorted(rows, key=lambda row: row.pk)]


def _serve(viewer: Viewer, seen: Look | None, pages: Pages) -> bool:
    """One viewer's lines, a word if the steps moved, and the end. True if more lines wait."""
    if seen is None:
        return _end(viewer, None)
    if viewer.full:
        return False
    if viewer.run not in (None, seen.run):
        viewer.cursor = 0
    viewer.run = seen.run
    if seen.run is not None and seen.last_seq > viewer.cursor:
        key = (seen.run, viewer.cursor)
        if key not in pages:
            found = fitting(pieces(seen.run, viewer.cursor + 1, viewer.cursor + PAGE))
            pages[key] = (log_event(found, timezone.now()), found[-1].last) if found else (b"", 0)
        data, last = pages[key]
        if data:
            viewer.give(data)
            viewer.cursor = last
            if viewer.cursor < seen.last_seq:
                return True
    if viewer.silent != bool(seen.silent):
        viewer.give(silent_event(seen.silent))
        viewer.silent = bool(seen.silent)
    if viewer.stamp != seen.stamp:
        viewer.give(STEPS)
        viewer.stamp = seen.stamp
    return _end(viewer, DONE) if not seen.moving else False


def _end(viewer: Viewer, last: bytes | None) -> bool:
    if last:
        viewer.give(last)
    viewer.give(None)
    viewer.over = True
    return False


Watched = tuple[int, str, int]
"""Somebody's number, the key of their session, and the number of a change."""


def watching(asked: Iterable[Watched]) -> set[Watched]:
    """Those whose session still is that of an active person who sees the change.

    A few queries for all of them, and one more for each person who sees only their own.
    """
    wanted = set(asked)
    rows = Session.objects.filter(session_key__in={key for _, key, _ in wanted}, expire_date__gt=timezone.now())
    held = {row.session_key: row.get_decoded() for row in rows}
    users = {user.pk: user for user in User.objects.filter(pk__in={user for user, _, _ in wanted}, is_active=True)}
    actors = {actor.id: actor for actor in actors_of(User.objects.filter(pk__in=users))}
    signed_in = {one for one in wanted if one[0] in users and _is_theirs(users[one[0]], held.get(one[1], {}))}
    seen = {who: _seen(actors[who], signed_in) for who in {one[0] for one in signed_in}}
    return {one for one in signed_in if one[2] in seen[one[0]]}


def _is_theirs(user: User, session: Mapping[str, Any]) -> bool:
    same = constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    return same and str(session.get(SESSION_KEY, "")) == str(user.pk)


def _seen(actor: Actor, asked: Iterable[Watched]) -> set[int]:
    """Of the changes that this person watches, those that they see."""
    numbers = {number for user, _, number in asked if user == actor.id}
    if not actor.may(Role.VIEWER):
        return set()
    if actor.sees_all:
        return numbers
    return set(changes_seen_by(actor).filter(pk__in=numbers).values_list("pk", flat=True))


@requires(Role.VIEWER)
async def change_events(request: Request, number: int) -> StreamingHttpResponse:
    """The stream of one change, from `Last-Event-ID` or `?after=` on."""
    if not await sync_to_async(_is_seen)(request.actor, number):
        raise Http404(f"There is no change #{number}.")
    after = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    viewer = Viewer(
        number,
        request.user.pk or 0,
        request.session.session_key or "",
        int(after) if after.isdecimal() else 0,
        asyncio.get_running_loop(),
        request.GET.get("seen", ""),
    )
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(_messages(viewer), content_type="text/event-stream", headers=headers)


def _is_seen(actor: Actor, number: int) -> bool:
    """Also gives this request's own connection back: the stream, which may last for hours, needs none."""
    there = changes_seen_by(actor).filter(pk=number).exists()
    give_back()
    return there


async def _messages(viewer: Viewer) -> AsyncIterator[bytes]:
    READER.add(viewer)
    try:
        yield f"retry: {RETRY}\n\n".encode()
        while True:
            try:
                # Not wait_for: before Python 3.12 it forgets that it was cancelled where a message comes in that moment
                # (https://github.com/python/cpython/issues/86296), and a viewer that has left would stay for good.
                async with asyncio.timeout(PING):
                    message = await viewer.queue.get()
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if message is None:
                return
            yield message
            viewer.taken += len(message)
    finally:
        viewer.over = True
        READER.remove(viewer)
