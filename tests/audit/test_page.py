"""The audit page: newest first, filters in the URL, any depth."""

import pytest
from django.urls import reverse

from audit.models import Entry
from audit.selectors import PAGE, page
from audit.services import record


@pytest.fixture
def many(db):
    for number in range(PAGE * 2 + 7):
        record("host.edit" if number % 2 else "host.create", actor_name=f"actor{number % 3}", label=f"app{number}")


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "ada"])
def test_every_role_reads_it(client, as_user, who, request):
    assert as_user(client, request.getfixturevalue(who)).get(reverse("audit")).status_code == 200


def test_somebody_without_a_role_does_not(client, as_user, mallory):
    assert as_user(client, mallory).get(reverse("audit")).status_code == 403


def test_walking_older_and_back_meets_every_entry_once(many):
    first = page(Entry.objects.all())
    second = page(Entry.objects.all(), before=first.older)
    third = page(Entry.objects.all(), before=second.older)
    ids = [entry.pk for shown in (first, second, third) for entry in shown.entries]
    assert ids == list(Entry.objects.order_by("-id").values_list("pk", flat=True))
    assert first.newer is None and third.older is None
    assert page(Entry.objects.all(), after=third.newer).entries == second.entries


def test_filters_combine(client, as_user, vera, many):
    answer = as_user(client, vera).get(reverse("audit"), {"actor": "actor1", "action": "host.edit"})
    assert {(entry.actor_name, entry.action) for entry in answer.context["entries"]} == {("actor1", "host.edit")}


def test_the_next_page_keeps_the_filter(client, as_user, vera, many):
    answer = as_user(client, vera).get(reverse("audit"), {"action": "host.edit"})
    assert answer.context["older"].startswith("?action=host.edit&before=")


@pytest.mark.parametrize("value", ["x", "-1", "9" * 40, "٣"])
def test_a_broken_place_in_the_url_shows_the_first_page(client, as_user, vera, many, value):
    assert len(as_user(client, vera).get(reverse("audit"), {"before": value}).context["entries"]) == PAGE


def test_a_page_costs_one_read_of_entries(many, django_assert_num_queries):
    with django_assert_num_queries(1):
        page(Entry.objects.all(), before=80)


def test_what_was_written_is_escaped(client, as_user, vera):
    record("x.y", actor_name="<script>alert(1)</script>", kind="host", label="<img src=x>", detail={"<b>": "<i>"})
    text = as_user(client, vera).get(reverse("audit")).content.decode()
    assert "<script>alert" not in text and "<img src=x>" not in text and "<i>" not in text and "<b>" not in text
