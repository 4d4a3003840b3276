"""`regroup up` as a person starts it: ready, watched over, ended. One dashboard for the module."""

from __future__ import annotations

import json
import re
import urllib.request

import psutil
import pytest

from tests.config.conftest import Up, until

pytestmark = pytest.mark.xdist_group("up")

PARTS = ("celery runs", "celery sweeps", "celery fleet", "celery beat", "regroup: web")


def health(up: Up) -> dict[str, object]:
    with urllib.request.urlopen(f"{up.url}/healthz", timeout=60) as answer:
        told: dict[str, object] = json.load(answer)
    return told


def answers(up: Up) -> bool:
    try:
        return health(up)["status"] == "ok"
    except OSError:
        return False


def test_it_says_where_it_is_and_how_to_sign_in_the_first_time(up: Up) -> None:
    assert f"Regroup is ready: {up.url}" in up.said()
    assert re.search(r"Sign in as admin with the password \S{12,}", up.said())


def test_the_ready_file_holds_the_url(up: Up) -> None:
    assert up.ready.read_text() == f"{up.url}\n"


def test_its_health_names_every_worker(up: Up) -> None:
    told = health(up)
    assert told["status"] == told["database"] == "ok"
    assert set(told["workers"]) == {"runs", "sweeps", "fleet"}  # type: ignore[call-overload]  # JSON


def test_the_sign_in_page_is_served_with_its_hashed_styles(up: Up) -> None:
    with urllib.request.urlopen(f"{up.url}/", timeout=60) as answer:
        page = answer.read().decode()
    styles = re.findall(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
    assert styles
    for style in styles:
        with urllib.request.urlopen(up.url + style, timeout=60) as answer:
            assert answer.headers["Content-Type"].startswith("text/css")


def test_it_listens_on_loopback_only(up: Up) -> None:
    listening = {
        connection.laddr.ip
        for process in [psutil.Process(up.process.pid), *up.family()]
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_all_state_is_private(up: Up) -> None:
    assert up.state.stat().st_mode & 0o777 == 0o700
    for name in ("secret_key", "up.lock"):
        assert (up.state / name).stat().st_mode & 0o077 == 0


def test_a_second_start_names_the_first(up: Up) -> None:
    done = up.manage("regroup", "up", "--port", str(up.port + 1))
    assert done.returncode == 1
    assert f"already runs here as pid {up.process.pid} at {up.url}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("title", PARTS)
def test_a_part_comes_back_after_a_kill(up: Up, title: str) -> None:
    before = up.part(title)
    assert before is not None
    before.kill()
    assert until(lambda: (now := up.part(title)) is not None and now.pid != before.pid)
    assert until(lambda: answers(up), within=120)


def test_the_doctor_finds_every_part_well(up: Up) -> None:
    assert until(lambda: answers(up), within=120)
    said = up.manage("regroup", "doctor").stdout
    wanted = (
        "State directory",
        "Database",
        "Migrations",
        "Integrity",
        "Queue",
        "Dashboard",
        "Worker runs",
        "Worker sweeps",
        "Worker fleet",
    )
    assert [name for name in wanted if f"✓ {name}:" not in said] == [], said


WAIT = """
import time
from audit.models import Entry
from audit.services import record
entry, begun = record("host.edit", label="app02"), time.monotonic()
while not Entry.objects.get(pk=entry.pk).hash and time.monotonic() < begun + 60:
    time.sleep(0.05)
print(f"sealed: {bool(Entry.objects.get(pk=entry.pk).hash)} after {time.monotonic() - begun:.1f} s")
"""


def test_what_is_written_is_sealed_by_itself(up: Up) -> None:
    assert "sealed: True" in up.manage("shell", "-v0", "-c", WAIT).stdout


def test_all_of_it_uses_less_memory_than_promised(up: Up) -> None:
    processes = [psutil.Process(up.process.pid), *up.family()]
    assert sum(process.memory_full_info().pss for process in processes) < 400_000_000
