"""The log as text: whole, sent in parts while it is read, and only to those who may view."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import AsyncClient

from execution import logs
from execution.models import LogChunk
from execution.services import run_of
from tests.pages.scene import Scene, log, log_many

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def change(rosa, amir, olu):
    change = Scene(rosa, amir, olu).succeeded()
    for start in range(0, 20_000, 1000):
        log_many(run_of(change), "save", [f"line {start + n}" for n in range(1000)])
    log(run_of(change), "save", "\x1b[31mno\x1b[0m", stream=LogChunk.NOTE)
    return change


def get(user, path, body):
    """What `body` makes of the answer that a server of today's sort, an asynchronous one, gives."""

    async def asked():
        client = AsyncClient()
        await client.aforce_login(user)
        return await body(await client.get(path))

    with ThreadPoolExecutor(1) as thread:  # a browser's loop may live in this one
        return thread.submit(asyncio.run, asked()).result()


async def whole(answer):
    return [part async for part in answer.streaming_content]


def test_it_comes_whole_in_many_parts_of_which_none_is_large(change, vera):
    parts = get(vera, f"/changes/{change.pk}/log.txt", whole)
    lines = b"".join(parts).decode().splitlines()
    run = run_of(change)
    numbers = [int(line.split()[0]) for line in lines[1:]]
    assert numbers == list(range(1, run.last_seq + 1))
    assert all(line.endswith(f"  save   line {n}") for n, line in enumerate(lines[-20_001:-1]))
    assert lines[-1].endswith("save # no")
    assert max(part.count(b"\n") for part in parts) <= 1000


def test_what_comes_late_is_read_late(change, vera, monkeypatch):
    """A log that is cut while it is being sent ends there: nothing of it was read ahead."""
    monkeypatch.setattr(logs, "AT_ONCE", 4)

    async def body(answer):
        parts = aiter(answer.streaming_content)
        found = [await anext(parts), await anext(parts)]
        await asyncio.to_thread(cut)
        return found + [part async for part in parts]

    def cut():
        LogChunk.objects.filter(last__gt=10_000).delete()
        connection.close()

    text = b"".join(get(vera, f"/changes/{change.pk}/log.txt", body)).decode()
    assert "line 1000\n" in text
    assert "line 15000\n" not in text


def test_a_viewer_who_takes_slowly_holds_no_connection(change, vera, monkeypatch):
    given_back = []
    monkeypatch.setattr("execution.connections.give_back", lambda: given_back.append(1))

    async def body(answer):
        parts = aiter(answer.streaming_content)
        await anext(parts)
        return len(given_back)

    assert get(vera, f"/changes/{change.pk}/log.txt", body) == 1


def test_who_has_no_role_and_who_is_not_signed_in_get_nothing(change, mallory, client):
    async def status(answer):
        return answer.status_code, answer.streaming

    assert get(mallory, f"/changes/{change.pk}/log.txt", status) == (403, False)
    answer = client.get(f"/changes/{change.pk}/log.txt")
    assert answer.status_code == 302
    assert "/login" in answer["Location"]


def test_a_change_that_was_not_run_says_so(rosa, amir, olu, vera):
    change = Scene(rosa, amir, olu).planned()
    assert get(vera, f"/changes/{change.pk}/log.txt", whole) == [b"Nothing was run yet.\n"]
