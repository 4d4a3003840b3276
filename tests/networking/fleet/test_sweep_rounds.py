"""A round of the sweep, over SSH: who is asked, over which connection, and what a host that is off costs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import Host, HostKey
from inventory.states import KeyState
from networking.asking import NothingToAsk, ask, enrol
from networking.models import Bond, HostNetwork
from networking.selectors import progress
from networking.sweep import claim

pytestmark = pytest.mark.django_db


def due() -> None:
    HostNetwork.objects.update(next_at=timezone.now())


def test_every_host_is_asked_and_its_bonds_are_kept(simulate, fleet):
    simulate(4)
    enrol()
    told = fleet.round()
    assert (told.asked, told.silent) == (4, 0)
    assert Bond.objects.count() == 4


def test_nobody_is_asked_before_it_is_due(simulate, fleet):
    simulate(2)
    enrol()
    fleet.round()
    assert fleet.round().asked == 0


def test_connections_are_kept_for_the_next_round(simulate, fleet):
    server = simulate(3)
    enrol()
    fleet.round()
    due()
    assert fleet.round().asked == 3
    assert server.connections == 3


def test_the_same_answer_is_not_read_again(simulate, fleet):
    simulate(1)
    enrol()
    fleet.round()
    full_at = HostNetwork.objects.get().full_at
    due()
    fleet.round()
    row = HostNetwork.objects.get()
    assert row.full_at == full_at and row.seen_at > full_at


def test_a_change_on_the_host_is_seen_in_the_next_round(simulate, fleet):
    server = simulate(1)
    enrol()
    fleet.round()
    server.world.hosts[0] = server.world._broken(server.world.hosts[0], "failed-over", server.world._stirred)
    due()
    assert fleet.round().changed == 1
    assert Bond.objects.get().state == "failed-over"


def test_a_kept_connection_that_died_is_opened_anew(simulate, fleet):
    server = simulate(1)
    enrol()
    fleet.round()
    for transport in list(server._open):
        transport.close()
    due()
    assert fleet.round().silent == 0


def test_a_host_without_a_trusted_key_is_not_asked(simulate, fleet):
    server = simulate(2)
    first = Host.objects.order_by("name")[0]
    HostKey.objects.filter(host=first).update(state=KeyState.PENDING)
    enrol()
    assert fleet.round().asked == 1
    assert not HostNetwork.objects.filter(host=first).exists()
    assert server.connections == 1


def test_a_host_whose_key_was_revoked_is_sent_nothing_and_says_why(simulate, fleet):
    server = simulate(1)
    enrol()
    HostKey.objects.update(state=KeyState.REVOKED)
    assert fleet.round().silent == 1
    assert "no trusted host key" in HostNetwork.objects.get().error
    assert server.connections == 0


def test_another_key_than_the_trusted_one_waits_for_a_person(simulate, fleet):
    simulate(2)
    one, two = HostKey.objects.order_by("pk")
    HostKey.objects.filter(pk=one.pk).update(key_base64=two.key_base64, fingerprint=two.fingerprint)
    enrol()
    assert fleet.round().silent == 1
    assert one.host.keys.filter(state=KeyState.PENDING).exists()


def test_a_silent_host_holds_nobody_up(simulate, fleet):
    server = simulate(3)
    server.world.hosts[0] = server.world._broken(server.world.hosts[0], "silent", server.world._stirred)
    enrol()
    told = fleet.round()
    assert (told.asked, told.silent) == (3, 1)
    assert "said nothing" in HostNetwork.objects.exclude(error="").get().error


def test_two_sweeps_never_lease_the_same_host(simulate):
    simulate(3)
    enrol()
    first = claim("one", 2)
    assert len(first) == 2
    assert set(claim("two", 3)).isdisjoint(first)


def test_a_lease_that_ran_out_is_free_again(simulate):
    simulate(1)
    enrol()
    claim("one", 1)
    HostNetwork.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim("two", 1)


def test_an_answer_that_makes_no_sense_ends_no_round(simulate, fleet):
    server = simulate(2)
    server.questions = {command: lambda host: "@@begin host\n" for command in server.questions}
    enrol()
    assert fleet.round().silent == 2
    assert all("network of the host" in error for error in HostNetwork.objects.values_list("error", flat=True))


def test_a_wish_tells_how_far_it_has_come(simulate, fleet, olu, as_actor):
    simulate(2)
    ask(by=as_actor(olu))
    before = progress()
    assert (before.total, before.done, before.over) == (2, 0, False)
    fleet.round()
    after = progress()
    assert (after.done, after.over) == (2, True)


def test_there_is_a_sentence_where_no_host_can_be_asked(db):
    with pytest.raises(NothingToAsk, match="trusted host key"):
        ask()
