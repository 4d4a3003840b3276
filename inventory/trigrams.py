"""Indexes by which PostgreSQL finds a part of a word, for searches that say `icontains`.

They are of `UPPER(column)`, as Django asks. Without them, and on SQLite, every row is looked at: right all the same,
and slow from some ten thousand rows on.
"""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import Error, connections, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython


def indexed(table: str, *columns: str) -> RunPython:
    """The operation of a migration. Where pg_trgm may not be had (no right to, not installed), it does nothing."""

    def make(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if not _has_trigrams(editor.connection.alias):
            return
        for column in columns:
            editor.execute(
                f'CREATE INDEX IF NOT EXISTS {_name(table, column)} ON "{table}"'
                f' USING gin (upper("{column}"::text) gin_trgm_ops)'
            )

    def drop(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        for column in columns:
            editor.execute(f"DROP INDEX IF EXISTS {_name(table, column)}")

    return RunPython(make, drop)


def _name(table: str, column: str) -> str:
    return f"{table}_{column}_part"


def _has_trigrams(alias: str) -> bool:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return False
    try:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except Error:
        return False
    return True
