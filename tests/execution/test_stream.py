"""The live stream of a change: lines once and in order, steps when they move, the end when it is over."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from django.test import AsyncClient
from django.utils import timezone

from changes.models import Change
from changes.services import move
from changes.states import State, StepState
from execution import messages, stream
from execution.models import LogChunk, Run
from execution.services import run_of
from people.models import Session
from people.roles import Role
from people.services import role_revoke
from tests.pages.scene import Scene, log, log_many, set_step

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Rounds and pings short enough for a test; no reader outlives it."""
    monkeypatch.setattr(stream, "POLL", 0.02)
    yield
    stream.READER.join()


@pytest.fixture
def scene(rosa, amir, olu):
    return Scene(rosa, amir, olu)


class Seen:
    """The events that a browser would see, read from an open stream."""

    def __init__(self, response) -> None:
        self.parts: AsyncIterator[bytes] = aiter(response.streaming_content)
        self.text = ""
        self.events: list[tuple[str, str, dict]] = []

    async def until(self, name: str, count: int = 1, patience: float = 60) -> list[tuple[str, str, dict]]:
        """All events so far, once `count` of this name have come."""
        async with asyncio.timeout(patience):
            while sum(event[0] == name for event in self.events) < count:
                self.take(await anext(self.parts))
        return self.events

    async def until_line(self, seq: int) -> None:
        """Until this line has come."""
        async with asyncio.timeout(60):
            while seq not in self.lines():
                self.take(await anext(self.parts))

    async def rest(self) -> list[tuple[str, str, dict]]:
        async with asyncio.timeout(60):
            async for part in self.parts:
                self.take(part)
        return self.events

    def take(self, part: bytes) -> None:
        self.text += part.decode()
        *whole, self.text = self.text.split("\n\n")
        for block in whole:
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in fields:
                self.events.append((fields["event"], fields.get("id", ""), json.loads(fields["data"])))

    def lines(self) -> list[int]:
        return [piece["first"] + at for piece in self.pieces() for at in range(len(piece["lines"]))]

    def pieces(self) -> list[dict]:
        return [piece for name, _, data in self.events if name == "log" for piece in data["pieces"]]


def watch(user, change, headers=None, query=""):
    """Open the stream as this person, in the running loop."""

    async def opened():
        client = AsyncClient()
        await client.aforce_login(user)
        return await client.get(f"/changes/{change.pk}/events{query}", headers=headers or {})

    return opened()


