"""What a requester sees of another owner: nothing, in no page, list, log, search, sum or stream.

Everything that is the Shop's has “shop” in its name. What is asked says it nowhere, so it comes from there alone.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from changes.models import Change
from execution.stream import watching
from inventory.models import Host, HostFacts, Membership, Vm
from inventory.rights import WAY_BROKEN
from networking.models import Bond, HostNetwork
from people.services import token_issue
from readiness.models import Readiness
from tests.rights import world as worlds
from tests.rights.declared import CALL_RULES, PAGE_RULES
from tests.rights.test_matrix import call_address, page_address
from tests.test_house import PAGES

READS = [(path, pattern) for path, pattern in PAGES if "GET" in PAGE_RULES[pattern.name].methods]
WIDE = ["?text=-&q=-host&limit=1000", "?site=&by=switch&view=table&which=nobody"]

LISTS = {
    path: pattern.name
    for path, pattern in PAGES
    if pattern.name
    in {
        *("home", "changes", "rollouts", "hosts", "hosts_export", "unowned", "owners", "vms"),
        *("bonds", "bonds_grid", "bonds_silent", "topology", "idle_ports", "readiness", "risk"),
    }
}


@pytest.fixture
def ran(db: None) -> worlds.World:
    """Each host is reached through the other owner's."""
    made = worlds.make(ran=True)
    for side, other in ((made.mine, made.theirs), (made.theirs, made.mine)):
        Host.objects.filter(pk=side.host.pk).update(jump=other.host)
        why = f"The way through {other.host} is broken."
        HostFacts.objects.update_or_create(host=side.host, defaults={"error": why})
        for kept in (HostNetwork, Readiness):
            kept.objects.filter(host=side.host).update(error=why)
    return made


def read(response: Any) -> str:
    """All of an answer, streamed or not; nothing of one that goes on for ever."""
    if not response.streaming:
        return str(response.content.decode(errors="replace"))
    if response["Content-Type"] == "text/event-stream":
        return ""
    return b"".join(response.streaming_content).decode(errors="replace")


def test_no_page_that_a_requester_opens_names_what_is_anothers(ran, client):
    client.force_login(ran.people["mina"])
    named = []
    for path, pattern in READS:
        rule = PAGE_RULES[pattern.name]
        if rule.anyone or rule.name == "change_events":
            continue
        address = page_address(path, pattern, rule, ran.mine)
        for more in WIDE if rule.about == "-" else [""]:
            answer = client.get(address + more)
            if answer.status_code == 200 and "shop" in read(answer).lower():
                named.append(address + more)
    assert not named


def test_no_call_that_a_requester_makes_names_what_is_anothers(ran, client):
    headers = {"Authorization": f"Bearer {token_issue(ran.people['mina'], 'leaks')[1]}"}
    named = []
    for (method, _), rule in CALL_RULES.items():
        if method != "GET":
            continue
        answer = client.get(call_address(rule, ran.mine), headers=headers)
        if "shop" in read(answer).lower():
            named.append(rule.name)
    assert not named


def test_whoever_sees_both_is_told_of_both(ran, client):
    """The two tests above would find a leak: the same pages do name the Shop to others."""
    client.force_login(ran.people["vera"])
    told = {name for path, name in LISTS.items() if "shop" in read(client.get(f"/{path}")).lower()}
    assert told == set(LISTS.values())


ERRORS = ["/hosts/", "/hosts/ledger-host/", "/bonds/silent", "/bonds/of/ledger-host/bond0/", "/readiness/",
          "/readiness/of/ledger-host/", "/api/v1/hosts", "/api/v1/hosts/ledger-host", "/api/v1/readiness",
          "/api/v1/hosts/ledger-host/readiness", "/api/v1/hosts/ledger-host/bonds"]  # fmt: skip


