"""An entry is never changed or deleted: not through the model, not by raw SQL."""

import pytest
from django.db import Error, connection, transaction

from audit.models import AppendOnly, Entry, Seal
from audit.services import record, seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    return record("host.create", actor_id=1, actor_name="ada", kind="host", object_id=7, label="app02")


def test_time_is_the_databases(entry):
    assert Entry.objects.get().at is not None


def test_saving_again_is_refused(entry):
    entry.action = "nothing.happened"
    with pytest.raises(AppendOnly):
        entry.save()


def test_deleting_is_refused(entry):
    for delete in (entry.delete, Entry.objects.all().delete):
        with pytest.raises(AppendOnly):
            delete()


def test_updating_is_refused(entry):
    with pytest.raises(AppendOnly):
        Entry.objects.update(action="nothing.happened")
    with pytest.raises(AppendOnly):
        Entry.objects.bulk_update([entry], ["action"])


STATEMENTS = [
    "UPDATE audit_entry SET action = 'nothing.happened'",
    "UPDATE audit_entry SET actor_name = 'mallory', hash = 'x'",
    "UPDATE audit_entry SET at = '2020-01-01 00:00:00+00'",
    "UPDATE audit_entry SET actor_id = NULL",
    "DELETE FROM audit_entry",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_refuses_raw_sql(entry, statement):
    with pytest.raises(Error, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.get().action == "host.create"


def test_a_seal_is_set_once(entry):
    seal()
    with pytest.raises(Error, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET hash = 'other'")
    assert Entry.objects.set_seals([Seal(entry.pk, 9, "", "content", "other")]) == 0


@pytest.mark.django_db(transaction=True)
def test_the_guard_stands_again_after_a_transactional_test(entry):
    with pytest.raises(Error, match="never changed"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry")
