"""What the log benches share: a PostgreSQL that keeps what it promises, and runs to write the logs of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LINE = "  {number:>9}  vm42_RootVG/var: copied extent {number} of 1048576, checked, no difference was found"


def with_postgres() -> None:
    """Start this very bench again beside a PostgreSQL of its own, with fsync, and end with it; once there, nothing."""
    if os.environ.get("REGROUP_DATABASE_URL"):
        return
    from tests.production.servers import Postgres  # it brings pytest, and with it settings for tests

    folder = Path(tempfile.mkdtemp(prefix="regroup-bench-"))
    folder.chmod(0o755)
    (folder / "state").mkdir(mode=0o700)
    database = Postgres(folder / "postgres", fsync=True)
    try:
        told = {"REGROUP_DATABASE_URL": database.url, "REGROUP_STATE": str(folder / "state")}
        told["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        spec = sys.modules["__main__"].__spec__
        words = [sys.executable, "-m", spec.name if spec else "", *sys.argv[1:]]
        sys.exit(subprocess.run(words, env={**os.environ, **told}).returncode)
    finally:
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def begin(count: int) -> list[int]:
    """Runs of their own changes, each at the step `save`; their pks. The person who looks is vera."""
    from datetime import timedelta

    from django.core.management import call_command
    from django.utils import timezone

    from changes.models import Change
    from execution.models import Run, StepRun
    from execution.services import run_of
    from people.roles import Role
    from people.services import user_create
    from tests.pages.scene import Scene

    call_command("migrate", verbosity=0)
    cast = (("rosa", Role.REQUESTER), ("amir", Role.APPROVER), ("olu", Role.OPERATOR), ("vera", Role.VIEWER))
    people = {
        name: user_create(name, password="a long password to type", display_name=name, roles=[role, Role.VIEWER])  # noqa: S106 - ends with the bench
        for name, role in cast
    }
    first = Scene(people["rosa"], people["amir"], people["olu"]).running("save")
    runs = [run_of(first)]
    for _ in range(count - 1):
        change = Change.objects.get(pk=first.pk)
        change.pk = None
        change.save(force_insert=True)
        runs.append(Run.objects.create(change=change, digest=change.digest, started_by=people["olu"]))
        StepRun.objects.create(run=runs[-1], key="save", position=1, state="running", attempt=1)
    later = timezone.now() + timedelta(hours=1)
    Run.objects.update(lease_owner="bench", lease_until=later, started_at=timezone.now())
    return [run.pk for run in runs]


def cookie() -> tuple[str, str]:
    """Name and value of the cookie of a session of vera's."""
    from django.conf import settings
    from django.test import Client

    from people.models import User

    client = Client()
    client.force_login(User.objects.get(username="vera"))
    return settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value
