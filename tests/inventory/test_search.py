"""The search box finds hosts, VMs and owners."""

import pytest

from inventory.models import Host
from inventory.selectors import search
from tests.conftest import SEES_ALL

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("app0", {"app02"}),
        ("192.0.2", {"app02"}),
        ("LEDGER", {"vm42"}),
        ("vm42", {"vm42", "app02"}),
        ("finance", {"vm42", "Finance platform"}),
        ("nothing like it", set()),
        ("  ", set()),
        ("%", set()),
    ],
)
def test_it_finds_what_the_text_names(app02, text, found):
    assert {hit.label for hit in search(text, SEES_ALL)} == found


def test_every_hit_leads_to_a_page(client, as_user, vera, app02):
    as_user(client, vera)
    assert [client.get(hit.url).status_code for hit in search("2", SEES_ALL)] == [200] * len(search("2", SEES_ALL))


def test_no_kind_gives_more_than_eight(hosts):
    hosts(40)
    assert len(search("host", SEES_ALL)) == 8 < Host.objects.count()
