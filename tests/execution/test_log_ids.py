"""Whatever is logged while a run is worked on says which change, run and step it is about."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.log_requests import change_in_log
from execution import engine
from execution.leases import Lease, claim
from execution.log_ids import AddIds, about, also
from execution.models import Run

log = logging.getLogger("tests.log_ids")


class Kept(logging.Handler):
    """Keeps (change, run, step) of every record, by message."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(AddIds())
        self.ids: dict[str, tuple[int | None, str | None, str | None]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.ids[record.getMessage()] = (record.change, record.run, record.step)


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler, root = Kept(), logging.getLogger()
    root.addHandler(handler)
    log.setLevel(logging.INFO)
    yield handler
    root.removeHandler(handler)


@pytest.mark.django_db
def test_a_line_of_a_step_says_its_change_run_and_step(queued_toy, kept, monkeypatch):
    change = queued_toy("a", "b")
    run = Run.objects.get(change=change)
    judge = type(change.the_kind).judge

    def speaking(self, check, context):
        log.info("judging")
        return judge(self, check, context)

    monkeypatch.setattr(type(change.the_kind), "judge", speaking)
    engine.look(change.pk)
    log.info("afterwards")
    assert kept.ids["judging"] == (change.pk, run.name, "b")
    assert kept.ids["afterwards"] == (None, None, None)


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_speaks_of_the_step_that_is_under_way(queued_toy, kept, monkeypatch, settings):
    settings.HEARTBEAT_SECONDS = 0.01
    beaten = threading.Event()

    def beat(lease: Lease) -> None:
        log.info("beat")
        beaten.set()

    monkeypatch.setattr(Lease, "_renew", beat)
    run = Run.objects.select_related("change__host").get(change=queued_toy("a"))
    with about(run.change_id):
        also(run=run.name)
        lease = claim(run)
        also(step="a")
        with lease:
            assert beaten.wait(30)
    assert kept.ids["beat"] == (run.change_id, run.name, "a")


def test_ids_outside_of_any_work_stick_to_nobody(kept):
    also(run="42-1f2e3d4c", step="restore")
    log.info("idle")
    assert kept.ids["idle"] == (None, None, None)


def test_work_within_work_has_its_own_ids(kept):
    with about(1):
        also(run="1-a", step="x")
        with about(2):
            log.info("inner")
        log.info("outer")
    assert kept.ids == {"inner": (2, None, None), "outer": (1, "1-a", "x")}


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/changes/42/", 42),
        ("/changes/42/events", 42),
        ("/api/v1/changes/42", 42),
        ("/api/v1/changes/42/log", 42),
        ("/changes/", None),
        ("/hosts/changes/42/", None),
        ("/changes/42x/", None),
    ],
)
@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
def test_a_request_for_a_change_says_which(kept, path, change, later):
    def view(request: HttpRequest) -> HttpResponse:
        log.info("answering")
        return HttpResponse()

    async def view_later(request: HttpRequest) -> HttpResponse:
        return view(request)

    answer = change_in_log(view_later if later else view)(RequestFactory().get(path))
    if later:
        thread = threading.Thread(target=asyncio.run, args=(answer,))  # browser tests leave a loop in this one
        thread.start()
        thread.join()
    assert kept.ids["answering"] == (change, None, None)
