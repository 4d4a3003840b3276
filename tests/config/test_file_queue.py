"""The queue of files: a worker that looks at any moment sees whole messages only."""

from __future__ import annotations

import os
from queue import Empty

import pytest
from kombu import Connection

from config import celery_app, file_queue


@pytest.fixture
def queue(tmp_path):
    """A channel of a queue in a folder of its own."""
    (tmp_path / "processed").mkdir()
    folders = {"data_folder_in": tmp_path, "data_folder_out": tmp_path, "control_folder": tmp_path}
    options = {name: str(folder) for name, folder in folders.items()}
    options |= {"store_processed": True, "processed_folder": str(tmp_path / "processed")}
    with Connection("filesystem://", transport_options=options) as connection:
        yield connection.channel()


def test_the_application_speaks_through_it(own_queue):
    with celery_app.connection_for_write("filesystem://") as connection:
        assert isinstance(connection.transport, file_queue.Transport)


def test_a_message_comes_as_it_went(queue):
    queue._put("runs", {"body": "look at run 42 – now"})
    assert queue._size("runs") == 1
    assert queue._get("runs") == {"body": "look at run 42 – now"}


def test_who_looks_before_it_is_whole_finds_nothing(queue, monkeypatch):
    seen = []

    def looking(part, whole):
        seen.append(queue._size("runs"))
        with pytest.raises(Empty):
            queue._get("runs")
        rename(part, whole)

    rename = os.rename
    monkeypatch.setattr(os, "rename", looking)
    queue._put("runs", {"body": "x" * 100_000})
    monkeypatch.undo()
    assert seen == [0]
    assert len(queue._get("runs")["body"]) == 100_000


def test_who_looks_while_a_queue_is_bound_sees_the_table_of_before(queue, monkeypatch):
    queue._queue_bind("celery", "runs", "", "runs")
    seen = []

    def looking(part, whole):
        seen.append([row[2] for row in queue.get_table("celery")])
        rename(part, whole)

    rename = os.rename
    monkeypatch.setattr(os, "rename", looking)
    queue._queue_bind("celery", "fleet", "", "fleet")
    monkeypatch.undo()
    assert seen == [["runs"]]
    assert [row[2] for row in queue.get_table("celery")] == ["fleet", "runs"]
