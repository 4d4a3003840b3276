"""“Will it come back?”: worst first, filtered by the address, and all checks of one host; over the API the same."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import Host, Owner, Vm
from people.services import token_issue
from readiness.models import Readiness

pytestmark = pytest.mark.django_db


@pytest.fixture
def four(tell):
    """Red, amber, never asked, green."""
    ledger = Owner.objects.create(name="Ledger team")
    vm = Vm.objects.create(name="ledger", criticality="critical", owner=ledger)
    rows = {
        name: Host.objects.create(name=name, address=f"{name}.example", site=site)
        for name, site in (("app01", "ber"), ("db01", "fra"), ("new01", "fra"), ("web01", "fra"))
    }
    rows["db01"].vm = vm
    rows["db01"].save()
    for name, what in (("app01", "well"), ("db01", "sabotaged"), ("web01", "old")):
        tell(rows[name], what)
    Readiness.objects.create(host=rows["new01"])
    return rows


@pytest.fixture
def seen(client, vera, as_user):
    as_user(client, vera)
    return lambda path: client.get(path).content.decode()


def hosts_of(page):
    return re.findall(r'<th scope="row" class="row-title"><a href="/readiness/of/(\w+)/', page)


def test_the_worst_stands_first_with_its_reasons_and_what_is_not_known_before_what_is_well(four, seen):
    page = seen("/readiness/")
    assert hosts_of(page) == ["db01", "web01", "new01", "app01"]
    assert (
        "The kernel that would be started" in page and "Ledger team" in page and "was not rebooted for 200 days" in page
    )
    assert "only booting a copy proves that it boots" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("light=red", ["db01"]),
        ("light=nonsense", []),
        ("criticality=critical", ["db01"]),
        ("criticality=normal", ["web01", "new01", "app01"]),
        ("owner=ledger team", ["db01"]),
        ("site=ber", ["app01"]),
        ("text=01&light=green", ["app01"]),
        ("after=garbage", ["db01", "web01", "new01", "app01"]),
        ("after=9.99999999999999999.1", []),
    ],
)
def test_filters_stand_in_the_address(four, seen, query, names):
    assert hosts_of(seen(f"/readiness/?{query}")) == names


def test_pages_go_on_where_the_last_one_ended_and_back(tell, seen, monkeypatch):
    for number in range(5):
        tell(
            Host.objects.create(name=f"h{number}", address=f"h{number}.example"), "well" if number % 2 else "sabotaged"
        )
    monkeypatch.setattr("inventory.worst_first.Ladder.page.__defaults__", (2,))
    path, found = "/readiness/", []
    while path:
        page = seen(path)
        found.append(hosts_of(page))
        better = re.search(r'href="(\?after=[^"]+)" rel="next"', page)
        path = f"/readiness/{better[1]}" if better else ""
    assert found == [["h0", "h2"], ["h4", "h1"], ["h3"]]
    back = re.search(r'href="(\?before=[^"]+)" rel="prev"', page)
    assert hosts_of(seen(f"/readiness/{back[1]}")) == ["h4", "h1"]


def test_a_hosts_page_has_every_check_with_what_was_seen_and_what_to_do(four, seen):
    page = seen("/readiness/of/db01/")
    assert "/sbin/init is 32-bit x86, and this system&#x27;s programs are 64-bit x86-64." in page
    assert "/sbin/init is /usr/sbin/init32: 32-bit x86" in page and "Install the package that owns it again" in page
    assert "cannot prove that it boots" in page
    assert page.count('class="check"') == 15


def test_the_panel_of_a_host_says_the_verdict_and_leads_to_all_checks(four, seen):
    page = seen("/hosts/db01/")
    assert "would not boot" in page and 'href="/readiness/of/db01/"' in page
    assert "Not asked yet" in seen("/hosts/new01/")


def test_what_is_old_says_so(four, seen):
    Readiness.objects.filter(host=four["app01"]).update(seen_at=timezone.now() - timedelta(days=9))
    assert "which is long ago" in seen("/readiness/of/app01/")


def test_a_host_that_cannot_be_asked_says_why_and_is_not(four, client, olu, as_user):
    as_user(client, olu)
    answer = client.post("/readiness/of/new01/ask", {"back": "checks"}, follow=True)
    assert "needs a trusted host key" in answer.content.decode()
    assert not Readiness.objects.get(host=four["new01"]).asking


def test_the_api_gives_the_same_rows_and_one_with_its_checks(four, client, vera):
    headers = {"Authorization": f"Bearer {token_issue(vera, 'fleet')[1]}"}
    first = client.get("/api/v1/readiness?limit=3", headers=headers).json()
    rest = client.get(f"/api/v1/readiness?after={first['after']}", headers=headers).json()
    assert [row["host"] for row in first["items"] + rest["items"]] == ["db01", "web01", "new01", "app01"]
    assert rest["after"] is None and first["items"][2]["up_since"] is None
    whole = client.get("/api/v1/hosts/db01/readiness", headers=headers).json()
    assert (whole["light"], whole["owner"], whole["criticality"]) == ("red", "Ledger team", "critical")
    assert {check["check"]: check["light"] for check in whole["checks"]}["userland"] == "red"
    assert client.get("/api/v1/hosts/new01/readiness", headers=headers).json()["checks"] == []
