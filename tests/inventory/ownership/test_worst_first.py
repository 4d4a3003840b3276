"""The list of unowned machines: worst first, and each of them once however it is turned."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Host, Vm
from inventory.ownership import Cursor, score_of
from inventory.states import Criticality
from inventory.unowned import counts, page
from tests.conftest import SEES_ALL


def walked(size, which=""):
    """Every row of every page, and the moment of the list."""
    found, cursor, at = [], None, None
    while True:
        one = page(SEES_ALL, which, cursor, size)
        found += [(each["kind"], each["row"]) for each in one.rows]
        if one.next is None:
            return found, at
        cursor = Cursor.read(QueryDict(one.next.lstrip("?"))["after"])
        at = cursor.at


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_every_machine_is_met_once_and_none_before_a_worse_one(waiting, size):
    levels = list(Criticality)
    now = timezone.now()
    for n in range(12):
        waiting(f"vm{n:02}", levels[n % 4], 10 + n % 5)
        Host.objects.create(
            name=f"h{n:02}",
            address=f"h{n}.example",
            criticality=levels[-1 - n % 4],
            waits_since=now - timedelta(days=n % 3),
        )
    found, at = walked(size)
    assert len(found) == len({(kind, row.pk) for kind, row in found}) == 24
    assert all(score_of(a[1], at) >= score_of(b[1], at) for a, b in pairwise(found))


def test_machines_of_one_score_are_met_once_each(db):
    since = timezone.now() - timedelta(days=20)
    for n in range(5):
        Vm.objects.create(name=f"vm{n}", criticality="critical", waits_since=since)
        Host.objects.create(name=f"h{n}", address=f"h{n}.example", criticality="critical", waits_since=since)
    found, _ = walked(3)
    assert [kind for kind, _ in found] == ["host"] * 5 + ["vm"] * 5
    assert len({(kind, row.pk) for kind, row in found}) == 10


def test_critical_beats_older_by_its_weight(waiting):
    waiting("old", "normal", 40)
    waiting("critical", "critical", 9)
    waiting("low", "low", 60)
    assert [row.name for _, row in walked(50)[0]] == ["critical", "old", "low"]


def test_a_machine_that_was_confirmed_in_the_period_is_not_there(waiting, finance, settings):
    row = waiting("vm1", "high", 10, finance)
    assert counts(SEES_ALL).unconfirmed == 1
    Vm.objects.filter(pk=row.pk).update(confirmed_at=row.waits_since)
    assert (counts(SEES_ALL).unconfirmed, page(SEES_ALL).rows) == (0, [])
    settings.CONFIRM_DAYS = 9
    assert counts(SEES_ALL).unconfirmed == 1


def test_a_host_that_is_a_vm_is_listed_as_the_vm_alone(app02):
    assert [kind for kind, _ in walked(50)[0]] == ["vm"]


def test_the_filters_part_the_list(waiting, finance):
    waiting("nobodys", "low", 1)
    waiting("silent", "low", 1, finance)
    assert [row.name for _, row in walked(5, "nobody")[0]] == ["nobodys"]
    assert [row.name for _, row in walked(5, "unconfirmed")[0]] == ["silent"]


@pytest.mark.parametrize(
    "text", ["", "x", "1-2-disk-3", "9" * 17 + "-" + "9" * 20 + "-vm-1", "0-99999999999999999999-vm-1"]
)
def test_a_link_that_somebody_has_changed_shows_a_page(client, as_user, vera, waiting, text):
    waiting("vm1", "low", 1)
    assert as_user(client, vera).get("/unowned/", {"after": text}).status_code == 200


def test_a_page_asks_the_same_number_of_questions_at_any_length(client, as_user, vera, waiting, finance):
    as_user(client, vera)
    numbers = []
    for more in (2, 40):
        for n in range(more):
            waiting(f"vm{more}-{n}", "high", n, finance)
        with CaptureQueriesContext(connection) as asked:
            client.get("/unowned/")
        numbers.append(len(asked))
    assert numbers[0] == numbers[1] <= 16
