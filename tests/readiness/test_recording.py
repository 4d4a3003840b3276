"""One row a host; history only where a verdict changed; silence keeps what was known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from inventory.credentials import credential_create
from inventory.models import Credential, Host, HostKey
from lab.fleet.server import host_key, public_line
from people.selectors import actor_of
from readiness.judges.checks import findings
from readiness.models import Readiness, ReadinessMove
from readiness.services import Heard, NothingToAsk, readiness_ask, readiness_enrol, readiness_record
from ssh.hostkeys import parse_public_key
from tests.readiness.conftest import OWNER

pytestmark = pytest.mark.django_db


def reachable(host):
    key = parse_public_key(public_line(host_key(1, 1)))
    HostKey.objects.create(
        host=host, algorithm=key.algorithm, key_base64=key.key_base64, fingerprint=key.fingerprint(), state="trusted"
    )
    host.credential = credential_create("key", Credential.Kind.AGENT, user="regroup", secret="", by=None)
    host.save()
    return host


def test_the_first_answer_makes_a_row_and_a_move(tell, app):
    row = tell(app, "sabotaged")
    assert (row.light, row.rank, row.error) == ("red", 0, "")
    assert row.kernel == "6.1.0-56-cloud-amd64" and row.system.startswith("Debian")
    assert 0 < len(row.reasons) <= 5 and row.found[0].check == "loader"
    (move,) = ReadinessMove.objects.all()
    assert (move.before, move.light) == ("", "red") and move.what["userland"] == ["", "red"]


def test_the_same_answer_again_makes_no_move_and_a_better_one_makes_one(tell, app):
    since = tell(app, "sabotaged").since
    row = tell(app, "sabotaged")
    assert ReadinessMove.objects.count() == 1 and row.since == since
    row = tell(app, "well")
    move = ReadinessMove.objects.first()
    assert (move.before, move.light, row.light) == ("red", "green", "green") and row.since > since
    assert move.what["kernel"] == ["red", "green"] and "lvm" not in move.what
    assert row.reasons == []


def test_silence_keeps_what_was_known_and_asks_later_each_time(tell, app):
    tell(app, "sabotaged")
    row = tell(app, "No answer from 192.0.2.7.")
    assert (row.light, row.error, row.misses) == ("red", "No answer from 192.0.2.7.", 1)
    first = row.next_at - tell.now
    row = tell(app, "No answer from 192.0.2.7.")
    assert row.next_at - tell.now == 2 * first and ReadinessMove.objects.count() == 1


def test_whoever_asks_stands_in_the_audit_and_a_wish_during_an_answer_is_not_lost(tell, app, olu):
    row = readiness_ask(reachable(app), actor_of(olu))
    assert row.asking and row.next_at <= timezone.now()
    entry = Entry.objects.get(action="readiness.ask")
    assert (entry.actor_name, entry.object_label) == ("olu", "app01")
    row = tell(app, "well", begun=row.asked_at - timedelta(seconds=20))
    assert row.asking and row.next_at == tell.now
    row = tell(app, "well", begun=row.asked_at + timedelta(seconds=1))
    assert not row.asking and row.next_at > tell.now


def test_a_host_that_cannot_be_asked_is_refused_with_a_sentence(app, olu):
    with pytest.raises(NothingToAsk, match="needs a trusted host key"):
        readiness_ask(app, actor_of(olu))
    reachable(app)
    app.simulated = True
    app.save()
    with pytest.raises(NothingToAsk, match="is simulated"):
        readiness_ask(app, actor_of(olu))
    assert not Readiness.objects.exists() and not Entry.objects.filter(action="readiness.ask").exists()


def test_hosts_that_can_be_asked_are_enrolled_once_and_asked_a_little_later(app):
    readiness_enrol()
    assert not Readiness.objects.exists()
    reachable(app)
    readiness_enrol()
    readiness_enrol()
    assert Readiness.objects.get().next_at > timezone.now()


def test_an_answer_that_cannot_be_kept_is_that_hosts_error_and_the_others_are_kept(tell, app):
    web = Host.objects.create(name="web01", address="192.0.2.8")
    Readiness.objects.bulk_create(Readiness(host=host, lease_owner=OWNER) for host in (app, web))
    well = tell.told["well"]
    broken = replace(well.facts.machine, uptime=10**14)
    batch = [Heard(app.pk, broken, findings(well)), Heard(web.pk, well.facts.machine, findings(well))]
    assert readiness_record(batch, OWNER, timezone.now()) == 1
    bad, good = Readiness.objects.get(host=app), Readiness.objects.get(host=web)
    assert bad.error.startswith("What app01 answered could not be kept: ") and bad.misses == 1
    assert (bad.seen_at, bad.lease_owner, bad.lights) == (None, "", {}) and good.light == "green"


def test_what_no_database_takes_is_replaced_and_long_errors_are_cut(tell, app):
    well = tell.told["well"]
    odd = dict.fromkeys(("boot_id", "kernel", "os"), "a\0\ud800")
    tell.told["odd"] = replace(well, facts=replace(well.facts, machine=replace(well.facts.machine, **odd)))
    row = tell(app, "odd")
    assert (row.boot_id, row.kernel, row.system) == ("a\ufffd\ufffd",) * 3
    assert len(tell(app, "x" * 15_000).error) == 500


def test_a_wish_gives_the_row_while_it_is_being_asked_and_is_refused_for_five_minutes_after(tell, app, olu, rosa):
    first = readiness_ask(reachable(app), actor_of(olu))
    again = readiness_ask(app, actor_of(rosa))
    assert (again.asked_at, again.asked_by_id) == (first.asked_at, olu.pk)
    assert Entry.objects.filter(action="readiness.ask").count() == 1
    tell(app, "well", begun=first.asked_at + timedelta(seconds=1))
    with pytest.raises(
        NothingToAsk, match=r"app01 was asked a moment ago. It can be asked again from \d\d:\d\d:\d\d UTC"
    ):
        readiness_ask(app, actor_of(rosa))
    Readiness.objects.update(asked_at=timezone.now() - timedelta(minutes=6))
    assert readiness_ask(app, actor_of(rosa)).asked_by_id == rosa.pk
