"""The engine's page: who may see it, what stands on it, and that it costs the same however much there is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import Lock
from changes.services import locks_release
from changes.states import StepState
from execution.models import Claim, FactsWish, Pulse, Run, StepRun
from execution.services import run_of
from networking.models import HostNetwork
from pages.engine_sight import see
from tests.pages.scene import a_host

pytestmark = pytest.mark.usefixtures("own_queue")


def all_seen(**seconds_ago: float) -> None:
    for name in ("runs", "sweeps", "fleet"):
        Pulse.objects.create(name=name, at=timezone.now() - timedelta(seconds=seconds_ago.get(name, 1)))


def leased(change, left: float = 28) -> Run:
    run = run_of(change)
    Run.objects.filter(pk=run.pk).update(lease_owner="a" * 32, lease_until=timezone.now() + timedelta(seconds=left))
    return run


@pytest.mark.parametrize(
    ("who", "status"), [("olu", 200), ("ada", 200), ("vera", 403), ("rosa", 403), ("amir", 403), ("mallory", 403)]
)
def test_operators_and_administrators_see_it_and_nobody_else(request, client, as_user, who, status):
    assert as_user(client, request.getfixturevalue(who)).get("/engine/").status_code == status


def test_a_stranger_is_sent_to_sign_in(client, db):
    assert client.get("/engine/")["Location"] == "/login/?next=/engine/"


@pytest.mark.parametrize(("who", "linked"), [("olu", True), ("ada", True), ("vera", False), ("rosa", False)])
def test_the_rail_leads_those_there_who_may(request, client, as_user, who, linked):
    html = as_user(client, request.getfixturevalue(who)).get("/").content.decode()
    assert ('href="/engine/"' in html) is linked


def test_a_page_without_trouble_says_so(client, as_user, olu):
    all_seen()
    text = as_user(client, olu).get("/engine/").content.decode()
    assert "Nothing is odd" in text and "No run is under way" in text


def test_a_run_shows_its_step_its_lease_and_its_fence(client, as_user, olu, scene):
    all_seen()
    change = scene.running()
    leased(change)
    answer = as_user(client, olu).get("/engine/")
    (row,) = answer.context["working"]
    assert (row.run.change, row.run.host, row.run.step, row.run.fence) == (change.pk, "app01", "restore", 2)
    assert 20 < row.run.left <= 28 and not row.odd
    assert answer.context["oddities"] == []


def test_a_run_whose_worker_died_stands_first_and_is_said(client, as_user, olu, scene):
    all_seen()
    change = scene.running()
    leased(change, left=-60)
    answer = as_user(client, olu).get("/engine/")
    assert [oddity.change for oddity in answer.context["oddities"]] == [change.pk]
    assert "ran out" in answer.content.decode()


def test_a_parked_run_says_until_when_it_waits(client, as_user, olu, scene):
    all_seen()
    change = scene.waiting()
    (row,) = as_user(client, olu).get("/engine/").context["parked"]
    assert (row.run.change, row.run.step, row.run.away) == (change.pk, "attach", False)
    assert 3.9 * 3600 < row.run.ends_in <= 4 * 3600


def test_a_run_that_waits_for_its_host_in_the_middle_of_a_step_is_told_apart(scene):
    change = scene.waiting()
    StepRun.objects.filter(run=run_of(change), key="attach").update(intent_at=timezone.now())
    (run,) = see().runs
    assert run.parked and run.away


def test_locks_and_claims_name_who_holds_and_who_is_asked(client, as_user, olu, scene):
    all_seen()
    change = scene.running()
    leased(change)
    soon = timezone.now() + timedelta(seconds=50)
    Claim.objects.create(key=f"facts:{a_host('app09', '192.0.2.19').pk}", until=soon)
    Claim.objects.create(key=f"plan:{change.pk}", until=soon)
    answer = as_user(client, olu).get("/engine/")
    assert {lock.name for lock, _ in answer.context["locks"]} == {"app01", "vm42"}
    assert {(claim.task, claim.about) for claim in answer.context["sight"].claims} == {
        ("facts", "app09"),
        ("plan", "app01"),
    }


def test_a_lock_of_a_change_that_is_over_stands_first(client, as_user, olu, scene):
    change = scene.undone()
    Lock.objects.create(key="host:app77", holder=change, taken_at=timezone.now(), fence=1)
    (lock, stray), *_ = as_user(client, olu).get("/engine/").context["locks"]
    assert stray and lock.change == change.pk


def test_the_oldest_unknown_is_named(client, as_user, olu, scene):
    all_seen()
    change = scene.failed(state=StepState.UNKNOWN)
    text = as_user(client, olu).get("/engine/").content.decode()
    assert f"#{change.pk} on app01 is unknown" in text


def test_hosts_that_are_overdue_and_silent_are_counted(client, as_user, olu):
    all_seen()
    ago = timezone.now() - timedelta(minutes=10)
    HostNetwork.objects.create(host=a_host(), next_at=ago, error="No answer.", misses=3)
    answer = as_user(client, olu).get("/engine/")
    fleet = answer.context["sight"].fleet
    assert (fleet.hosts, fleet.due, fleet.silent) == (1, 1, 1)
    assert "1 host is overdue" in answer.content.decode()


def test_a_queue_that_does_not_answer_is_said_and_the_page_still_comes(client, as_user, olu, settings):
    settings.BROKER_URL, settings.BROKER_OPTIONS = "redis://127.0.0.1:1/0", {}
    all_seen()
    answer = as_user(client, olu).get("/engine/")
    assert answer.status_code == 200 and "The queue does not answer" in answer.content.decode()


def test_htmx_gets_the_inner_part_alone(client, as_user, olu):
    html = as_user(client, olu).get("/engine/", headers={"HX-Request": "true"}).content.decode()
    assert html.startswith('<div id="engine"')


def test_it_costs_the_same_number_of_queries_however_much_there_is(
    client, as_user, olu, scene, django_assert_max_num_queries
):
    all_seen()
    for number in range(6):
        locks_release(scene.running())
        host = a_host(f"app{number + 10}", f"192.0.2.{number + 20}")
        FactsWish.objects.create(host=host, asked_at=timezone.now())
        HostNetwork.objects.create(host=host, next_at=timezone.now())
        Claim.objects.create(key=f"facts:{host.pk}", until=timezone.now() + timedelta(seconds=50))
    as_user(client, olu)
    with django_assert_max_num_queries(20):
        answer = client.get("/engine/")
    assert len(answer.context["sight"].runs) == 6 and answer.context["sight"].fleet.due == 6
