"""The list of changes: its filters, its pages, what it costs."""

import pytest

from changes.models import Change
from pages.change_list import PAGE
from tests.pages.scene import a_host


@pytest.fixture
def found(client, as_user, rosa):
    def get(query=""):
        return [row.pk for row in as_user(client, rosa).get(f"/changes/{query}").context["page"].rows]

    return get


def test_newest_first(found, scene):
    first, second = scene.planned(), scene.draft()
    assert found() == [second.pk, first.pk]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=in_review", ["in_review"]),
        ("?state=deciding", ["draft", "in_review"]),
        ("?state=going", ["approved"]),
        ("?state=nonsense", []),
        ("?kind=recovery", ["approved", "draft", "in_review"]),
        ("?kind=bond", []),
        ("?host=APP01", ["approved", "draft", "in_review"]),
        ("?host=app09", []),
        ("?requester=rosa", ["approved", "draft", "in_review"]),
        ("?requester=amir", []),
        ("?mine=1&state=in_review", ["in_review"]),
    ],
)
def test_filters_stand_in_the_address(found, scene, query, expected):
    for state in ("in_review", "approved", "draft"):
        getattr(scene, state)()
    assert sorted(Change.objects.get(pk=pk).status for pk in found(query)) == expected


def test_mine_is_nobody_elses(client, as_user, olu, scene):
    scene.draft()
    assert as_user(client, olu).get("/changes/?mine=1").context["page"].rows == []


def many(scene, count):
    change, host = scene.draft(), a_host()
    fields = {"kind": change.kind, "title": "t", "reason": "r", "host": host, "requester": scene.rosa}
    Change.objects.bulk_create(Change(editor=scene.rosa, **fields) for _ in range(count - 1))


def test_pages_follow_one_another_without_gap_or_double(client, as_user, rosa, scene):
    many(scene, PAGE * 2 + 7)
    as_user(client, rosa)
    seen, query = [], ""
    while query is not None:
        page = client.get(f"/changes/{query}").context["page"]
        seen += [row.pk for row in page.rows]
        query = page.older
    assert seen == sorted(Change.objects.values_list("pk", flat=True), reverse=True)


def test_the_way_back_leads_to_the_page_before(client, as_user, rosa, scene):
    many(scene, PAGE * 2)
    as_user(client, rosa)
    first = client.get("/changes/").context["page"]
    second = client.get(f"/changes/{first.older}").context["page"]
    back = client.get(f"/changes/{second.newer}").context["page"]
    assert [row.pk for row in back.rows] == [row.pk for row in first.rows]
    assert back.newer is None


def test_filters_are_kept_from_page_to_page(client, as_user, rosa, scene):
    many(scene, PAGE + 1)
    page = as_user(client, rosa).get("/changes/?host=app01&mine=1").context["page"]
    assert "host=app01" in page.older
    assert "mine=1" in page.older


def test_a_page_costs_at_most_twelve_queries(client, as_user, rosa, scene, django_assert_max_num_queries):
    many(scene, PAGE + 1)
    as_user(client, rosa)
    with django_assert_max_num_queries(12):
        client.get("/changes/?host=app01&state=deciding")


@pytest.mark.parametrize("query", ["?before=abc", "?after=-1", "?before=" + "9" * 40])
def test_nonsense_in_the_address_is_no_error(client, as_user, rosa, query):
    assert as_user(client, rosa).get(f"/changes/{query}").status_code == 200


def test_an_empty_list_offers_the_first_step_to_a_requester_only(client, as_user, rosa, vera):
    assert b"/changes/recovery/new" in as_user(client, rosa).get("/changes/").content
    assert b"/changes/recovery/new" not in as_user(client, vera).get("/changes/").content
