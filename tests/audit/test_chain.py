"""Sealed entries form a chain; whoever gets past the guard is found out."""

import pytest
from django.db import connection

from audit import guard
from audit.models import Entry
from audit.selectors import verify
from audit.services import record, seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed():
    """Four sealed entries."""
    for number in range(4):
        record("host.edit", actor_name="ada", label=f"app0{number}", detail={"n": number, "at": [1.5, None, "é"]})
    assert seal() == 4
    return list(Entry.objects.order_by("position"))


@pytest.fixture
def tamper():
    """Raw SQL of somebody who may drop the triggers."""

    def execute(statement, *values):
        guard.run(connection, guard.LIFT)
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
        guard.run(connection, guard.SET)

    return execute


def test_an_untouched_chain_holds(sealed):
    assert verify() == []


def test_each_entry_follows_the_one_before(sealed):
    assert [entry.previous_hash for entry in sealed[1:]] == [entry.hash for entry in sealed[:-1]]


def test_sealing_goes_on_where_it_ended(sealed):
    record("host.edit", label="later")
    assert seal() == 1 and verify() == []
    assert Entry.objects.get(object_label="later").position == 5


def test_sealing_nothing_does_nothing(sealed):
    assert seal() == 0


def test_many_entries_are_sealed_in_pieces(db):
    for _ in range(5):
        record("host.edit")
    assert [seal(2), seal(2), seal(2), seal(2)] == [2, 2, 1, 0]
    assert verify() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor_name", "mallory"),
        ("action", "host.view"),
        ("object_label", "db01"),
        ("detail", '{"n": 9}'),
        ("ip", "10.0.0.1"),
    ],
)
def test_a_changed_entry_is_named(sealed, tamper, column, value):
    statement = f"UPDATE audit_entry SET {column} = %s WHERE id = %s"  # noqa: S608  # columns named above
    tamper(statement, value, sealed[1].pk)
    assert verify() == [f"Entry {sealed[1].pk} was changed after it was sealed."]


def test_a_removed_entry_leaves_a_gap(sealed, tamper):
    tamper("DELETE FROM audit_entry WHERE id = %s", sealed[2].pk)
    assert verify() == ["Between positions 2 and 4 entries are missing."]


def test_a_removed_first_entry_leaves_a_gap(sealed, tamper):
    tamper("DELETE FROM audit_entry WHERE id = %s", sealed[0].pk)
    assert verify() == ["Between positions 0 and 2 entries are missing."]


def test_two_entries_swapped_are_both_named(sealed, tamper):
    first, second = sealed[1], sealed[2]
    tamper("UPDATE audit_entry SET position = 99 WHERE id = %s", first.pk)
    tamper("UPDATE audit_entry SET position = %s WHERE id = %s", first.position, second.pk)
    tamper("UPDATE audit_entry SET position = %s WHERE id = %s", second.position, first.pk)
    assert {f"Entry {row.pk} was changed after it was sealed." for row in (first, second)} <= set(verify())


def test_an_entry_stripped_of_its_seal_is_named(sealed, tamper):
    tamper("UPDATE audit_entry SET hash = '' WHERE id = %s", sealed[3].pk)
    assert f"Entry {sealed[3].pk} has lost its seal." in verify()
