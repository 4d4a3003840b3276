"""`manage.py regroup doctor`: looks at every part, and says how to mend what is wrong.

A check is a function that gives findings and raises nothing that it expects. ok True: well; False: wrong;
None: does not apply here, or was not asked because something before it is wrong.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, models
from django.utils import timezone
from kombu import Connection
from packaging.requirements import Requirement

from audit.selectors import anchoring, sealing
from config.environment import BASE
from config.health import WORKERS, look, patience, probe_headers
from config.instance import running
from config.schema import compare
from evidence.keys import public_keys
from execution.models import Pulse
from inventory.connect import open_session
from inventory.credentials import credential_secrets
from inventory.models import Credential, Host
from people.vault import VaultError, open_vault
from ssh.command import Command
from ssh.session import SessionError

ENOUGH_DISK = 1_000_000_000
MOST_HOSTS = 20
QUEUE_WAIT = 5.0


@dataclass(frozen=True)
class Finding:
    """One line of the report; `mend` says what to do when it is not well."""

    ok: bool | None
    title: str
    detail: str
    mend: str = ""

    def text(self) -> str:
        mark = {True: "✓", False: "✗", None: "–"}[self.ok]
        line = f"{mark} {self.title}: {self.detail}"
        return f"{line}\n    → {self.mend}" if self.mend and self.ok is not True else line


Check = Callable[[], Iterable[Finding]]


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which one thing rests on another."""
    for check in (python, packages, state_directory, disk_space, database, clock, static_files):
        yield from check()
    for check in (queue, web, workers, audit, evidence, credentials, hosts, lab):
        yield from check()


# ------------------------------------------------------------------------------------- this machine


def python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(sys.version_info >= (3, 11), "Python", version, "Install Python 3.11 or newer, then: make clean base")


def packages() -> Iterator[Finding]:
    """What is installed against requirements/base.txt."""
    wrong = list(differing(BASE / "requirements" / "base.txt"))
    detail = f"{len(wrong)} differ from the lock file: {', '.join(wrong[:5])}" if wrong else "as in the lock file"
    yield Finding(not wrong, "Packages", detail, "sh scripts/bootstrap.sh base (after: rm .venv/.installed-*)")


def differing(lock: Path) -> Iterator[str]:
    """Names in a lock file whose installed version is another, as "kombu 5.6 (5.7.0)"."""
    for line in lock.read_text().splitlines():
        if not line or line[0] in " #-":
            continue
        wanted = Requirement(line.rstrip("\\ "))
        if wanted.marker and not wanted.marker.evaluate():
            continue
        try:
            installed = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            installed = "not installed"
        if not wanted.specifier.contains(installed if installed[0].isdigit() else "0", prereleases=True):
            yield f"{wanted.name} {installed} ({str(wanted.specifier).lstrip('=')})"


def state_directory() -> Iterator[Finding]:
    path: Path = settings.STATE_DIR
    mode = stat.S_IMODE(path.stat().st_mode)
    writable = os.access(path, os.W_OK | os.X_OK)
    detail = f"{path}, mode {mode:04o}" + ("" if writable else ", not writable by this user")
    mend = f"chmod 700 {path}" if writable else f"Give {path} to the user who runs Regroup (chown -R)"
    yield Finding(writable and not mode & 0o077, "State directory", detail, mend)
    key = path / "secret_key"
    if key.exists():
        mode = stat.S_IMODE(key.stat().st_mode)
        yield Finding(not mode & 0o077, "Signing key", f"{key.name}, mode {mode:04o}", f"chmod 600 {key}")


def disk_space() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.STATE_DIR).free
    detail = f"{free / 1e9:.1f} GB free where the state is kept"
    yield Finding(free >= ENOUGH_DISK, "Disk space", detail, "Free at least 1 GB there, or move REGROUP_STATE")


# ----------------------------------------------------------------------------------------- database