@pytest.mark.parametrize("address", ERRORS)
def test_why_the_way_to_a_host_is_broken_is_told_to_whoever_sees_all_of_it(ran, client, address):
    broken = "The way through shop-host is broken."
    for name, told in (("mina", False), ("vera", True)):
        headers = {"Authorization": f"Bearer {token_issue(ran.people[name], 'ways')[1]}"} if "/api/" in address else {}
        client.force_login(ran.people[name])
        text = read(client.get(address, headers=headers))
        assert (broken in text, WAY_BROKEN in text) == (told, not told), name
    Host.objects.filter(pk=ran.theirs.host.pk).update(jump=None, owner=ran.mine.owner)
    client.force_login(ran.people["mina"])
    headers = {"Authorization": f"Bearer {token_issue(ran.people['mina'], 'more')[1]}"} if "/api/" in address else {}
    text = read(client.get(address, headers=headers))
    assert broken in text and WAY_BROKEN not in text


def test_sums_count_what_is_seen(ran, client):
    client.force_login(ran.people["mina"])
    home = client.get("/").context
    assert sum(glance.count for glance in home["glances"] if glance.query) == 1
    assert (home["without_a_word"].nobody, home["without_a_word"].unconfirmed) == (0, 2)
    assert [each.count for each in home["bond_counts"]] == [1]
    assert client.get("/bonds/").context["fresh"].hosts == 1
    assert client.get("/bonds/idle").context["count"] == 1


@pytest.mark.parametrize("words", ["#{}", "{}"])
def test_the_search_knows_no_number_of_anothers_change(ran, client, words):
    client.force_login(ran.people["mina"])
    answer = client.get("/search", {"q": words.format(ran.theirs.change.pk)})
    assert answer.status_code == 200
    assert all(change.pk != ran.theirs.change.pk for change in answer.context["changes"])
    assert client.get("/search", {"q": f"#{ran.mine.change.pk}"}).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        *("/changes/?host=shop-host", "/changes/?requester=rosa", "/search?q=shop"),
        *("/hosts/?owner=Shop", "/hosts/?text=shop", "/vms/?text=shop", "/owners/?text=shop"),
        *("/bonds/?text=shop", "/bonds/?site=shop-site", "/bonds/?switch=shop-switch"),
    ],
)
def test_no_filter_and_no_word_of_a_search_finds_what_is_not_seen(world, client, address):
    client.force_login(world.people["mina"])
    text = client.get(address).content.decode()
    assert not re.search(r'href="[^"?]*shop', text) and f"/changes/{world.theirs.change.pk}/" not in text


def test_what_the_grid_tells_of_changes_is_of_their_own_bonds(ran, client):
    client.force_login(ran.people["mina"])
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    told = json.loads(client.get("/bonds/grid/changes", {"since": since}).content)
    assert [number for number, _ in told["cells"]] == [ran.mine.bond.pk]


def test_a_stream_ends_for_whoever_is_taken_off_the_owner(ran, client):
    mina, number = ran.people["mina"], ran.mine.change.pk
    client.force_login(mina)
    session = client.session.session_key
    theirs = (mina.pk, session, number)
    assert watching([theirs, (mina.pk, session, ran.theirs.change.pk)]) == {theirs}
    Membership.objects.filter(user=mina).delete()
    assert not watching([theirs])


@pytest.mark.parametrize("address", ["/", "/hosts/", "/changes/", "/vms/", "/unowned/", "/bonds/", "/search?q=-host",
                                     "/bonds/grid", "/bonds/switches", "/rollouts/", "/hosts/export.csv"])  # fmt: skip
def test_the_price_is_the_same_however_many_there_are(world, client, address):
    client.force_login(world.people["mina"])
    counts = []
    for more in (0, 30):
        for at in range(more):
            grow(world.mine, at)
            grow(world.theirs, at)
        with CaptureQueriesContext(connection) as asked:
            read(client.get(address))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def grow(side: worlds.Side, at: int) -> None:
    """One more host, VM, bond and change of the owner's."""
    host = Host.objects.create(name=f"{side.word}-{at:03}", address=f"{side.word}-{at}.example", owner=side.owner)
    vm = Vm.objects.create(name=f"{side.word}-vm-{at:03}", owner=side.owner)
    HostNetwork.objects.create(host=host)
    Bond.objects.create(host=host, name="bond0", state="ok", rank=side.bond.rank, since=side.bond.since,
                        changed_at=side.bond.since, sentence="well")  # fmt: skip
    like = side.drafts["recovery"]
    Change.objects.create(
        **{name: getattr(like, name) for name in ("kind", "params", "reason", "requester", "editor")},
        title="more", host=host, vm=vm,
    )  # fmt: skip
