"""Logs over age are forgotten; verdicts, the number of lines and their digest stay."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from execution import logs, retention
from execution.models import Run, StepRun
from execution.services import run_of
from tests.pages.scene import Scene, log

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(rosa, amir, olu) -> Scene:
    return Scene(rosa, amir, olu)


def aged(change, days: int) -> Run:
    Run.objects.filter(change=change).update(ended_at=timezone.now() - timedelta(days=days))
    return run_of(change)


def test_nothing_is_forgotten_unless_the_site_says_so(scene, settings):
    run = aged(scene.succeeded(), 10_000)
    assert settings.LOG_DAYS == 0
    assert retention.forget_logs() == 0
    assert len(list(logs.every_line(run))) == run.last_seq


def test_lines_over_age_go_and_what_they_were_can_still_be_proved(scene, settings, client, vera):
    settings.LOG_DAYS = 90
    run = aged(scene.succeeded(), 91)
    steps = list(StepRun.objects.filter(run=run).values("key", "state", "sentence", "exit_code"))
    copy = "".join(f"{line.seq}\t{line.step}\t{line.stream}\t{line.text}\n" for line in logs.every_line(run))
    assert retention.forget_logs() == 1
    after = Run.objects.get(pk=run.pk)
    assert list(logs.every_line(after)) == []
    assert after.last_seq == after.log_gone == run.last_seq == copy.count("\n")
    assert after.log_sha256 == hashlib.sha256(copy.encode()).hexdigest()
    assert list(StepRun.objects.filter(run=run).values("key", "state", "sentence", "exit_code")) == steps
    client.force_login(vera)
    assert client.get(f"/changes/{run.change_id}/").status_code == 200
    said = client.get(f"/changes/{run.change_id}/log.txt").getvalue().decode()
    assert f"lines 1 to {run.last_seq} were forgotten for their age" in said
    assert retention.forget_logs() == 0


def test_younger_logs_stay(scene, settings):
    settings.LOG_DAYS = 90
    run = aged(scene.succeeded(), 89)
    assert retention.forget_logs() == 0
    assert list(logs.every_line(run))


def test_the_log_of_a_run_under_way_stays_however_long_ago_it_ended_once(scene, settings):
    settings.LOG_DAYS = 90
    run = aged(scene.undoing(), 91)
    assert retention.forget_logs() == 0
    assert list(logs.every_line(run))


def test_what_is_written_later_goes_on_counting_and_its_digest_builds_on_the_first(scene, settings):
    settings.LOG_DAYS = 90
    run = aged(scene.succeeded(), 91)
    retention.forget_logs()
    first = Run.objects.get(pk=run.pk)
    log(first, "report", "later")
    retention.forget_logs()
    second = Run.objects.get(pk=run.pk)
    line = f"{first.last_seq + 1}\treport\tout\tlater\n"
    assert second.log_gone == first.last_seq + 1
    assert second.log_sha256 == hashlib.sha256(f"{first.log_sha256}\n{line}".encode()).hexdigest()


def test_lines_that_came_while_the_digest_was_made_are_not_taken_away(scene):
    run = aged(scene.succeeded(), 91)
    log(run, "report", "just now")
    assert retention.forget(run) is False
    assert len(list(logs.every_line(run))) == run.last_seq + 1
