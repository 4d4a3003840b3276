"""Reboots over rows, by the real engine: back and whole, back and not whole, not back at all, refused, and in waves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.glasses import glass_ask, glass_decide
from changes.models import Change, Lock
from changes.rollout_states import RolloutState
from changes.rollouts import Wanted, parts_of, rollout_approve, rollout_create, rollout_submit
from changes.services import Denied
from changes.states import State, StepState
from changes.timing import Lift
from execution import services
from execution.models import FactsWish, Run
from execution.rollouts import advance, rollout_start
from readiness.models import Readiness
from tests.readiness.rebooting import Machine, late, looked_at

pytestmark = pytest.mark.django_db
ALARM = ("app01 has not come back from its reboot within 600 seconds", "console", "every 3 s until")


@pytest.fixture
def machine(machines) -> Machine:
    return machines["app01"]


@pytest.fixture
def down(reboot_approved, machine, olu) -> Change:
    """Olu has started it, and app01 went down."""
    change = reboot_approved()
    services.run_request(olu, change)
    return looked_at(change)


def step(change: Change, key: str = "reboot"):
    return change.runs.get().steps.get(key=key)


def test_it_is_waited_for_by_nobody_and_is_back_once_another_boot_answers(down, machine):
    assert (down.state, Run.objects.get(change=down).lease_owner, machine.orders) == (State.WAITING, "", 1)
    assert looked_at(down).state is State.WAITING
    machine.comes_back()
    change = looked_at(down)
    assert change.state is State.SUCCEEDED, change.runs.get().sentence
    assert (step(change).found["boot_id"], step(change).attempt, machine.orders) == (machine.boot_id, 1, 1)
    assert "All 2 services run and all 2 file systems are mounted" in step(change, "compare").sentence


def test_neither_a_reboot_that_is_under_way_is_stopped_nor_one_that_is_over_taken_back(down, machine, olu, client):
    client.force_login(olu)
    with pytest.raises(Denied, match="comes to an end by itself"):
        services.run_cancel(olu, down)
    assert "Stop waiting" not in client.get(f"/changes/{down.pk}/").content.decode()
    machine.comes_back()
    change = looked_at(down)
    with pytest.raises(Denied, match="A reboot cannot be undone"):
        services.run_undo(olu, change)
    assert "Undo: " not in client.get(f"/changes/{change.pk}/").content.decode()


def test_the_engine_has_its_checks_and_facts_asked_anew_when_it_is_over(
    down, machine, django_capture_on_commit_callbacks
):
    row = Readiness.objects.create(host=down.host, next_at=timezone.now() + timedelta(days=1))
    machine.comes_back()
    with django_capture_on_commit_callbacks(execute=True):
        assert looked_at(down).state is State.SUCCEEDED
    row.refresh_from_db()
    assert row.next_at <= timezone.now() and FactsWish.objects.filter(host=down.host).exists()


def test_what_does_not_run_any_more_is_named_and_a_resume_compares_without_a_second_reboot(down, machine, olu):
    machine.comes_back()
    machine.services, machine.mounts = ("ssh.service",), ("/",)
    change = looked_at(down)
    assert (change.state, step(change, "compare").state) == (State.FAILED, StepState.FAILED)
    assert "service cron.service, mount /var" in step(change, "compare").sentence
    with pytest.raises(Denied, match="only this change remembers what ran before it"):
        services.run_continue(olu, change, "cron is gone")
    machine.services, machine.mounts = ("cron.service", "ssh.service", "new.service"), ("/", "/var")
    services.run_resume(olu, change)
    change = looked_at(change)
    assert (change.state, machine.orders, step(change).attempt) == (State.SUCCEEDED, 1, 1)
    assert "New since the reboot: new.service" in step(change, "compare").sentence


def test_one_that_stays_away_is_an_alarm_which_holds_its_host_and_says_the_way_back(down, machine):
    change = late(down)
    assert (change.state, step(change).state, machine.orders) == (State.UNKNOWN, StepState.UNKNOWN, 1)
    for told in (*ALARM, "No check was red before", "no second reboot"):
        assert told in step(change).sentence
    assert Lock.objects.get(key="host:app01").holder == change
    lost = "app01 has not come back from its reboot within 600 seconds; no second reboot was tried."
    assert (change.transitions.last().reason, change.runs.get().sentence) == (lost, lost)


def test_one_that_comes_back_late_goes_on_once_a_person_has_it_asked(down, machine, olu):
    change = late(down)
    machine.comes_back()
    services.run_probe(olu, change)
    assert looked_at(change).state is State.SUCCEEDED and machine.orders == 1


def test_nothing_is_sent_to_a_host_that_was_rebooted_since_it_was_approved(reboot_approved, machine, olu):
    change = reboot_approved()
    machine.boots = 1
    services.run_request(olu, change)
    assert (looked_at(change).state, machine.orders) == (State.STALE, 0)


def test_a_sabotaged_one_is_refused_with_each_red_check_and_what_to_do(reboot_planned, machines):
    machines["app01"] = Machine(well=False)
    change = reboot_planned()
    said = " ".join(change.refusal)
    assert change.state is State.REFUSED and not change.digest
    for title in ("Kernel and its modules", "Initial file system", "Init and libc", "What fstab wants"):
        assert f"Red: {title}." in said
    assert "/sbin/init is 32-bit x86" in said and "Mend that while app01 still runs" in said


def test_one_that_turns_red_after_its_approval_does_not_begin(reboot_approved, machines, olu):
    change = reboot_approved()
    machines["app01"] = broken = Machine(well=False)
    broken.look = broken.look.replace(broken.boot_id[:-2], machines["app02"].boot_id[:-2])
    services.run_request(olu, change)
    assert (looked_at(change).state, broken.orders) == (State.STALE, 0)


def test_with_broken_glass_a_sabotaged_one_ends_in_an_alarm_that_says_what_spoke_against_it(
    reboot_approved, machines, amir, olu
):
    machines["app01"] = machine = Machine(well=False)
    change = reboot_approved(despite=True)
    with pytest.raises(Denied, match="Only a broken glass lets it start"):
        services.run_request(olu, change)
    glass = glass_ask(olu, change, [Lift.READINESS], "It is to be rebuilt anyway.")
    glass_decide(amir, glass, change.digest, "Its owner knows.", grant=True)
    services.run_request(olu, Change.objects.get(pk=change.pk))
    change = late(looked_at(change))
    assert (change.state, step(change).attempt, machine.orders) == (State.UNKNOWN, 1, 1)
    for told in (*ALARM, "/sbin/init is 32-bit x86"):
        assert told in step(change).sentence
    assert change.glasses.get().used_at


def test_in_waves_the_next_hosts_go_down_once_those_before_are_back(
    reboot_planned, machines, rosa, amir, olu, settings, tmp_path
):
    parts = [reboot_planned(name) for name in machines]
    rollout = rollout_submit(rosa, rollout_create(rosa, Wanted("Reboot app", "Up for 200 days.", parts, 2)))
    rollout = rollout_approve(amir, rollout, rollout.digest, "read all")
    rollout_start(olu, rollout)

    def round_of_workers() -> list[int]:
        for part in parts_of(rollout):
            settings.HOST_ROOT = str(tmp_path / part.change.host.name)  # each has a disk of its own
            looked_at(part.change)
        advance(rollout.pk)
        rollout.refresh_from_db()
        return [machine.orders for machine in machines.values()]

    assert round_of_workers() == round_of_workers() == [1, 0, 0, 0]
    machines["app01"].comes_back()
    round_of_workers()
    assert round_of_workers() == [1, 1, 1, 0]
    machines["app02"].comes_back()
    assert round_of_workers() == [1, 1, 1, 0]
    late(parts[2])
    assert round_of_workers() == [1, 1, 1, 0]
    assert rollout.state is RolloutState.STOPPED and "on app03 is unknown" in rollout.sentence
    assert Change.objects.get(pk=parts[3].pk).state is State.APPROVED
