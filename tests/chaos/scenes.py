"""What is done to workers and hosts: each scene plays one story, and tells how often it struck and what is wrong."""

from __future__ import annotations

import base64
import json
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import psutil
from redis import Redis as Client

from tests.chaos.checker import DOUBLED, LOST, UNTRUE, Wrong
from tests.chaos.crew import TARGETS, crew
from tests.chaos.order import MOVING
from tests.chaos.proxy import STRIKES, Line
from tests.chaos.story import Story, Worker, kill_on_host
from tests.config.conftest import until
from tests.production.servers import Postgres, Redis, redis
from tests.production.site import kill_all

PLACES = (
    "before-entered",
    "before-intent",
    "after-intent",
    "after-start",
    "after-output",
    "before-exited",
    "after-exited",
    "before-ended",
    "after-ended",
)
WHOLE_RUN = ("after-claim", "before-finished")

LONG = 150.0
"""Seconds in which whatever is waited for has come, on the slowest machine."""


class Told(NamedTuple):
    """How often it struck, and what is wrong now."""

    tried: int
    wrong: list[Wrong]
    seconds: Sequence[float] = ()
    logs: int = 1


def killed_at(story: Story, places: Sequence[str]) -> Told:
    """A step for each place; there the worker is killed, and another one goes on."""
    steps = [f"s{number}" for number in range(len(places))]
    story.queue(*steps)
    for place, step in zip(places, steps, strict=True):
        story.dies(place if place in WHOLE_RUN else f"{place}@{step}")
    story.do("look", 1)
    return Told(len(places), story.wrong(*steps, ends="succeeded"))


def killed_while_reading(story: Story) -> Told:
    """A worker is killed between two pieces of a log."""
    story.queue("slow")
    places = ("before-output@slow", "after-output@slow")
    for place in places:
        story.dies(place)
    story.do("look", 1)
    return Told(len(places), story.wrong("slow", ends="succeeded"))


def killed_in_the_undo(story: Story) -> Told:
    story.queue("a", "b")
    story.do("look", 1)
    story.do("undo", 1)
    places = ("after-intent@b", "before-ended@b", "after-start@a")
    for place in places:
        story.dies(place)
    story.do("look", 1)
    return Told(len(places), story.wrong("a", "b", "-b", "-a", ends="undone"))


