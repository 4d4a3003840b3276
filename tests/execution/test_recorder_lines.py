"""Offset and lines commit together: whatever the chunks, the log is the same."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from execution import engine
from execution.events import Intent, Output
from execution.leases import claim
from execution.logs import every_line
from execution.models import LogChunk, Run, StepRun
from execution.recorder import Recorder

pytestmark = pytest.mark.django_db
QUIET = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(
    lines=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\n\r", exclude_categories=["C"])), max_size=8
    ),
    cuts=st.lists(st.integers(0, 200), max_size=6),
    crash=st.integers(0, 6),
    ended=st.booleans(),
)
@QUIET
def test_no_line_is_lost_or_doubled_however_the_bytes_come(queued_toy, lines, cuts, crash, ended):
    change = getattr(test_no_line_is_lost_or_doubled_however_the_bytes_come, "change", None)
    if change is None or not Run.objects.filter(change=change).exists():
        change = queued_toy("wait")
        engine.look(change.pk)
        test_no_line_is_lost_or_doubled_however_the_bytes_come.change = change
    LogChunk.objects.all().delete()
    data = "\n".join([*lines, ""] if ended else lines).encode()
    run = Run.objects.select_related("change__host").get(change=change)
    with claim(run) as lease:
        recorder = Recorder(lease)
        recorder.store(Intent("wait", 1))
        marks = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        at, position = 0, 0
        for number, end in enumerate(marks):
            recorder.store(Output("wait", 1, data[at:end], end, end == len(data)))
            at = end
            if number == crash and end < len(data):
                recorder = Recorder(lease)
                position = StepRun.objects.get(run=run, key="wait").log_offset
                at = position
    seen = [line.text for line in every_line(run) if line.stream == LogChunk.OUT]
    assert seen == data.decode().split("\n")[: len(seen)] and len(seen) == len(data.decode().split("\n")) - (
        data.endswith(b"\n") or not data
    )
