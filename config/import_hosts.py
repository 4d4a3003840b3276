"""`manage.py regroup import_hosts`: the import of the pages, for scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from inventory.importing.planning import Act, ImportPlan, Options
from inventory.importing.rows import ReadRefused, text_of
from inventory.imports import ImportMoved, import_confirm, import_preview, read_source
from people.actor import Actor
from people.models import User
from people.roles import Role
from people.selectors import actor_of


class CannotImport(Exception):
    """Nothing was written; the text is why."""


def import_hosts(options: dict[str, Any], say: Callable[[str], None]) -> None:
    """Say what the list would do and its digest; write it where `confirm` is that digest. Raises CannotImport."""
    actor = _administrator(options["by"])
    wanted = Options(options["make_owners"], options["overwrite"])
    try:
        source = read_source(options["source"], _text(options["path"]))
        for remark in source.remarks:
            say(remark)
        if options["confirm"]:
            done = import_confirm(source, wanted, options["confirm"], by=actor)
        else:
            done = import_preview(source, wanted)
    except (ReadRefused, ImportMoved) as error:
        raise CannotImport(str(error)) from error
    _tell(done, say)
    say("It is written." if options["confirm"] else f"Nothing is written yet. To write it: --confirm {done.digest}")


def _tell(done: ImportPlan, say: Callable[[str], None]) -> None:
    for item in done.items:
        if item.act is not Act.SAME:
            fields = ", ".join(f"{key} {before + ' → ' if before else ''}{after}" for key, before, after in item.fields)
            say(f"{item.where}: {item.act} {item.kind} {item.name!r} {fields} {item.sentence}".rstrip())
    say(", ".join(f"{done.count(act)} {act}" for act in Act) + ".")


def _text(path: Path) -> str:
    files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    if not files:
        raise ReadRefused(f"There is no .xml file in {path}.")
    try:
        return "\n".join(text_of(file.read_bytes()) for file in files)
    except OSError as error:
        raise ReadRefused(f"{path} cannot be read: {error.strerror}.") from error


def _administrator(name: str) -> Actor:
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CannotImport(f"There is no active account called {name}.")
    actor = actor_of(user)
    if not actor.may(Role.ADMINISTRATOR):
        raise CannotImport(f"{name} is no administrator, and only they import machines.")
    return actor
