"""“At risk”: in the order of the pure score, with what makes each host bad, where to go on, and nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import cycle, product

import pytest
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from changes.models import Change
from inventory.models import Host, Membership, Owner, Vm
from people.roles import Role
from people.services import token_issue
from readiness.at_risk import LADDER, Filters, as_now, risk_list
from readiness.models import HostRisk, ProvenBoot, Readiness
from readiness.weighing import risk_weigh
from tests.conftest import SEES_ALL, a_person

pytestmark = pytest.mark.django_db


def judged(name, light="green", up=2, seen=0, **fields):
    """A host; up: days since its boot; seen: days since it was asked, None: never."""
    host = Host.objects.create(name=name, address=f"{name}.example", **fields)
    now = timezone.now()
    Readiness.objects.create(
        host=host, light=light, up_since=now - timedelta(days=up, hours=1), reasons=[f"{name} has no kernel."],
        seen_at=None if seen is None else now - timedelta(days=seen),
    )  # fmt: skip
    return host


def proven(host, days, outcome="up"):
    """A clone of it came up so many days ago, or did once and did not yesterday; days None: never."""
    change = Change.objects.filter(kind="proof").first()
    if change is None:
        by = a_person("rosie")
        change = Change.objects.create(kind="proof", host=host, requester=by, editor=by, params={}, title="x")
    at = None if days is None else timezone.now() - timedelta(days=days)
    ProvenBoot.objects.create(
        host=host, outcome=outcome, at=timezone.now(), seconds=9, sentence="said", change=change, proven_at=at
    )


@pytest.fixture
def ledger(db):
    return Owner.objects.create(name="Ledger team")


@pytest.fixture
def fleet(ledger, mina):
    """The article's machine, a red one with an owner, one that was never asked, and one that is well."""
    said = {"owner": ledger, "confirmed_at": timezone.now()}
    vm = Vm.objects.create(name="old-vm", criticality="critical", last_backup_at=timezone.now() - timedelta(days=1))
    judged("forgotten", "red", 200, vm=vm)
    judged("ours", "red", 40, site="fra", owner=ledger)
    Host.objects.create(name="unasked", address="unasked.example", **said)
    proven(judged("well", **said), 3)
    Membership.objects.create(owner=ledger, user=mina)
    risk_weigh()


@pytest.fixture
def mina(db):
    return a_person("mina", Role.REQUESTER)


@pytest.fixture
def seen(client, vera, as_user):
    as_user(client, vera)
    return lambda path: client.get(path).content.decode()


def hosts_of(page):
    return re.findall(r'<th scope="row" class="row-title"><a href="/hosts/(\w+)/', page)


def test_the_kept_order_is_that_of_the_pure_score(ledger):
    now, ages = timezone.now(), (3, 100, 400)
    owners = ({}, {"owner": ledger}, {"owner": ledger, "confirmed_at": now})
    everything = product(("red", "amber", "unknown", "green"), ages, owners, ("low", "critical"), (0, 9, None))
    tries = cycle((None, (3, "up"), (None, "down"), (300, "up"), (3, "silent"), (3, "down"), None))
    for number, ((light, up, owner, level, seen), tried) in enumerate(zip(everything, tries, strict=False)):
        host = judged(f"h{number:03}", light, up, seen, criticality=level, **owner)
        if tried:
            proven(host, *tried)
    risk_weigh()
    rows = [(row, as_now(row)) for row in LADDER.page(risk_list(SEES_ALL, Filters()), QueryDict(), 500).rows]
    assert len(rows) == 216
    wanted = sorted(rows, key=lambda pair: (-pair[1].risk.score, pair[0].up_since, pair[0].pk))
    assert [row.pk for row, _ in rows] == [row.pk for row, _ in wanted]
    assert risk_weigh() == 0, "what did not change is not written again"


def test_the_worst_stands_first_with_what_makes_it_bad(fleet, seen):
    page = seen("/risk/")
    assert hosts_of(page) == ["forgotten", "ours", "unasked", "well"]
    assert (
        "Not rebooted for 200 days; it would not boot, as far as can be told; "
        "no boot of a clone ever proved it; nobody answers for it; "
        "its criticality is critical." in page
    )
    assert "forgotten has no kernel." in page and "well has no kernel." not in page
    assert "Nobody knows when it was last booted; whether it would boot is not known; no boot of a clone" in page
    assert "Nothing speaks against it." in seen("/risk/?proven=recently")


def test_each_reason_leads_to_what_to_do(fleet, seen):
    page = seen("/risk/?text=forgotten")
    assert '<a href="/vms/old-vm/">Find its owner' in page
    assert '<a href="/readiness/of/forgotten/">Read what speaks against it' in page
    assert '<a href="/hosts/unasked/">Let it be asked' in seen("/risk/?text=unasked")


