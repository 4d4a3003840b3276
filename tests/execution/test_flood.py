"""A command that writes without end fills no memory and keeps no other run waiting; a cut is told in the log itself."""

from itertools import count

import pytest

from execution import chunks, engine, recorder
from execution.events import Intent, Output, Said
from execution.leases import claim
from execution.logs import every_line
from execution.models import LogChunk, Run, StepRun
from execution.recorder import LINE_LIMIT, Recorder

pytestmark = pytest.mark.django_db
MIB = 1 << 20


@pytest.fixture
def run(queued_toy) -> Run:
    change = queued_toy("wait")
    engine.look(change.pk)
    return Run.objects.select_related("change__host").get(change=change)


def flood(piece: bytes, read: list[int]):
    """What a follower yields of a host that never stops; `read` has an entry for each piece that was asked for."""
    for number in count(1):
        read.append(number)
        yield Output("wait", 1, piece, number * len(piece))


def test_nothing_more_is_read_until_what_was_read_is_stored(run):
    piece, read = b"x" * 99 + b"\n", []
    piece *= MIB // len(piece)
    with claim(run) as lease:
        stored = Recorder(lease)
        stored.store(Intent("wait", 1))
        start = stored.run.last_seq
        for number, event in enumerate(flood(piece, read), 1):
            assert len(read) == number
            stored.store(event)
            assert Run.objects.get(pk=run.pk).last_seq == start + number * piece.count(b"\n")
            assert len(stored.remainder) <= LINE_LIMIT
            if number == 4:
                break
    assert max(row.last - row.first + 1 for row in LogChunk.objects.all()) == chunks.LINES
    assert sum(len(row.body) for row in LogChunk.objects.all()) < 4 * len(piece) / 10


def test_a_line_without_an_end_is_held_up_to_its_limit_only(run):
    with claim(run) as lease:
        stored = Recorder(lease)
        stored.store(Intent("wait", 1))
        for number, event in enumerate(flood(b"y" * 40_000, []), 1):
            stored.store(event)
            assert len(stored.remainder) <= LINE_LIMIT
            if number == 10:
                break
    assert StepRun.objects.get(run=run, key="wait").log_offset >= 400_000 - LINE_LIMIT


def test_another_run_stores_its_lines_between_any_two_pieces(run, request_toy, olu):
    change = request_toy("wait")
    other = Run.objects.create(change=change, digest=change.digest, started_by=olu)
    StepRun.objects.create(run=other, key="wait", position=1)
    with claim(run) as lease, claim(other) as others:
        stored, beside = Recorder(lease), Recorder(others)
        stored.store(Intent("wait", 1))
        for number, event in enumerate(flood(b"z\n" * 5000, []), 1):
            stored.store(event)
            beside.store(Said("wait", f"my turn {number}"))
            if number == 5:
                break
    assert [line.text for line in every_line(other)][-5:] == [f"my turn {number}" for number in range(1, 6)]


def test_beyond_the_limit_of_a_step_the_log_says_once_that_it_is_cut_and_at_the_end_how_much(run, settings):
    settings.LOG_STEP_LINES = 3
    data = b"".join(b"line %d\n" % number for number in range(1, 11))
    with claim(run) as lease:
        stored = Recorder(lease)
        stored.store(Intent("wait", 1))
        start = stored.run.last_seq
        for _ in range(0, len(data), 14):
            stored = Recorder(lease)  # as after a crash: how much is kept is known from the database alone
            end = min(len(data), StepRun.objects.get(run=run, key="wait").log_offset + 14)
            stored.store(Output("wait", 1, data[StepRun.objects.get(run=run, key="wait").log_offset : end], end))
        begun = StepRun.objects.get(run=run, key="wait").log_offset
        Recorder(lease).store(Output("wait", 1, data[begun:], len(data), final=True))
    *kept, cut, last = [line.text for line in every_line(run, start)]
    assert kept == ["line 1", "line 2", "line 3"]
    assert cut == recorder.CUT_HERE.format(limit=3)
    assert last.startswith("cut: 7 lines were left out of this log; the host has the whole output in ")
    assert last.endswith("/wait.1/log")


def test_what_stays_within_the_limit_is_not_called_cut(run, settings):
    settings.LOG_STEP_LINES = 2
    with claim(run) as lease:
        stored = Recorder(lease)
        stored.store(Intent("wait", 1))
        start = stored.run.last_seq
        stored.store(Output("wait", 1, b"a\nb\n", 4, final=True))
    assert [line.text for line in every_line(run, start)] == ["a", "b"]
