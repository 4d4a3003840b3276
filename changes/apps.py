"""Registers the app; a database that has no rule of approval yet gets the one that everybody begins with."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as present
from django.db.models.signals import post_migrate


class ChangesConfig(AppConfig):
    name = "changes"

    def ready(self) -> None:
        from changes import renaming

        renaming.connect()
        post_migrate.connect(begin_with_one_approver, sender=self, dispatch_uid="one approver")


def begin_with_one_approver(using: str, apps: Any = present, **_: Any) -> None:
    """Rules are switched off, never deleted, so only a new database has none. A migration would not do: tests flush."""
    try:
        rules = apps.get_model("changes", "ApprovalRule").objects.using(using)
    except LookupError:  # an older state of the schema
        return
    if not rules.exists():
        rules.create(name="One approver")
