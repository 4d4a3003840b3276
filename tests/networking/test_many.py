"""The same bond on many hosts: chosen on one page, each with its own plan, under one approval."""

import pytest

from changes.models import Change, Rollout
from changes.rollouts import parts_of
from execution.models import FactsWish
from inventory.models import Host, HostFacts, HostKey
from inventory.states import KeyState
from tests.networking.hosts import nic
from tests.networking.plans import host

pytestmark = pytest.mark.django_db
FORM = {
    "title": "10 Gb/s for the shop", "primary_reselect": "better", "miimon": "100", "seconds": "120",
    "wave_size": "2", "reason": "The new ports are in.",
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def add(db):
    def add(name: str, network=None, **fields) -> Host:
        made = Host.objects.create(name=name, address=f"{name}.example", **fields)
        HostKey.objects.create(
            host=made, algorithm="ssh-ed25519", key_base64=name, fingerprint=name, state=KeyState.TRUSTED
        )
        if network is not None:
            HostFacts.objects.create(host=made, facts={"bond": network.to_json()})
        return made

    return add


def send(client, person, *names: str, **changed):
    client.force_login(person)
    return client.post("/bonds/many", FORM | {"hosts": names} | changed, follow=True)


def test_each_host_shows_what_it_would_get(client, rosa, add):
    add("web01", host())
    client.force_login(rosa)
    text = client.get("/bonds/many").text
    assert "bond0 of eth1 (10000 Mb/s) and eth0 (1000 Mb/s)" in text


def test_chosen_hosts_become_changes_in_one_rollout(client, rosa, add):
    for name in ("web01", "web02", "web03"):
        add(name, host(), pair="shop" if name != "web01" else "")
    page = send(client, rosa, "web01", "web02", "web03")
    rollout = Rollout.objects.get()
    assert page.redirect_chain[-1][0] == f"/rollouts/{rollout.pk}/"
    assert [(part.wave, part.change.host.name) for part in parts_of(rollout)] == [
        (1, "web01"), (2, "web02"), (3, "web03"),
    ]  # fmt: skip
    first = parts_of(rollout)[0].change
    assert (first.kind, first.params["options"]["primary"], first.params["seconds"]) == ("bond", "eth1", 120)
    assert first.planning


def test_one_host_alone_is_refused_and_makes_nothing(client, rosa, add):
    add("web01", host())
    page = send(client, rosa, "web01")
    assert page.status_code == 422
    assert "A rollout has 2 to 200 changes" in page.text
    assert not Change.objects.exists()


def test_a_host_that_cannot_be_planned_says_why_and_stops_the_lot(client, rosa, add):
    add("web01", host())
    add("web02", host(nics=(nic("eth0", addresses=("10.0.2.15/24",)),)))
    page = send(client, rosa, "web01", "web02")
    assert page.status_code == 422
    assert "It has no two ports that are free for a bond." in page.text
    assert not Change.objects.exists()


def test_silent_hosts_are_asked_from_the_page_and_nothing_typed_is_lost(client, rosa, add):
    silent = add("web09")
    page = send(client, rosa, go="ask")
    assert FactsWish.objects.get().host == silent
    assert "The hosts are asked" in page.text
    assert "10 Gb/s for the shop" in page.text


def test_hosts_without_a_trusted_key_are_not_offered(client, rosa, db):
    Host.objects.create(name="web08", address="192.0.2.8")
    client.force_login(rosa)
    assert "web08" not in client.get("/bonds/many").text


def test_mallory_is_refused(client, mallory, add):
    assert send(client, mallory, "web01").status_code == 403
