"""One edit for all hosts of a filtered list, with the import's preview and its refusals."""

import pytest

from inventory.models import Host, Owner
from tests.inventory.importing.test_import_pages import hidden


@pytest.fixture
def web(db) -> Owner:
    owner = Owner.objects.create(name="Web, inc.")
    for n in range(3):
        Host.objects.create(name=f"web{n}", address=f"web{n}.example")
    Host.objects.create(name="db1", address="db1.example")
    return owner


def test_the_hosts_of_the_filter_are_previewed_and_changed_alone(client, as_user, ada, web):
    as_user(client, ada)
    assert b"Edit these hosts" in client.get("/hosts/?text=web").content
    words = {"owner": web.name, "criticality": "high", "tags": "Shop, prod"}
    shown = client.post("/hosts/bulk/?text=web", words)
    assert shown.status_code == 200 and len(shown.context["rows"]) == 3
    assert not Host.objects.filter(criticality="high").exists()
    assert client.post("/hosts/import/", hidden(shown)).status_code == 302
    changed = Host.objects.filter(criticality="high", owner=web, tags="prod shop")
    assert set(changed.values_list("name", flat=True)) == {"web0", "web1", "web2"}
    assert Host.objects.get(name="db1").criticality == "normal"


def test_another_owners_hosts_are_left_alone_unless_chosen(client, as_user, ada, web):
    Host.objects.filter(name="web1").update(owner=Owner.objects.create(name="Net"))
    as_user(client, ada)
    shown = client.post("/hosts/bulk/?text=web", {"site": "fra"})
    assert b"web1 is Net&#x27;s, and this row does not say so" in shown.content
    client.post("/hosts/import/", hidden(shown))
    assert Host.objects.filter(site="fra").count() == 2
    shown = client.post("/hosts/bulk/?text=web", {"site": "fra", "overwrite": "on"})
    client.post("/hosts/import/", hidden(shown))
    assert Host.objects.filter(site="fra").count() == 3


def test_an_edit_of_nothing_is_refused_with_a_sentence(client, as_user, ada, web):
    answer = as_user(client, ada).post("/hosts/bulk/", {"service": ""})
    assert answer.status_code == 422 and b"Fill in what is to be changed" in answer.content


def test_no_host_no_form(client, as_user, ada, web):
    assert b"No host matches" in as_user(client, ada).get("/hosts/bulk/?text=nothing").content


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
def test_nobody_else_edits_many(client, as_user, who, web, request):
    as_user(client, request.getfixturevalue(who))
    assert client.post("/hosts/bulk/", {"site": "fra"}).status_code == 403
    assert b"Edit these hosts" not in client.get("/hosts/?text=web").content
