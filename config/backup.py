"""One file that holds a whole Regroup: every row of the database, and the keys that open its secrets.

A tar (0600) of `manifest.json`, `rows.jsonl` (a row a line, in an order that can be read back) and `keys/`. Rows are
values, not a database's own dump, so a copy made on SQLite is read back into PostgreSQL and the other way round. What
Regroup saved of disks is not in it: that lies on the hosts, in the runs' directories under /var/lib/regroup.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management.color import no_style
from django.core.serializers.base import DeserializationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from config.instance import CannotStart, Instance
from config.schema import compare

FORMAT = 1
MANIFEST, ROWS = "manifest.json", "rows.jsonl"
LEFT_OUT = frozenset({"contenttypes.contenttype", "auth.permission", "sessions.session", "people.session"})
"""What every database makes for itself, and sessions: after a restore everybody signs in again."""
BATCH = 500


class BackupError(Exception):
    """A copy cannot be made or read back; the message says why and what to do. Nothing was changed."""


class _Exact(DjangoJSONEncoder):
    """Django's own cuts times to milliseconds, and the audit's hashes are made over microseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def backup(path: Path, *, keys: bool = True) -> int:
    """Write everything to a new file at `path`; the number of rows. BackupError if there is a file already."""
    newer, missing = compare()
    if newer or missing:
        raise BackupError("The database is of another version than this Regroup. Migrate it first.")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(
            f"{path} cannot be made: {error.strerror}. Name a new file in a directory of yours."
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file, tempfile.TemporaryFile() as rows:
            count = _write_rows(rows)
            with tarfile.open(fileobj=file, mode="w") as tar:
                _fill(tar, rows, count, _keys() if keys else {})
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return count


def _fill(tar: tarfile.TarFile, rows: IO[bytes], count: int, keys: dict[str, bytes]) -> None:
    size = rows.tell()
    rows.seek(0)
    sums = {ROWS: _sha256(rows)}
    sums |= {name: hashlib.sha256(data).hexdigest() for name, data in keys.items()}
    told = {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": count,
        "migrations": _migrations(),
        "sha256": sums,
    }
    manifest = json.dumps(told, indent=1).encode()
    rows.seek(0)
    parts: list[tuple[str, int, IO[bytes]]] = [(MANIFEST, len(manifest), io.BytesIO(manifest)), (ROWS, size, rows)]
    parts += [(name, len(data), io.BytesIO(data)) for name, data in keys.items()]
    for name, length, data in parts:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = length, 0o600
        tar.addfile(entry, data)


def _keys() -> dict[str, bytes]:
    """Name in the copy → content, for the key files that there are."""
    return {f"keys/{name}": path.read_bytes() for name, path in _key_files().items() if path.exists()}


def _key_files() -> dict[str, Path]:
    return {
        "credential_keys": Path(settings.CREDENTIAL_KEYS),
        "evidence_keys": Path(settings.EVIDENCE_KEYS),
        "secret_key": settings.STATE_DIR / "secret_key",
    }


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _models() -> list[type[models.Model]]:
    """Every table of ours, those that others refer to first."""
    listed = [(app, None) for app in apps.get_app_configs() if app.models_module]
    found = serializers.sort_dependencies(listed, allow_cycles=True)
    return [model for model in found if model._meta.label_lower not in LEFT_OUT]


def _write_rows(file: IO[bytes]) -> int:
    """All rows as they are at one moment."""
    count, serializer = 0, serializers.get_serializer("python")()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for model in _models():
            for row in model._base_manager.order_by("pk").iterator(chunk_size=BATCH):
                line = json.dumps(serializer.serialize([row])[0], cls=_Exact)
                file.write(line.encode() + b"\n")
                count += 1
    return count


def restore(path: Path) -> int:
    """Read a copy back into an empty, stopped Regroup of the same version; the number of rows. BackupError if not.

    All is checked before anything is written; rows come in one transaction, keys after it.
    """
    hold = Instance(settings.STATE_DIR)
    try:
        hold.take()
    except CannotStart as error:
        raise BackupError(str(error)) from None
    try:
        with _opened(path) as tar:
            told = _checked(tar, path)
            _require_empty()
            keys = _new_keys(tar, told)
            count = _read_rows(_part(tar, ROWS), told["rows"])
        for file, data in keys.items():
            _put(file, data)
        return count
    finally:
        hold.free()


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path, "r:")
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from None
    except tarfile.TarError:
        raise BackupError(f"{path} is no copy that `regroup backup` made. Name the right file.") from None


def _checked(tar: tarfile.TarFile, path: Path) -> dict[str, Any]:
    """The manifest, after every part agreed with its SHA-256."""
    try:
        told: dict[str, Any] = json.loads(_part(tar, MANIFEST).read())
        made = set(told["migrations"])
        sums = dict(told["sha256"])
        if told["format"] != FORMAT:
            raise BackupError(f"{path} was made by another version of Regroup. Restore it with that version.")
        for name, wanted in sums.items():
            if _sha256(_part(tar, name)) != wanted:
                raise BackupError(f"{path} is damaged: {name} in it is not what was written. Take another copy.")
    except (KeyError, ValueError, TypeError, tarfile.TarError, EOFError):
        raise BackupError(f"{path} is no whole copy that `regroup backup` made. Take another one.") from None
    differs = sorted(made ^ set(_migrations()))
    if differs:
        raise BackupError(
            f"{path} was made by another version of Regroup ({differs[0]} is in one of the two databases only)."
            " Restore it with the version that made it, then upgrade."
        )
    return told


def _sha256(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while block := file.read(1 << 20):
        found.update(block)
    return found.hexdigest()


def _part(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    part = tar.extractfile(name)
    if part is None:
        raise KeyError(name)
    return part


def _require_empty() -> None:
    filled = [label for label in ("people.User", "audit.Entry") if apps.get_model(label)._base_manager.exists()]
    if filled:
        raise BackupError(
            "This Regroup has people or an audit already, and a copy is read back into an empty one only. Name an empty"
            " directory in REGROUP_STATE, or an empty database in REGROUP_DATABASE_URL, and migrate it."
        )


def _new_keys(tar: tarfile.TarFile, told: dict[str, Any]) -> dict[Path, bytes]:
    """Where each key file of the copy goes. Nothing is encrypted with what an empty Regroup has there."""
    named = {f"keys/{name}": path for name, path in _key_files().items()}
    return {named[name]: _part(tar, name).read() for name in told["sha256"] if name in named}


def _read_rows(file: IO[bytes], wanted: int) -> int:
    count = 0
    try:
        with transaction.atomic():
            for batch in _batches(file):
                for row in serializers.deserialize("python", batch):
                    row.save()
                    count += 1
            if count != wanted:
                raise BackupError(f"The copy should hold {wanted} rows and holds {count}. Take another one.")
            connection.check_constraints()
            with connection.cursor() as cursor:
                for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
                    cursor.execute(statement)
    except (DeserializationError, DatabaseError, ValueError) as error:
        raise BackupError(
            f"The copy cannot be read back, nothing was changed: {str(error).splitlines()[0]}."
        ) from error
    return count


def _batches(file: IO[bytes]) -> Iterator[list[dict[str, Any]]]:
    lines = iter(file)
    while batch := [json.loads(line) for line in islice(lines, BATCH)]:
        yield batch


def _put(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        os.fsync(file.fileno())
    part.replace(path)
