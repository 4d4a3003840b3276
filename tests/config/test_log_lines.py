"""A line of our logs: text or one JSON object, with the ids of what it is about, and never a secret."""

from __future__ import annotations

import json
import logging
import logging.config
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from config.log import JsonLine, TextLine, logging_of
from execution.log_ids import AddIds, about, also
from tests.config.conftest import PROJECT

SECRET = "s3cret-of-the-settings"


@pytest.fixture(params=["text", "json"])
def form(request) -> str:
    return request.param


@pytest.fixture
def said(form: str) -> Iterator[StringIO]:
    """What a logger of its own writes."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter({"text": TextLine, "json": JsonLine}[form](secrets=[SECRET, "short"]))
    handler.addFilter(AddIds())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield stream
    log.removeHandler(handler)


log = logging.getLogger("tests.log_lines")


def as_json(stream: StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    return json.loads(line)


@pytest.mark.parametrize("form", ["json"], indirect=True)
def test_a_line_is_one_object_with_what_it_is_about(said):
    with about(42):
        also(run="42-1f2e3d4c", step="restore")
        log.warning("host %s:\nno answer", "app02")
    told = as_json(said)
    assert told.pop("time").endswith("+00:00") and isinstance(told.pop("process"), int)
    assert told == {
        "level": "WARNING",
        "logger": "tests.log_lines",
        "message": "host app02:\nno answer",
        "change": 42,
        "run": "42-1f2e3d4c",
        "step": "restore",
    }


@pytest.mark.parametrize("form", ["text"], indirect=True)
def test_a_line_of_text_names_them_behind_the_logger(said):
    with about(42):
        also(run="42-1f2e3d4c", step="restore")
        log.info("hello")
    log.info("hello")
    first, second = said.getvalue().splitlines()
    assert first.endswith("INFO tests.log_lines [#42 42-1f2e3d4c restore]: hello")
    assert second.endswith("INFO tests.log_lines: hello")


@pytest.mark.parametrize("form", ["json"], indirect=True)
def test_a_traceback_is_part_of_the_object(said):
    try:
        raise ValueError("no such thing")
    except ValueError:
        log.exception("it broke")
    told = as_json(said)
    assert told["message"] == "it broke" and "ValueError: no such thing" in str(told["exception"])


SECRETS = (
    SECRET,
    "rgp_Zm9vYmFyYmF6cXV4",
    "Authorization: Bearer abcdefghijklmnop",
    "postgres://regroup:hunter22@db:5432/regroup",
    "redis://:hunter22@cache:6379/0",
    "password=hunter22 host=db",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n-----END OPENSSH PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\nb3BlbnNzaC1r",
)
PARTS = (SECRET, "Zm9vYmFyYmF6cXV4", "abcdefghijklmnop", "hunter22", "b3BlbnNzaC1r")


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_in_a_message_or_a_traceback_is_masked(said, text):
    log.info("it said %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("it broke")
    assert "•••" in said.getvalue()
    assert not any(part in said.getvalue() for part in PARTS)


def test_a_word_that_is_no_secret_stays(said):
    log.info("short words and https://regroup.example.org/changes/7/ stay; so does SHA256:abc")
    assert "short words and https://regroup.example.org/changes/7/ stay; so does SHA256:abc" in said.getvalue()


def test_the_dictionary_is_one_that_logging_takes(form):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logging.config.dictConfig(logging_of(form, [SECRET]) | {"loggers": {}})
        assert [type(handler.formatter) for handler in root.handlers] == [{"text": TextLine, "json": JsonLine}[form]]
    finally:
        root.handlers[:], root.level = before, level


@pytest.mark.parametrize("words", [("manage.py", "shell", "-c"), ("-c",)], ids=["manage.py", "a worker"])
def test_every_line_of_a_process_is_json_also_those_of_its_libraries(tmp_path: Path, words: tuple[str, ...]) -> None:
    script = (
        "import logging, django, config; django.setup();"
        "config.celery_app.log.setup('INFO');"
        "[logging.getLogger(name).warning('one\\ntwo') for name in"
        " ('config', 'celery.app.trace', 'celery.task', 'kombu', 'uvicorn.error', 'uvicorn.access', 'paramiko')]"
    )
    surroundings = {"REGROUP_STATE": str(tmp_path), "REGROUP_LOG": "json", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, *words, script], cwd=PROJECT, env=surroundings, capture_output=True, text=True, check=True
    )
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["message"] for line in told] == ["one\ntwo"] * 7
