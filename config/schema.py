"""The database's version against ours: what is missing is applied, what is newer is refused."""

from __future__ import annotations

from functools import cache

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.instance import CannotStart
from config.supervisor import Say


def migrate(say: Say) -> None:
    """Bring the database to this version. CannotStart if it cannot be opened or belongs to a newer one."""
    try:
        newer, missing = compare()
        if newer:
            raise CannotStart(
                f"The database was written by a newer Regroup (it has {', '.join(newer)}, which this version "
                "does not know). Start that version, or restore a copy made before the upgrade."
            )
        if missing:
            say(f"Database: applying {missing} migration{'s' if missing > 1 else ''}")
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    except DatabaseError as error:
        raise CannotStart(f"The database cannot be used: {str(error).strip().splitlines()[0]}.") from error


def compare() -> tuple[list[str], int]:
    """(migrations that the database has and we do not know, number of ours that it lacks)."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    known = set(loader.disk_migrations) | {old for new in loader.replacements.values() for old in new.replaces}
    newer = [
        f"{app}.{name}"
        for app, name in sorted(loader.applied_migrations)
        if app in loader.migrated_apps and (app, name) not in known
    ]
    return newer, len(executor.migration_plan(loader.graph.leaf_nodes()))


def differs() -> tuple[bool, int]:
    """The same in two queries, for a probe that asks often: (is the database newer than we are, how many it lacks)."""
    ours, apps = _ours()
    applied = {name for name in MigrationRecorder(connection).applied_migrations() if name[0] in apps}
    return bool(applied - ours), len(ours - applied)


@cache
def _ours() -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
    """Every migration of this version, those that one replaces among them; and their apps. Read from disk once."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    replaced = {old for new in loader.replacements.values() for old in new.replaces}
    return frozenset(set(loader.disk_migrations) | replaced), frozenset(loader.migrated_apps)