def run(body):
    """In a thread of its own: a browser's loop may already live in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, body).result()


def test_a_late_viewer_gets_every_line_once_and_in_order(scene, vera):
    change = scene.running()
    last = Run.objects.get(change=change).last_seq

    async def body():
        seen = Seen(await watch(vera, change))
        await seen.until_line(last)
        await seen.parts.aclose()
        return seen

    assert run(body()).lines() == list(range(1, last + 1))


def test_a_viewer_goes_on_after_the_line_it_names(scene, vera):
    change = scene.running()
    last = Run.objects.get(change=change).last_seq

    async def body(**how):
        seen = Seen(await watch(vera, change, **how))
        await seen.until_line(last)
        await seen.parts.aclose()
        return seen.lines()

    assert run(body(query=f"?after={last - 2}")) == [last - 1, last]
    assert run(body(headers={"Last-Event-ID": str(last - 2)}, query="?after=1")) == [last - 1, last]


def test_new_lines_come_with_their_number_as_id_and_their_steps_log(scene, vera):
    change = scene.undoing("restore")
    last = Run.objects.get(change=change).last_seq

    async def body():
        seen = Seen(await watch(vera, change, query=f"?after={last}"))
        await seen.until("steps")
        await asyncio.to_thread(in_thread, lambda: log(run_of(change), "restore", "back\ndata: x", phase="undo"))
        await seen.until("log")
        await seen.parts.aclose()
        return seen.events[-1]

    name, number, data = run(body())
    (piece,) = data["pieces"]
    assert (name, number, piece["first"]) == ("log", str(last + 1), last + 1)
    assert (piece["step"], piece["attempt"], piece["stream"]) == ("undo-restore", 1, "out")
    assert piece["lines"] == ["back\ndata: x"]


def in_thread(act):
    """Do something in the database from another thread, as a worker would.

    The tests' database lives in memory, and there SQLite does not wait for a reader as it does for a file:
    https://www.sqlite.org/sharedcache.html, so that we ask again.
    """
    try:
        for _ in range(100):
            try:
                return act()
            except OperationalError:
                time.sleep(0.01)
        return act()
    finally:
        connections.close_all()


def test_a_page_that_shows_the_present_is_told_nothing_until_something_moves(scene, vera):
    change = scene.running("save")
    found = stream.look([change.pk])[change.pk]

    async def body():
        seen = Seen(await watch(vera, change, query=f"?after={found.last_seq}&seen={found.stamp}"))
        with pytest.raises(TimeoutError):
            await seen.until("steps", patience=0.3)
        return seen.events

    assert run(body()) == []


def test_a_step_that_moves_is_told(scene, vera):
    change = scene.running("save")
    found = stream.look([change.pk])[change.pk]

    async def body():
        seen = Seen(await watch(vera, change, query=f"?after={found.last_seq}&seen={found.stamp}"))
        first = asyncio.create_task(seen.until("steps"))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(in_thread, lambda: set_step(run_of(change), "save", StepState.OK))
        await first
        await seen.parts.aclose()
        return [name for name, _, _ in seen.events]

    assert run(body()) == ["steps"]


def test_how_late_a_line_is_sent_is_said(scene, vera):
    change = scene.running("save")
    last = run_of(change).last_seq
    log_many(run_of(change), "save", ["old"])
    LogChunk.objects.filter(last=last + 1).update(at=timezone.now() - timedelta(seconds=40))

    async def body():
        seen = Seen(await watch(vera, change, query=f"?after={last}"))
        await seen.until("log")
        await seen.parts.aclose()
        return seen.events[0]

    assert run(body())[2]["late"] >= 40


def test_a_worker_that_gives_no_sign_of_life_is_told_and_that_it_does_again(scene, vera):
    change = scene.running("save")
    leased(change, timedelta(seconds=-5))

    async def body():
        seen = Seen(await watch(vera, change))
        await seen.until("silent")
        await asyncio.to_thread(in_thread, lambda: leased(change, timedelta(seconds=3600)))
        await seen.until("silent", 2)
        await seen.parts.aclose()
        return [data["seconds"] for name, _, data in seen.events if name == "silent"]

    before, after = run(body())
    assert before >= 30
    assert after == 0


def leased(change, left):
    """A worker's lease on the change's run that has so long to go, or is so long over."""
    Run.objects.filter(change=change).update(lease_owner="a", lease_until=timezone.now() + left)


def test_the_end_comes_after_the_last_line_and_closes_the_stream(scene, vera):
    change = scene.succeeded()
    last = Run.objects.get(change=change).last_seq

    async def body():
        return await Seen(await watch(vera, change)).rest()

    (name, number, _), *rest = run(body())
    assert (name, number) == ("log", str(last))
    assert [name for name, _, _ in rest] == ["steps", "done"]


def test_a_change_that_ends_while_watched_says_so(scene, vera):
    change = scene.running("report")

    async def body():
        seen = Seen(await watch(vera, change))
        await seen.until("steps")
        await asyncio.to_thread(in_thread, lambda: move(Change.objects.get(pk=change.pk), State.SUCCEEDED, None))
        return await seen.rest()

    assert [name for name, _, _ in run(body())][-2:] == ["steps", "done"]


def test_a_log_of_many_pages_comes_whole(scene, vera, monkeypatch):
    monkeypatch.setattr(stream, "PAGE", 10)
    change = scene.running("save")
    row = run_of(change)
    start = row.last_seq
    log_many(row, "save", [f"line {n}" for n in range(1, 501)])

    async def body():
        seen = Seen(await watch(vera, change))
        await seen.until_line(start + 500)
        await seen.parts.aclose()
        return seen

    seen = run(body())
    assert seen.lines() == list(range(1, start + 501))
    assert all(len(piece["lines"]) <= 10 for piece in seen.pieces())


def test_lines_that_came_together_are_one_message_and_what_they_share_is_said_once(scene, vera):
    change = scene.running("save")
    last = run_of(change).last_seq
    log_many(run_of(change), "save", ["first", "\x1b[31mno\x1b[0m such disk", "third"])

    async def body():
        seen = Seen(await watch(vera, change, query=f"?after={last}"))
        await seen.until("log")
        await seen.parts.aclose()
        return seen.events[0]

    _, number, data = run(body())
    (piece,) = data["pieces"]
    assert (number, piece["first"], piece["step"]) == (str(last + 3), last + 1, "save")
    assert piece["lines"] == ["first", [["a-red", "no"], ["", " such disk"]], "third"]


def test_long_lines_come_in_messages_that_stay_small(scene, vera):
    change = scene.running("save")
    row = run_of(change)
    start = row.last_seq
    log_many(row, "save", [f"{n} {'ä' * 10_000}" for n in range(200)])

    async def body():
        seen = Seen(await watch(vera, change, query=f"?after={start}"))
        await seen.until_line(start + 200)
        await seen.parts.aclose()
        return seen

    seen = run(body())
    assert seen.lines() == list(range(start + 1, start + 201))
    assert max(sum(map(len, piece["lines"])) for piece in seen.pieces()) <= messages.ROOM + 10_010


def test_a_viewer_that_takes_nothing_is_given_no_more_than_its_backlog(scene, vera, monkeypatch):
    monkeypatch.setattr(stream, "BACKLOG", 100_000)
    change = scene.running("save")
    log_many(run_of(change), "save", [f"{n} {'x' * 1000}" for n in range(5000)])
    last = run_of(change).last_seq

    async def body():
        seen = Seen(await watch(vera, change))
        await anext(seen.parts)
        (viewer,) = stream.READER._viewers
        async with asyncio.timeout(60):
            while not viewer.full:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        given = viewer.given
        await seen.until_line(last)
        await seen.parts.aclose()
        return given, seen.lines()

    given, lines = run(body())
    assert given < 100_000 + messages.ROOM + 2000
    assert lines == list(range(1, len(lines) + 1)), "and what it did not get at once comes when it takes"


def test_a_viewer_that_takes_nothing_is_let_go_and_can_come_back(scene, vera, monkeypatch):
    monkeypatch.setattr(stream, "PATIENCE", 0.1)
    monkeypatch.setattr(stream, "PAGE", 1)
    monkeypatch.setattr(stream, "BACKLOG", 400)
    change = scene.running()

    async def body():
        seen = Seen(await watch(vera, change))
        await anext(seen.parts)
        async with asyncio.timeout(60):
            while stream.READER._viewers:
                await asyncio.sleep(0.02)
        await seen.rest()
        return seen.lines()

    lines = run(body())
    assert lines == list(range(1, len(lines) + 1))
    assert 0 < len(lines) < Run.objects.get(change=change).last_seq


def test_a_viewer_who_leaves_just_as_a_message_comes_is_gone(scene, vera):
    change = scene.running("save")
    found = stream.look([change.pk])[change.pk]

    async def stays(turns):
        """Whether a stream goes on that was cancelled so many turns of the loop after a message came."""
        seen = Seen(await watch(vera, change, query=f"?after={found.last_seq}&seen={found.stamp}"))
        await anext(seen.parts)
        waiting = asyncio.create_task(anext(seen.parts))
        while not (viewers := list(stream.READER._viewers)):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        viewers[0].queue.put_nowait(b": a message\n\n")
        for _ in range(turns):
            await asyncio.sleep(0)
        cancelled = waiting.cancel()
        await asyncio.wait([waiting])
        await seen.parts.aclose()
        return cancelled and not waiting.cancelled()

    async def body():
        return [await stays(turns) for turns in range(6)]

    assert run(body()) == [False] * 6


def test_who_loses_the_role_loses_the_stream(scene, vera, monkeypatch):
    monkeypatch.setattr(stream, "RECHECK", 0.2)
    change = scene.running()

    async def body():
        seen = Seen(await watch(vera, change))
        await seen.until("steps")
        await asyncio.to_thread(in_thread, lambda: role_revoke(vera, Role.VIEWER))
        return await seen.rest()

    assert "done" not in [name for name, _, _ in run(body())]


def test_who_signs_out_loses_the_stream(scene, vera, monkeypatch):
    monkeypatch.setattr(stream, "RECHECK", 0.2)
    change = scene.running()

    async def body():
        seen = Seen(await watch(vera, change))
        await seen.until("steps")
        await asyncio.to_thread(in_thread, forget_sessions)
        return await seen.rest()

    assert "done" not in [name for name, _, _ in run(body())]


def forget_sessions():
    Session.objects.all().delete()


def test_silence_is_filled_so_that_no_proxy_closes_the_stream(scene, vera, monkeypatch):
    monkeypatch.setattr(stream, "PING", 0.05)
    change = scene.running()

    async def body():
        seen = Seen(await watch(vera, change))
        await seen.until("steps")
        part = await anext(seen.parts)
        await seen.parts.aclose()
        return part

    assert run(body()) == b": still here\n\n"


def test_the_headers_keep_caches_and_proxies_out_of_the_way(scene, vera):
    change = scene.running()

    async def body():
        response = await watch(vera, change)
        parts = aiter(response.streaming_content)
        first = await anext(parts)
        await parts.aclose()
        return response, first

    response, first = run(body())
    assert response["Content-Type"] == "text/event-stream"
    assert response["Cache-Control"] == "no-cache"
    assert response["X-Accel-Buffering"] == "no"
    assert first.startswith(b"retry: ")


def test_nobody_without_a_role_may_watch(scene, mallory):
    change = scene.running()

    async def body():
        return await watch(mallory, change)

    assert run(body()).status_code == 403


def test_a_change_that_is_not_there_has_no_stream(scene, vera):
    change = scene.draft()
    change.pk = 999

    async def body():
        return await watch(vera, change)

    assert run(body()).status_code == 404


def test_many_viewers_cost_no_more_queries_than_one(scene, vera, django_assert_num_queries):
    change = scene.running()
    with django_assert_num_queries(3):
        stream.look([change.pk])


def test_the_reader_rests_when_nobody_watches(scene, vera):
    change = scene.running()

    async def body():
        seen = Seen(await watch(vera, change))
        await seen.until("steps")
        await seen.parts.aclose()

    run(body())
    end = time.monotonic() + 60
    while stream.READER._thread and time.monotonic() < end:
        time.sleep(0.02)
    assert stream.READER._thread is None