def killed_by_chance(story: Story, kills: int, seed: int) -> Told:
    """Killed at moments of chance, mid-step and between, until it was so often; then left in peace."""
    chance, tried = random.Random(seed), 0
    steps = [f"slow{number}" for number in range(max(1, kills // 2))]
    story.queue(*steps)
    while tried < kills:
        worker = story.start("look", 1)
        time.sleep(chance.uniform(0.05, story.settings.get("lease", 2.0) + 1.5))
        if worker.is_over():
            break
        worker.send(signal.SIGKILL)
        worker.wait()
        tried += 1
    story.do("look", 1)
    return Told(tried, story.wrong(*steps, ends="succeeded"))


def hinted_badly(story: Story, seed: int) -> Told:
    """Of all hints some are dropped, the first for certain; each other one is given five times, late and shuffled."""
    chance, tried, late = random.Random(seed), 0, []
    story.queue("a", "slow", "b")
    dropped = len(take_hints(story))
    end = time.monotonic() + story.settings.get("patience", LONG)
    while story.state() in MOVING and time.monotonic() < end:
        story.do("sweep")
        hints = [number for number in take_hints(story) for _ in range(5) if chance.random() < 0.8]
        for number in sorted(hints, key=lambda _: chance.random()):
            time.sleep(chance.uniform(0, 0.2))
            late.append(story.start("look_once", number))
        tried += len(hints)
    return Told(tried + dropped, _broken(late) + story.wrong("a", "slow", "b", ends="succeeded"))


def launched_late(story: Story) -> Told:
    """The host claims a step and begins it only when nobody waits for it any more."""
    begun = time.monotonic()
    story.queue("a")
    story.do("look", 1, quirk="slow launch")
    time.sleep(max(0.0, 9 - (time.monotonic() - begun)))
    return Told(1, story.wrong("a", ends="succeeded"))


def runner_killed(story: Story) -> Told:
    """On the host itself a step's processes are killed before its effect; nobody can tell, nothing is done again."""
    story.queue("long")
    worker = story.start("look", 1)
    folder = story.folder / "host"
    assert until(lambda: [path for path in folder.glob("*/long.1/log") if path.stat().st_size])
    kill_on_host(next(folder.glob("*/long.1")))
    worker.end()
    return Told(1, story.wrong(ends="unknown"))


def take_hints(story: Story) -> list[int]:
    """The numbers of the changes that are to be looked at, taken out of the queue of files."""
    numbers = []
    for path in sorted((story.folder / "state" / "queue").glob("*.runs.msg")):
        message = json.loads(path.read_text())
        path.unlink()
        if message["headers"]["task"] == "execution.tasks.look":
            numbers.append(json.loads(base64.b64decode(message["body"]))[0][0])
    return numbers


def crew_killed(story: Story, kills: int, seed: int) -> Told:
    """Real workers on a real queue: of the pool, its leader, or both, again and again while a change is done."""
    chance, tried = random.Random(seed), 0
    steps = [f"slow{number}" for number in range(kills)]
    with crew(story) as workers:
        story.queue(*steps)
        for number in range(kills):
            time.sleep(chance.uniform(0.3, 2.5))
            if story.state() not in MOVING:
                break
            workers.kill(TARGETS[(seed + number) % len(TARGETS)])
            tried += 1
        until(lambda: story.state() not in MOVING, story.settings.get("patience", LONG))
    return Told(tried, story.wrong(*steps, ends="succeeded"))


def moving_again(story: Story, seed: int) -> Told:
    """The pool and its leader are killed while a log grows; the seconds until it grows again."""
    with crew(story) as workers:
        story.queue("long")
        assert until(lambda: story.lines() > 5, LONG), story.history()
        time.sleep(random.Random(seed).uniform(0, story.settings["lease"] / 4))
        before, begun = story.lines(), time.monotonic()
        workers.kill("both")
        assert until(lambda: story.lines() > before, LONG), story.history()
        took = time.monotonic() - begun
    return Told(1, [], [took], logs=0)


def servers_gone(story: Story, act: Callable[[], None], before: Callable[[], object]) -> Told:
    """All hints are lost `before` one is taken. Then Redis or PostgreSQL go, and are back when `act` ends; the seconds
    from then on until the log grows again."""
    steps = [f"slow{number}" for number in range(4)]
    story.queue(*steps)
    before()
    with crew(story):
        assert until(lambda: story.lines() > 3, LONG), story.history()
        act()
        kept, begun = story.lines(), time.monotonic()
        assert until(lambda: story.lines() > kept or story.state() not in MOVING, LONG), story.history()
        took = time.monotonic() - begun
        until(lambda: story.state() not in MOVING, LONG)
    return Told(1, story.wrong(*steps, ends="succeeded"), [took])


def gone_by_turns(story: Story, database: Postgres, queue: Redis, before: Callable[[], object]) -> Told:
    """All hints are lost `before` one is taken, and Redis is killed and PostgreSQL restarted in the middle of a change.

    A second one is asked for, begun and ended without Redis; once that is back a third is begun by a hint.
    """
    steps = ("slow0", "slow1")
    story.queue(*steps)
    before()
    with crew(story) as workers:
        assert until(lambda: story.lines() > 3, LONG), story.history()
        queue.kill()
        database.stop("immediate")
        database.start()
        kept, begun = story.lines(), time.monotonic()
        assert until(lambda: story.lines() > kept or story.state() not in MOVING, LONG), story.history()
        took = time.monotonic() - begun
        assert until(lambda: story.state() not in MOVING, LONG), story.history()
        asked = time.monotonic()
        second = story.queue("a")
        waited = time.monotonic() - asked
        assert until(lambda: story.state(second) not in MOVING, LONG), story.history()
        queue.start()
        third = story.queue("b")
        assert until(lambda: story.state(third) not in MOVING, LONG), story.history()
        heard = until(lambda: _taken_since(workers.parts["runs"]), LONG)
    wrong = [] if heard else [Wrong(LOST, "no hint was taken after Redis was back")]
    if waited > PRESSED:
        wrong.append(Wrong(UNTRUE, f"whoever pressed Run waited {waited:.0f} s for the queue"))
    return Told(1, [*wrong, *story.wrong(*steps, "a", "b", ends="succeeded")], [took])


PRESSED = 30.0
"""Seconds for which nobody who presses Run may wait for a queue that is away, a new process included."""


def _taken_since(worker: Worker) -> bool:
    """Whether it has taken a hint since it last found Redis."""
    return "execution.tasks.look" in worker.said("err").rpartition("Connected to redis")[2]


def hint_taken(story: Story) -> Told:
    """A worker is killed in a step. The hint that brought it there was taken for good: Redis would hand it out again an
    hour later, when nobody thinks of it any more, and another worker has gone on long since."""
    words = ("worker", "-Q", "runs", "-P", "prefork", "-c", "1", "--without-gossip", "--without-mingle")
    with redis(story.folder / "redis") as url:
        story.settings["queue"] = url
        story.queue("slow1", "b")
        with closing(Client.from_url(url)) as queue:  # a hint may be lost to a Redis that is slow for a moment
            assert until(lambda: queue.llen("runs") or story.do("ring", 1), LONG)
        worker = story.start("celery", *words, "-n", "first@here", quirk="hears only")
        assert until(lambda: any(story.folder.glob("host/*/slow1.1/log")), LONG), worker.said("err")
        with closing(Client.from_url(url)) as queue:  # a pool's leader may be a moment behind its child
            kept = not until(lambda: not queue.hlen("unacked"), 1.5)
        kill_all([psutil.Process(worker.pid), *psutil.Process(worker.pid).children()])
        second = story.start("celery", *words, "-n", "second@here")
        assert until(lambda: story.state() not in MOVING, LONG), second.said("err")
        wrong = [Wrong(DOUBLED, "the hint of a worker that died comes a second time")] if kept else []
        return Told(1, wrong + story.wrong("slow1", "b", ends="succeeded"))


def dashboard_full(story: Story) -> Told:
    """The dashboard's disk is full at once, and then after a page more each time; at last somebody makes room."""
    steps = ("slow", "a", "b", "c")
    story.queue(*steps)
    tried = 0
    for pages in range(4):
        worker = story.start("look", 1, pages=pages)
        worker.wait()
        tried += worker.code == 1 and "disk is full" in worker.said("err")
    story.do("look", 1)
    return Told(tried, story.wrong(*steps, ends="succeeded"))


def host_full(story: Story) -> Told:
    """The host's disk fills up while a step runs; the next is refused, and done when there is room again."""
    ballast = story.folder / "host" / "ballast"
    story.queue("slow", "b")
    worker = story.start("look", 1)
    assert until(lambda: story.lines() > 3, LONG), story.history()
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=4k"], capture_output=True, check=False)
    worker.end()
    wrong = story.untrue()
    if (state := story.state()) == "succeeded":  # it was quicker than the disk was full
        return Told(0, wrong)
    if state != "failed":
        wrong.append(Wrong("untrue", f"with a full disk on the host the change is {state}"))
    ballast.unlink()
    story.do("again", 1)
    story.do("look", 1)
    unwritten = "but the host's log of it is"  # the host had no room for it
    ended = [each for each in story.wrong("slow", "b", ends="succeeded") if unwritten not in each.sentence]
    return Told(1, [*wrong, *ended])


def clocks_wrong(story: Story) -> Told:
    """While one worker follows a step, others come whose clocks are an hour before or behind."""
    steps = ("slow1", "slow2", "b")
    story.queue(*steps)
    workers = [story.start("look", 1)]
    for clock in (3600, -3600):
        assert until(lambda: story.lines() > 3, LONG), story.history()
        workers.append(story.start("look", 1, clock=clock))
        time.sleep(1)
    wrong = _broken(workers)
    return Told(2, [*wrong, *story.wrong(*steps, ends="succeeded")])


def line_broken(story: Story, line: Line, strikes: int, seed: int) -> Told:
    """The line is cut, stalled, slowed and shut, mid-step and between; a person asks again where the run stands."""
    chance, tried = random.Random(seed), 0
    steps = [f"{'slow' if number % 2 else 's'}{number}" for number in range(strikes)]
    story.queue(*steps)
    wrong: list[Wrong] = []
    while (state := story.state()) != "succeeded":
        if state not in MOVING:
            wrong += story.untrue()
            story.do("again", 1)
        worker = story.start("look", 1)
        while not worker.is_over():
            time.sleep(chance.uniform(0.2, 1.2))
            if tried < strikes and not worker.is_over():
                line.strike(STRIKES[(seed + tried) % len(STRIKES)], chance.uniform(0.3, 2.5))
                tried += 1
        worker.end()
    return Told(tried, [*wrong, *story.wrong(*steps, ends="succeeded")])


def asleep(story: Story, places: Sequence[str], **more: Any) -> Told:
    """A step for each place; there the worker stops until all is done by another one, and then goes on."""
    steps = [f"s{number}" for number in range(len(places))]
    story.queue(*steps)
    sleepers = [story.sleeps(f"{place}@{step}", **more) for place, step in zip(places, steps, strict=True)]
    story.do("look", 1)
    return Told(len(places), [*_woken(story, sleepers), *story.wrong(*steps, ends="succeeded")])


def asleep_before_a_command(story: Story, strike: int) -> Told:
    """It stops with a command under its hand, which is sent long after another worker took over."""
    steps = ("a", "b")
    story.queue(*steps)
    sleeper = story.start("look", 1, strike=strike, signal=signal.SIGSTOP)
    slept = sleeper.stands()
    story.do("look", 1)
    wrong = _woken(story, [sleeper]) if slept else []
    return Told(int(slept), [*wrong, *story.wrong(*steps, ends="succeeded")])


def closed_meanwhile(story: Story, **more: Any) -> Told:
    """While a worker sleeps with a start under its hand, a person closes its change and another one has the host."""
    story.queue("a")
    sleeper = story.start("look", 1, strike=START, signal=signal.SIGSTOP, **more)
    assert sleeper.stands(), sleeper.said("err")
    story.do("look", 1, quirk="away")
    assert story.state() == "unknown"
    story.do("close", 1)
    story.do("look", story.queue("b"), **more)
    return Told(1, [*_woken(story, [sleeper]), *story.wrong("b", ends="closed")])


START = 4
"""Which command of a run starts its first step: after the facts at the gate, the look at the host, the check."""


def _woken(story: Story, sleepers: Sequence[Worker]) -> list[Wrong]:
    """Wake them: nothing that the database knows may be another after that."""
    before = story.history()
    for sleeper in sleepers:
        sleeper.send(signal.SIGCONT)
    wrong = _broken(sleepers)
    after = story.history()
    if after != before:
        wrong.append(Wrong("untrue", f"a worker that woke up wrote: {_other(before, after)}"))
    return wrong


def _broken(workers: Sequence[Worker]) -> list[Wrong]:
    """Wait for them; none may end in an error of its own."""
    for worker in workers:
        worker.wait()
    return [Wrong("untrue", f"a worker broke: {worker.said('err')[-500:]}") for worker in workers if worker.code]


def _other(before: Any, after: Any) -> str:
    for key in before["runs"][0]:
        if before["runs"][0][key] != after["runs"][0][key]:
            return f"{key} was {before['runs'][0][key]}, and is {after['runs'][0][key]}"
    return f"{before} and then {after}"
