"""Redis flushed, killed, away, PostgreSQL restarted under running changes: none is lost, none done twice (R7).

While Redis is away workers find in the database what is to be done; once it is back they hear of it again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest
import redis as client

from tests.chaos import scenes
from tests.chaos.conftest import Tally
from tests.chaos.order import Order
from tests.chaos.story import Story, Worker
from tests.production.servers import Postgres, Redis, both, why_not

AWAY = 60.0
NUMBERS = count(1)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Redis]]:
    if reason := why_not():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with both() as (database, queue):
        Worker(Order(tmp_path_factory.mktemp("servers"), "found", database=database.url)).end()
        yield database, queue


@pytest.fixture
def queue(pair: tuple[Postgres, Redis]) -> client.Redis:
    """Empty."""
    asked = client.Redis.from_url(pair[1].url)
    asked.flushall()
    return asked


@pytest.fixture
def story(stories: Callable[..., Story], pair: tuple[Postgres, Redis], queue: client.Redis) -> Story:
    database, redis = pair
    return stories(database=database.copy(f"story{next(NUMBERS)}"), queue=redis.url, lease=3.0)


def acts(database: Postgres, redis: Redis, queue: client.Redis, away: float) -> list[Callable[[], None]]:
    def gone() -> None:
        redis.kill()
        time.sleep(away)
        redis.start()

    def restarted(how: str) -> None:
        database.stop(how)
        database.start()

    def killed() -> None:
        redis.kill()
        redis.start()

    return [lambda: restarted("immediate"), killed, lambda: restarted("fast"), lambda: _flush(queue), gone]


def _flush(queue: client.Redis) -> None:
    queue.flushall()


def test_runs_go_on_by_the_database_while_redis_is_away_and_by_hints_when_it_is_back(
    story, pair, queue, tally: Tally
) -> None:
    tally("R7", scenes.gone_by_turns(story, *pair, before=queue.flushall))


@pytest.mark.chaos
def test_a_round_of_servers_that_go_loses_nothing(story, pair, queue, tally: Tally, number: int) -> None:
    each = acts(*pair, queue, AWAY)
    tally("R7", scenes.servers_gone(story, each[number % len(each)], before=queue.flushall))
