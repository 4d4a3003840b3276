"""A log's lines, packed many to a row: each is found by its number, whatever lies around it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from execution import logs
from execution.chunks import LINES, pack, unpack
from execution.models import LogChunk, Run
from execution.services import run_of
from tests.pages.scene import Scene, log, log_many

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(rosa, amir, olu) -> Run:
    return run_of(Scene(rosa, amir, olu).running("save"))


def test_lines_are_unpacked_as_they_were_packed():
    lines = ["", "a", "  two words\t", "", "naïve ✓", "two\nlines", ""]
    assert unpack(pack(lines)) == lines
    assert unpack(pack([""])) == [""]
    assert unpack(pack(["\udcff"])) == ["?"]


def test_a_line_is_read_by_its_number_alone_wherever_it_stands(run):
    start = run.last_seq
    log_many(run, "save", [f"line {n}" for n in range(2 * LINES + 7)])
    log(run, "save", "alone")
    for n in (0, 1, LINES - 1, LINES, 2 * LINES - 1, 2 * LINES, 2 * LINES + 6):
        (line,) = logs.window(run, start + 1 + n, start + 1 + n)
        assert (line.seq, line.text, line.step) == (start + 1 + n, f"line {n}", "save")
    assert [line.text for line in logs.lines_after(run, start + 2 * LINES + 6)] == [f"line {2 * LINES + 6}", "alone"]
    assert [line.seq for line in logs.every_line(run)] == list(range(1, start + 2 * LINES + 9))
    assert logs.window(run, start + 2 * LINES + 9, start + 2 * LINES + 20) == []


def test_any_line_costs_one_query_and_no_more_rows_than_lie_around_it(run):
    for _ in range(3):
        log_many(run, "save", ["x"] * (10 * LINES))
    for number in (1, 15 * LINES, 30 * LINES - 150):
        with CaptureQueriesContext(connection) as asked:
            assert len(logs.window(run, number, number + 99)) == 100
        assert len(asked) == 1
        near = LogChunk.objects.filter(run=run, last__gte=number, last__lt=number + 99 + LINES, first__lte=number + 99)
        assert near.count() < 20


def test_the_parts_of_a_log_are_found_where_its_step_changes(run):
    start = run.last_seq
    begun = logs.segments(run)
    assert begun[-1][3] == start
    for key, count in (("report", 2), ("restore", 1), ("restore", 1500), ("report", 3)):
        log_many(run, key, ["x"] * count)
    now = run_of(run.change)
    with CaptureQueriesContext(connection) as asked:
        parts = logs.segments(now)
    assert len(asked) == 1
    assert parts[: len(begun)] == begun
    assert parts[len(begun) :] == [
        ("do", "report", start + 1, start + 2),
        ("do", "restore", start + 3, start + 1503),
        ("do", "report", start + 1504, start + 1506),
    ]
    assert logs.segments(run) == begun, "of a run that was read before, what was there then"


def test_no_chunk_has_more_lines_than_are_unpacked_for_one(run):
    log_many(run, "save", ["x"] * (3 * LINES + 1))
    assert max(chunk.last - chunk.first + 1 for chunk in LogChunk.objects.all()) == LINES


def test_the_end_of_each_steps_log_is_found_without_reading_the_rest(run):
    log_many(run, "save", [f"line {n}" for n in range(5 * LINES)])
    log(run, "save", "last")
    step = run.steps.get(key="save", phase="do")
    lines = logs.tails(run, 3)[step.pk]
    assert [line.text for line in lines] == [f"line {5 * LINES - 2}", f"line {5 * LINES - 1}", "last"]


def test_the_same_number_is_never_stored_twice(run):
    stale = Run.objects.get(pk=run.pk)
    log(run, "save", "first")
    with pytest.raises(Exception, match=r"(?i)unique"):
        logs.append(stale, run.steps.get(key="save", phase="do"), ["second"])
