"""Lists walk by name, keep their filter, and cost the same at any depth."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Host
from inventory.paging import page_by_name
from inventory.selectors import host_list
from tests.conftest import SEES_ALL


def turn(page, words):
    return page_by_name(Host.objects.all(), QueryDict(words.lstrip("?")), 10)


def test_walking_there_and_back_meets_every_host_once(hosts):
    names = [host.name for host in hosts(35)]
    pages = [page_by_name(Host.objects.all(), QueryDict(""), 10)]
    while pages[-1].next:
        pages.append(turn(pages[-1], pages[-1].next))
    assert [row.name for page in pages for row in page.rows] == names
    back = [pages[-1]]
    while back[-1].previous:
        back.append(turn(back[-1], back[-1].previous))
    assert [[row.name for row in page.rows] for page in back[::-1]] != []
    assert {row.name for page in back for row in page.rows} == set(names)


def test_the_links_keep_the_filter(hosts, client, as_user, vera):
    hosts(120)
    page = as_user(client, vera).get(reverse("hosts"), {"text": "host"}).context["page"]
    assert page.next.startswith("?text=host&after=")


def test_a_list_asks_the_same_number_of_questions_at_any_length(hosts, client, as_user, vera):
    as_user(client, vera)
    counts = []
    for more in (3, 45):
        Host.objects.all().delete()
        hosts(more)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(reverse("hosts"))
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 9


@pytest.mark.parametrize(
    ("chosen", "found"),
    [({"text": "APP"}, 1), ({"owner": "finance platform"}, 1), ({"trust": "none"}, 1), ({"trust": "trusted"}, 0),
     ({"trust": "nonsense"}, 0), ({"owner": "nobody"}, 0)],
)  # fmt: skip
def test_filters_find(app02, chosen, found):
    assert host_list(SEES_ALL, **chosen).count() == found