def database() -> Iterator[Finding]:
    try:
        newer, missing = compare()
        yield Finding(True, "Database", f"{connection.vendor} answers")
    except DatabaseError as error:
        mend = "Look at REGROUP_DATABASE_URL, or at the file in the state directory"
        yield Finding(False, "Database", str(error).strip().splitlines()[0], mend)
        return
    if newer:
        yield Finding(False, "Migrations", f"from a newer Regroup: {', '.join(newer)}", "Start that newer version")
    else:
        detail = f"{missing} not applied" if missing else "all applied"
        yield Finding(not missing, "Migrations", detail, "manage.py migrate (starting Regroup does it too)")
    if connection.vendor == "sqlite":
        yield from _sqlite()


def _sqlite() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        journal = str(cursor.fetchone()[0])
        cursor.execute("PRAGMA quick_check(1)")
        said = str(cursor.fetchone()[0])
    wanted = "wal" if "WAL" in settings.DATABASES["default"]["OPTIONS"]["init_command"] else "truncate"
    yield Finding(journal == wanted, "Journal mode", journal, f"It should be {wanted}: end every user of the file")
    yield Finding(said == "ok", "Integrity", said, "Restore the database from a copy; keep this file for a look")


def clock() -> Iterator[Finding]:
    """Nothing that we wrote may lie in the future: leases and windows rest on the clock."""
    try:
        latest = Pulse.objects.aggregate(latest=models.Max("at"))["latest"]
    except DatabaseError:
        return
    ahead = latest - timezone.now() if latest else timedelta()
    ok = ahead <= timedelta(seconds=5)
    detail = "runs on" if ok else f"{ahead.total_seconds():.0f} s behind what was written last"
    yield Finding(ok, "Clock", detail, "Set this machine's clock (timedatectl, chrony)")


# -------------------------------------------------------------------------------------------- parts


def static_files() -> Iterator[Finding]:
    there = (settings.STATIC_ROOT / "staticfiles.json").exists()
    detail = "collected" if there else "not collected"
    yield Finding(there, "Styles and scripts", detail, "manage.py collectstatic (starting Regroup does it too)")


def queue() -> Iterator[Finding]:
    """Send ourselves a message through the broker in use."""
    told = running(settings.STATE_DIR)
    url = told.broker if told else settings.BROKER_URL
    options = settings.BROKER_OPTIONS if url.startswith("filesystem") else {}
    name = "doctor"
    started = time.monotonic()
    try:
        with Connection(url, transport_options=options, connect_timeout=QUEUE_WAIT) as broker:
            box = broker.SimpleQueue(name)
            box.put({"hello": name})
            message = box.get(timeout=QUEUE_WAIT)
            message.ack()
            box.queue.delete()
            box.close()
    except Exception as error:  # every transport raises errors of its own
        mend = "Start the queue's server, or unset REGROUP_REDIS_URL to use files"
        yield Finding(False, "Queue", f"{url.split('@')[-1]}: {type(error).__name__} {error}".strip(), mend)
        return
    milliseconds = (time.monotonic() - started) * 1000
    yield Finding(True, "Queue", f"{url.split('@')[-1]}, there and back in {milliseconds:.0f} ms")


def web() -> Iterator[Finding]:
    told = running(settings.STATE_DIR)
    if told is None:
        yield Finding(None, "Dashboard", "not started here by `regroup up`", "make run")
        return
    request = urllib.request.Request(f"{told.url}/healthz", headers=probe_headers())  # noqa: S310 - loopback
    mend = f"Look into {settings.STATE_DIR / 'log' / 'web.log'}"
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            yield Finding(True, "Dashboard", f"{told.url}, pid {told.pid}, {json.load(answer)['status']}")
    except urllib.error.HTTPError as error:
        yield Finding(False, "Dashboard", f"{told.url} answers {error.code}: {error.read(200).decode()}", mend)
    except OSError as error:
        yield Finding(False, "Dashboard", f"{told.url} does not answer: {error}", mend)


def workers() -> Iterator[Finding]:
    health = look()
    if health.database != "ok":
        yield Finding(None, "Workers", "not asked: the database is away")
        return
    idle = running(settings.STATE_DIR) is None and not any(health.workers.values())
    for name in WORKERS:
        age = health.workers[name]
        seen = "never seen" if age is None else f"seen {age:g} s ago"
        ok = None if idle else age is not None and age <= patience()
        yield Finding(ok, f"Worker {name}", seen, f"make run, or look into {settings.STATE_DIR / 'log'}/{name}.log")


