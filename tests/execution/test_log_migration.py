"""Lines of earlier versions, a row each, are carried over as they are; and back, should somebody have to go back."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from execution import logs
from execution.models import Run
from execution.services import run_of
from tests.pages.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)
OLD = [("execution", "0002_claims")]


def back_to(targets):
    """The models as they were then."""
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def forward():
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.fixture
def newest():
    """Whatever comes of the test, the tables are the newest ones afterwards."""
    yield
    forward()


def test_every_line_keeps_its_number_step_time_and_text(newest, rosa, amir, olu):
    run = run_of(Scene(rosa, amir, olu).running("save"))
    step = run.steps.get(key="save", phase="do")
    before = list(logs.every_line(run))
    old = back_to(OLD)
    lines, now = old.get_model("execution", "LogLine"), timezone.now()
    assert [(line.seq, line.text) for line in lines.objects.order_by("seq")] == [(b.seq, b.raw) for b in before]
    lines.objects.bulk_create(
        lines(run_id=run.pk, seq=run.last_seq + n, step_id=step.pk, attempt=2, text=f"{n} ✓", at=now)
        for n in range(1, 2501)
    )
    told = list(lines.objects.order_by("seq").values_list("seq", "step__key", "attempt", "stream", "text", "at"))
    forward()
    run = Run.objects.get(pk=run.pk)
    found = [(x.seq, x.step, x.attempt, x.stream, x.raw, x.at) for x in logs.every_line(run)]
    assert found == told
    assert len(found) == len(before) + 2500
