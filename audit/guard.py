"""Triggers by which the database refuses to change or delete an audit entry.

They hold for every way in, raw SQL included. The seal may be set once, from empty, and nothing else.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SENTENCE = "Audit entries are never changed or deleted."
CONTENT = (
    "id", "at", "actor_id", "actor_name", "action", "object_kind", "object_id", "object_label",
    "detail", "request_id", "ip",
)  # fmt: skip


def _changed(differs: str) -> str:
    return " OR ".join(["OLD.hash <> ''", *(f"NEW.{name} {differs} OLD.{name}" for name in CONTENT)])


SQLITE = (
    f"""CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
        WHEN {_changed("IS NOT")} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END""",
    f"""CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
        BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END""",
)
SQLITE_LIFT = ("DROP TRIGGER IF EXISTS audit_entry_no_update", "DROP TRIGGER IF EXISTS audit_entry_no_delete")

POSTGRES = (
    f"""CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{SENTENCE}'; END $$""",
    f"""CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry FOR EACH ROW
        WHEN ({_changed("IS DISTINCT FROM")}) EXECUTE FUNCTION audit_entry_refuse()""",
    """CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()""",
    """CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()""",
)
POSTGRES_LIFT = ("DROP FUNCTION IF EXISTS audit_entry_refuse() CASCADE",)

SET = {"sqlite": SQLITE, "postgresql": POSTGRES}
LIFT = {"sqlite": SQLITE_LIFT, "postgresql": POSTGRES_LIFT}


def install(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """For the migration: set the triggers. Raises KeyError on a database that we do not support."""
    run(editor.connection, SET)


def lift(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """For undoing the migration."""
    run(editor.connection, LIFT)


def run(connection: BaseDatabaseWrapper, statements: dict[str, tuple[str, ...]]) -> None:
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