def audit() -> Iterator[Finding]:
    """The sealer keeps up."""
    try:
        now = sealing()
    except DatabaseError:
        return
    detail = f"the oldest entry without a seal waits for {now.lag:.0f} s" if now.lag else "every entry is sealed"
    mend = f"No change can begin. Start the worker sweeps, or look into {settings.STATE_DIR / 'log'}/sweeps.log"
    yield Finding(not now.late, "Audit", detail, mend)
    anchors = anchoring()
    last = f"the last of {anchors.last.isoformat(timespec='seconds')}" if anchors.last else "none yet"
    mend = f"Make it writable for the worker sweeps; {settings.STATE_DIR / 'log'}/sweeps.log says what went wrong"
    yield Finding(not anchors.late, "Audit anchors", f"in {settings.AUDIT_ANCHOR}, {last}", mend)


def evidence() -> Iterator[Finding]:
    """The keys that sign evidence are private; whose they are can be read here."""
    path = Path(settings.EVIDENCE_KEYS)
    try:
        keys = public_keys()
    except VaultError as error:
        yield Finding(False, "Evidence keys", str(error), "See the sentence before")
        return
    if not keys:
        yield Finding(None, "Evidence keys", "none yet; made with the first evidence that somebody takes")
        return
    yield Finding(True, "Evidence keys", f"{path}; signing: {keys[0].id}, public key {keys[0].hex}")


def credentials() -> Iterator[Finding]:
    """The key list is private, and every stored secret opens."""
    path = Path(settings.CREDENTIAL_KEYS)
    if not path.exists() and not Credential.objects.exclude(key_id="").exists():
        yield Finding(None, "Credential keys", "none yet; made with the first stored secret")
        return
    if not path.exists():
        yield Finding(False, "Credential keys", f"{path} is gone", "Put the file back; without it secrets are lost")
        return
    try:
        open_vault(path)
        yield Finding(True, "Credential keys", f"{path}, readable by this user alone")
        shut = [row.name for row in Credential.objects.exclude(key_id="") if not _opens(row)]
    except VaultError as error:
        yield Finding(False, "Credential keys", str(error), "See the sentence before")
        return
    detail = f"do not open: {', '.join(shut)}" if shut else "all stored secrets open"
    yield Finding(not shut, "Credentials", detail, "Put the missing line back into the key list, or enter them again")


def _opens(row: Credential) -> bool:
    try:
        credential_secrets(row)
    except VaultError:
        return False
    return True


def hosts() -> Iterator[Finding]:
    """Each host is reached with its pinned key, and sudo works there (the first MOST_HOSTS of them)."""
    rows = list(Host.objects.order_by("name")[:MOST_HOSTS])
    if not rows:
        yield Finding(None, "Hosts", "none yet", "Add one on the Hosts page")
    for host in rows:
        yield _host(host)
    left = Host.objects.count() - len(rows)
    if left > 0:
        yield Finding(None, "Hosts", f"{left} more were not asked")


def _host(host: Host) -> Finding:
    try:
        with open_session(host) as session:
            done = session.run(Command(("id", "-u"), sudo=host.sudo))
    except SessionError as error:
        return Finding(False, f"Host {host}", str(error), f"See the page of {host}, and docs/recovery.md for sudo")
    root = done.status == 0 and done.text.strip() == "0"
    detail = "reached with its trusted key, root at hand" if root else f"reached, but not root: {done.error_text}"
    return Finding(root, f"Host {host}", detail, "Add the sudoers lines of docs/recovery.md there")


def lab() -> Iterator[Finding]:
    """Only for the demo and the tests; a site needs none of it."""
    from lab import machine
    from lab.cache import find_build
    from lab.errors import LabError

    missing = machine.missing_packages(machine.RUN_PROGRAMS)
    if missing:
        detail = f"missing {', '.join(missing)} (only the demo and tests need it)"
        yield Finding(None, "Lab", detail, machine.install_command(missing))
        return
    try:
        found = find_build()
    except LabError as error:
        yield Finding(None, "Lab", str(error))
        return
    detail = f"built ({found.accelerator})" if found else "not built (only the demo and tests need it)"
    yield Finding(True if found else None, "Lab", detail, "manage.py lab build")
