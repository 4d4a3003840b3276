"""`manage.py regroup up`: prepares the state directory and runs every part of Regroup on this machine."""

from __future__ import annotations

import os
import secrets
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections

from config import parts
from config.environment import secret
from config.health import probe_headers
from config.instance import (
    Instance,
    Running,
    clean_leftovers,
    prune_queue,
    require_port,
    require_writable,
)
from config.schema import migrate
from config.supervisor import Program, Say, Supervisor, interrupt, on_signals
from execution.models import Claim, Pulse
from people.roles import Role
from people.selectors import actors_with
from people.services import user_create

READY_WITHIN = 60.0
CHORES_EVERY = 60.0
SOCKET_PATH_LIMIT = 107  # sun_path in <sys/un.h>, less its end


Prepare = Callable[[Path, Say, Supervisor], Sequence[str]]
"""What a demo does before the parts start; gives the lines to print when all is ready."""


def up(*, port: int, say: Say, ready_file: Path | None = None, demo: Prepare | None = None) -> None:
    """Run until Ctrl-C or TERM. Raises CannotStart with one sentence when it cannot begin."""
    state: Path = settings.STATE_DIR
    require_writable(state)
    instance = Instance(state)
    instance.take()
    supervisor = Supervisor(state / "log", say, in_fork=instance.forget, patience=settings.LEASE_SECONDS)
    on_signals(interrupt)
    try:
        require_port(port)
        clean_leftovers(state)
        url = f"http://127.0.0.1:{port}"
        start_queue(state, supervisor, say)
        instance.tell(Running(os.getpid(), url, settings.BROKER_URL))
        migrate(say)
        Pulse.objects.all().delete()  # what an earlier run said of its workers says nothing of ours
        Claim.objects.all().delete()
        lines = demo(state, say, supervisor) if demo else first_administrator()
        supervisor.stop_on_signals()
        parts.load()
        connections.close_all()
        supervisor.start([parts.runs(), parts.sweeps(), parts.fleet(), parts.beat()])
        collect_static(state)
        supervisor.start([parts.web(port)])
        if wait_ready(url, supervisor):
            announce(url, lines, say)
            if ready_file:
                ready_file.write_text(url + "\n")
        elif not supervisor.stop.is_set():
            say(f"Not ready after {READY_WITHIN:g} s. See {state / 'log'}, or ask: manage.py regroup doctor")
        supervisor.run(lambda: prune_queue(state), every=CHORES_EVERY)
    except KeyboardInterrupt:
        say("Interrupted before it was ready.")
    finally:
        supervisor.stop.set()
        supervisor.stop_on_signals()
        say("Ending …")
        supervisor.end()
        instance.free()


def start_queue(state: Path, supervisor: Supervisor, say: Say) -> None:
    """Choose where hints travel; a Redis that is on the PATH is started for us alone."""
    if secret("REGROUP_REDIS_URL"):
        say("Queue: the Redis of REGROUP_REDIS_URL")
        return
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    folder = state / "redis"
    path = folder / "redis.sock"
    if server is None or len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
        say("Queue: files in the state directory (a redis-server or valkey-server on the PATH would be used)")
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    words = [server, "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(folder)]
    words += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
    supervisor.start([Program("redis", words=words)])
    say(f"Queue: {Path(server).name} on a private socket")
    parts.use({"REGROUP_REDIS_URL": f"redis+socket://{path}"})


def first_administrator() -> Sequence[str]:
    """Make an administrator where there is none; the lines that tell how to sign in, or nothing."""
    if actors_with(Role.ADMINISTRATOR):
        return ()
    password = secrets.token_urlsafe(12)
    user_create("admin", password=password, display_name="Administrator", roles=[Role.ADMINISTRATOR])
    return (
        f"Sign in as admin with the password {password}",
        "It is shown this once. Change it on your account page, then make accounts for the others.",
    )


def collect_static(state: Path) -> None:
    """Hashed and compressed copies of every style and script; skipped while nothing has changed."""
    files = sorted(
        f"{path} {(info := os.stat(storage.path(path))).st_size} {info.st_mtime_ns}"
        for finder in get_finders()
        for path, storage in finder.list([])
    )
    seen = "\n".join(files)
    stamp = state / "static.stamp"
    if stamp.exists() and stamp.read_text() == seen and (state / "static" / "staticfiles.json").exists():
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True, skip_checks=True)
    stamp.write_text(seen)


# ------------------------------------------------------------------------------------------ ready


def wait_ready(url: str, supervisor: Supervisor) -> bool:
    """Whether every part answered within READY_WITHIN seconds; the programs are kept running meanwhile."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and not supervisor.stop.wait(0.1):
        supervisor.tick(0.0)
        if healthy(url):
            return True
    return False


def healthy(url: str) -> bool:
    """Whether the dashboard at `url` says that it, its database and its workers are well."""
    request = urllib.request.Request(f"{url}/healthz", headers=probe_headers())  # noqa: S310 - our own loopback URL
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the same
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def announce(url: str, lines: Iterable[str], say: Say) -> None:
    say("")
    say(f"Regroup is ready: {url}")
    for line in lines:
        say(line)
    say("Ctrl-C ends it.")