def test_one_that_is_well_and_up_for_long_is_offered_a_reboot_to_whoever_may_ask(client, fleet, seen, as_user, rosa):
    judged("old", up=200)
    risk_weigh()
    link = '<a href="/changes/reboot/new?host=old">Reboot it while people watch'
    assert link not in seen("/risk/")
    as_user(client, rosa)
    page = seen("/risk/")
    assert link in page and page.count("/changes/reboot/new?host=") == 1


def test_a_vm_that_was_never_proven_is_offered_a_proof_and_one_that_failed_its_change(client, fleet, as_user, rosa):
    proven(judged("torn", "red"), None, "down")
    risk_weigh()
    page = as_user(client, rosa).get("/risk/").content.decode()
    assert '<a href="/changes/proof/new?host=forgotten">Boot a clone of it' in page
    assert page.count("/changes/proof/new?host=") == 1, "nobody knows of the others that they are VMs"
    assert f'<a href="/changes/{Change.objects.get().pk}/">Read what its clone said' in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("up=half-year", ["forgotten"]),
        ("up=month", ["forgotten", "ours"]),
        ("up=unknown", ["unasked"]),
        ("up=nonsense", []),
        ("verdict=red", ["forgotten", "ours"]),
        ("owned=nobody", ["forgotten"]),
        ("owned=unconfirmed", ["ours"]),
        ("criticality=critical&owned=nobody&up=half-year", ["forgotten"]),
        ("owner=ledger team&verdict=green", ["well"]),
        ("site=fra", ["ours"]),
        ("proven=never", ["forgotten", "ours", "unasked"]),
        ("after=garbage", ["forgotten", "ours", "unasked", "well"]),
    ],
)
def test_filters_stand_in_the_address(fleet, seen, query, names):
    assert hosts_of(seen(f"/risk/?{query}")) == names


def test_filters_say_how_many_there_are(fleet, seen):
    page = seen("/risk/")
    for words in (
        "not rebooted for 30 days or more (2)",
        "last boot not known (1)",
        "nobody’s (1)",
        "would not boot (2)",
    ):
        assert words in page


def test_reboots_says_how_many_are_forgotten_and_leads_there(fleet, seen):
    page = seen("/readiness/")
    address = re.search(r'id="at-risk"><a href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "critical host not rebooted for 180 days and without an owner" in page
    assert hosts_of(seen(address)) == ["forgotten"]


def test_an_owners_word_is_shown_at_once_and_moves_the_host_when_it_is_weighed(fleet, ledger, seen):
    Vm.objects.update(owner=ledger, confirmed_at=timezone.now())
    assert "nobody answers for it" not in seen("/risk/")
    assert HostRisk.objects.get(host__name="forgotten").owned == "nobody"
    assert risk_weigh() == 1
    assert HostRisk.objects.get(host__name="forgotten").owned == "confirmed"


def test_days_that_go_by_move_a_host(fleet):
    later = timezone.now() + timedelta(days=settings.CONFIRM_DAYS + 1)
    risk_weigh(now=later)
    row = HostRisk.objects.get(host__name="well")
    assert (row.up, row.owned) == ("quarter" if settings.CONFIRM_DAYS < 178 else "half-year", "unconfirmed")


def test_a_host_that_was_asked_is_weighed_at_once(app, tell):
    tell(app, "sabotaged")
    assert HostRisk.objects.get(host=app).verdict == "red"


def test_whoever_asks_for_their_own_sees_their_own(fleet, client, mina, as_user):
    page = as_user(client, mina).get("/risk/").content.decode()
    assert hosts_of(page) == ["ours", "unasked", "well"] and "forgotten" not in page


def test_an_empty_list_says_what_it_is_for(seen):
    assert "nobody has dared to reboot" in seen("/risk/")
    assert "No host is like this" in seen("/risk/?verdict=red")


def test_the_api_gives_the_same_rows(fleet, client, vera):
    headers = {"Authorization": f"Bearer {token_issue(vera, 'fleet')[1]}"}
    first = client.get("/api/v1/risk?limit=3", headers=headers).json()
    rest = client.get(f"/api/v1/risk?after={first['after']}", headers=headers).json()
    rows = first["items"] + rest["items"]
    assert [row["host"] for row in rows] == ["forgotten", "ours", "unasked", "well"] and rest["after"] is None
    assert [row["score"] for row in rows] == [5120, 128, 48, 2]
    assert (rows[0]["days_up"], rows[0]["verdict"], rows[0]["owned"]) == (200, "red", "nobody")
    assert rows[2]["days_up"] is None and rows[0]["backup_at"]
