"""Windows, freezes and slots at the start of a run, on every path to it. Named after what went wrong elsewhere."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from changes import rollouts
from changes.models import Change, Freeze, MaintenanceWindow, PickedSlot, Rollout
from changes.rollout_states import RolloutState
from changes.rollouts import Wanted, rollout_approve, rollout_create, rollout_submit
from changes.services import Denied, Request, change_create, change_withdraw
from changes.slots import others_in, places_of, slot_drop, slot_pick, slots_expire, times_of, untimely
from changes.states import State
from changes.timing import Scope
from execution import engine, janitor, services
from execution.gate import conditions
from execution.rollouts import advance, rollout_start
from inventory.models import Host, Owner, Vm
from inventory.renaming import machine_merge
from people.selectors import actor_of
from tests.execution.windowed import AN_HOUR, a_freeze, a_window, from_now, over, picked, shut

pytestmark = pytest.mark.django_db


def again(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def gated(change: Change) -> Change:
    """A worker has its hint."""
    engine.look(change.pk)
    return again(change)


def last(change: Change) -> str:
    return change.transitions.last().reason


def entries(action: str) -> list[dict]:
    return [row.detail for row in Entry.objects.filter(action=action)]


# at the start


def test_where_no_window_covers_its_host_it_starts_at_any_time(queued_toy, journal):
    shut("Others", Host.objects.create(name="other", address="192.0.2.9"))
    assert gated(queued_toy("a")).state is State.SUCCEEDED and journal() == ["a"]


def test_outside_the_window_it_is_not_even_queued_and_the_sentence_says_when(approved_toy, olu, toyhost):
    shut("Sunday night", toyhost)
    change = approved_toy("a")
    with pytest.raises(Denied, match="Window “Sunday night” of toyhost is not open now. Pick a slot. Next: "):
        services.run_request(olu, change)
    assert again(change).state is State.APPROVED
    assert [one["action"] for one in entries("change.denied")] == ["run"]


def test_in_its_slot_it_runs(approved_toy, olu, rosa, toyhost, journal):
    a_window("Always", toyhost)
    change = approved_toy("a")
    with pytest.raises(Denied, match="no slot is picked"):
        services.run_request(olu, change)
    slot_pick(rosa, change, from_now())
    services.run_request(olu, again(change))
    assert gated(change).state is State.SUCCEEDED and journal() == ["a"]
    (gate,) = entries("change.gate")
    assert "Its slot is now" in next(one["reason"] for one in gate["conditions"] if one["title"] == "Window")


def test_a_missed_window_never_runs_late(queued_toy, olu, rosa, journal, monkeypatch):
    """It was queued in time, no worker was there, and its slot is over when one comes back."""
    change = queued_toy("a")
    picked(change, rosa)
    over(change)
    asked = []
    monkeypatch.setattr("execution.lines.open_session", lambda host: asked.append(host))
    change = gated(change)
    assert (change.state, journal(), asked) == (State.BLOCKED, [], [])
    assert "is over, and what was missed never runs late. Pick another one." in last(change)
    assert entries("change.gate_refused")
    with pytest.raises(Denied, match="never runs late"):
        services.run_request(olu, change)


def test_what_missed_its_slot_runs_in_the_next_one_that_somebody_picks(queued_toy, olu, rosa, journal):
    change = queued_toy("a")
    picked(change, rosa)
    over(change)
    change = gated(change)
    slot_pick(olu, change, from_now())
    services.run_request(olu, again(change))
    assert gated(change).state is State.SUCCEEDED


def test_the_slot_that_ends_while_the_host_is_asked_is_missed_too(queued_toy, rosa, journal, monkeypatch):
    change = queued_toy("a")
    picked(change, rosa)
    gather = type(change.the_kind).gather

    def slowly(kind, params, ask):
        over(change)
        return gather(kind, params, ask)

    monkeypatch.setattr(type(change.the_kind), "gather", slowly)
    change = gated(change)
    assert (change.state, journal()) == (State.BLOCKED, []) and "never runs late" in last(change)


def test_a_freeze_that_began_after_the_approval_stops_it_at_the_gate(queued_toy, toyhost, journal):
    change = queued_toy("a")
    a_freeze(toyhost)
    change = gated(change)
    assert (change.state, journal()) == (State.BLOCKED, [])
    assert "Freeze “Year’s end” holds until" in last(change) and "The books are closed." in last(change)


def test_a_freeze_that_is_over_or_off_stops_nothing(queued_toy, journal):
    a_freeze(since=-2 * AN_HOUR, until=-AN_HOUR)
    a_freeze(name="Another", enabled=False)
    assert gated(queued_toy("a")).state is State.SUCCEEDED


def test_a_queued_but_cancelled_run_that_starts_after_a_restart(queued_toy, rosa, journal):
    """Withdrawn while no worker was there: nobody starts it in its slot, neither the hint nor the sweep."""
    change = queued_toy("a")
    picked(change, rosa)
    change_withdraw(rosa, change)
    for _ in range(2):
        janitor.sweep()
        assert gated(change).state is State.WITHDRAWN
    assert journal() == []


def test_the_janitor_does_not_bring_a_missed_one_back(queued_toy, rosa, journal):
    change = queued_toy("a")
    picked(change, rosa)
    over(change)
    janitor.sweep()
    assert gated(change).state is State.BLOCKED
    janitor.sweep()
    assert gated(change).state is State.BLOCKED and journal() == []


def test_a_worker_that_died_at_the_gate_leaves_nothing_that_runs_late(queued_toy, rosa, journal):
    change = queued_toy("a")
    picked(change, rosa)
    Change.objects.filter(pk=change.pk).update(status=State.GATING)
    over(change)
    assert gated(change).state is State.BLOCKED and journal() == []


# what was approved


def test_editing_a_window_does_not_move_what_was_approved(approved_toy, olu, rosa, toyhost, journal):
    """The slot stays where it was picked; the window counts as it is at the start."""
    window = a_window("Always", toyhost)
    change = approved_toy("a")
    slot = slot_pick(rosa, change, from_now()).span
    window.minutes, window.day = 60, timezone.now().date() + timedelta(days=30)
    window.save()
    assert PickedSlot.objects.get(change=change).span == slot
    with pytest.raises(Denied, match="is not open now. Pick another slot."):
        services.run_request(olu, again(change))
    MaintenanceWindow.objects.update(enabled=False)
    services.run_request(olu, again(change))
    assert gated(change).state is State.SUCCEEDED


def test_picking_another_slot_asks_for_no_new_approval_and_is_audited(approved_toy, olu, toyhost, journal):
    change = approved_toy("a")
    slot_pick(olu, change, from_now(AN_HOUR, 2 * AN_HOUR))
    with pytest.raises(Denied, match="It may start then, and not before"):
        services.run_request(olu, again(change))
    slot_pick(olu, again(change), from_now())
    services.run_request(olu, again(change))
    assert gated(change).state is State.SUCCEEDED and len(entries("change.slot")) == 2


def test_a_slot_is_taken_back(approved_toy, olu, rosa):
    change = approved_toy("a")
    slot_pick(rosa, change, from_now(AN_HOUR, 2 * AN_HOUR))
    slot_drop(rosa, change)
    services.run_request(olu, again(change))
    assert len(entries("change.slot_dropped")) == 1


@pytest.mark.parametrize("who", ["amir", "vera", "mallory"])
def test_who_neither_asked_nor_operates_picks_no_slot(approved_toy, request, who):
    with pytest.raises(Denied):
        slot_pick(request.getfixturevalue(who), approved_toy("a"), from_now())
    assert not PickedSlot.objects.exists()


def test_a_slot_outside_the_window_or_in_a_freeze_is_refused(approved_toy, rosa, toyhost):
    change = approved_toy("a")
    a_freeze(toyhost, since=AN_HOUR, until=2 * AN_HOUR)
    with pytest.raises(Denied, match="Freeze “Year’s end” covers it"):
        slot_pick(rosa, change, from_now())
    shut("Sunday night", toyhost)
    with pytest.raises(Denied, match="It is not within Window “Sunday night” of toyhost. Next:"):
        slot_pick(rosa, change, from_now(3 * AN_HOUR, 4 * AN_HOUR))
    assert not PickedSlot.objects.exists()


def test_the_sweep_notes_a_missed_slot_once(approved_toy, rosa):
    change = approved_toy("a")
    picked(change, rosa)
    assert slots_expire(timezone.now()) == 0
    over(change)
    janitor.sweep()
    janitor.sweep()
    assert PickedSlot.objects.get().missed_at and len(entries("change.slot_missed")) == 1
    slot_pick(rosa, again(change), from_now())
    assert PickedSlot.objects.get().missed_at is None


def test_a_slot_that_was_used_is_not_missed_when_it_is_over(queued_toy, rosa, journal):
    change = queued_toy("a")
    picked(change, rosa)
    assert gated(change).state is State.SUCCEEDED
    over(change)
    assert slots_expire(timezone.now()) == 0
    titles = [line.title for line in conditions(again(change))]
    assert "Window" not in titles, "after the start no window is asked for any more"


# what goes on after the start


def test_a_freeze_stops_resume_and_undo_and_a_closed_window_does_not(queued_toy, rosa, toyhost, olu):
    change = gated(queued_toy("a", "bad"))
    assert change.state is State.FAILED
    shut("Sunday night", toyhost)
    a_freeze(toyhost)
    for act in (services.run_resume, services.run_undo):
        with pytest.raises(Denied, match="Freeze “Year’s end” holds until"):
            act(olu, change)
    Freeze.objects.update(enabled=False)
    services.run_undo(olu, change)
    assert gated(change).state is State.UNDONE


@pytest.fixture
def cancelled(queued_toy, rosa, toyhost, olu) -> Change:
    """It began in its slot, and was stopped while it waited, before anything was written; the slot is over."""
    change = queued_toy("wait", "a", "bad")
    a_window("Always", toyhost)
    picked(change, rosa)
    gated(change)
    services.run_cancel(olu, again(change))
    over(change)
    return again(change)


def test_where_nothing_was_written_yet_a_resume_starts_in_a_slot_or_not_at_all(cancelled, rosa, olu, journal):
    assert cancelled.state is State.CANCELLED
    lines = {line.title: line.ok for line in conditions(cancelled)}
    assert (lines["Freeze"], lines["Window"]) == (True, False)
    with pytest.raises(Denied, match="slot"):
        services.run_resume(olu, cancelled)
    assert again(cancelled).state is State.CANCELLED and slots_expire(timezone.now()) == 0
    slot_pick(rosa, again(cancelled), from_now())
    services.run_resume(olu, again(cancelled))
    assert gated(cancelled).state is State.WAITING


def test_once_something_was_written_a_resume_needs_no_slot(cancelled, rosa, olu, journal):
    slot_pick(rosa, cancelled, from_now())
    services.run_resume(olu, again(cancelled))
    gated(cancelled)
    services.run_confirm(olu, again(cancelled))
    assert (gated(cancelled).state, journal()) == (State.FAILED, ["a"])
    over(cancelled)
    assert "Window" not in [line.title for line in conditions(again(cancelled))]
    services.run_resume(olu, again(cancelled))


def test_the_page_says_that_it_needs_another_slot(cancelled, olu, client):
    client.force_login(olu)
    page = client.get(f"/changes/{cancelled.pk}/").content.decode()
    assert "Pick another slot" in page


# for which hosts


@pytest.fixture
def payments(toyhost) -> Owner:
    owner = Owner.objects.create(name="Payments")
    toyhost.vm = Vm.objects.create(name="toyvm", owner=owner, site="north")
    toyhost.save()
    return owner


def named(host: Host) -> list[str]:
    (place,) = places_of([Host.objects.select_related("vm").get(pk=host.pk)], timezone.now())
    return sorted([window.name for window in place.windows] + [freeze.name for freeze in place.freezes])


def test_the_nearest_windows_count_host_then_owner_then_site_then_everything(toyhost, payments):
    for name, scope in (
        ("all", Scope.EVERYTHING),
        ("site", Scope.SITES),
        ("owner", Scope.OWNERS),
        ("host", Scope.HOSTS),
    ):
        row = a_window(name, scope=scope, sites=["north"])
        row.owners.set([payments] if scope == Scope.OWNERS else [])
        row.hosts.set([toyhost] if scope == Scope.HOSTS else [])
        assert named(toyhost) == [name]
    MaintenanceWindow.objects.filter(name="host").update(enabled=False)
    assert named(toyhost) == ["owner"]


def test_windows_of_others_do_not_count(toyhost, payments):
    a_window("site", scope=Scope.SITES, sites=["south"])
    a_window("owner", scope=Scope.OWNERS).owners.set([Owner.objects.create(name="Others")])
    a_window("host", Host.objects.create(name="other", address="192.0.2.9"))
    a_window("nobody", scope=Scope.HOSTS)
    a_freeze(name="frost", scope=Scope.SITES, sites=["south"])
    assert named(toyhost) == []


def test_freezes_of_every_scope_count_at_once(toyhost, payments):
    a_freeze(name="all")
    a_freeze(name="site", scope=Scope.SITES, sites=["north"])
    a_freeze(name="owner", scope=Scope.OWNERS).owners.set([payments])
    a_freeze(toyhost, name="host")
    assert named(toyhost) == ["all", "host", "owner", "site"]


def test_a_window_whose_only_host_is_gone_covers_nothing(toyhost):
    gone = Host.objects.create(name="gone", address="192.0.2.9")
    a_window("Gone", gone)
    gone.delete()
    assert named(toyhost) == []


def test_a_host_that_is_merged_takes_its_windows_with_it(toyhost, ada):
    double = Host.objects.create(name="double", address="192.0.2.9")
    a_window("Doubled", double)
    a_freeze(double, name="frost")
    machine_merge(toyhost, double, by=actor_of(ada))
    assert named(toyhost) == ["Doubled", "frost"]


def test_the_second_host_of_a_change_restricts_it_too(rosa, world, toyhost, olu):
    other = Host.objects.create(name="other", address="192.0.2.9")
    shut("Sunday night", other)
    params = {"host": "toyhost", "other": "other", "world": str(world), "steps": ["a"]}
    change = change_create(rosa, Request("toy", params, toyhost.pk, None, "both"))
    assert "Window “Sunday night” of other is not open now" in untimely(change)
    assert [place.host for place in times_of(change, timezone.now()).places] == ["other", "toyhost"]


def test_the_calendar_shows_who_else_is_on_the_same_hosts(approved_toy, request_toy, rosa, olu, world):
    change, beside, later = approved_toy("a"), request_toy("b"), request_toy("c")
    slot, after = from_now(), from_now(3 * AN_HOUR, 4 * AN_HOUR)
    slot_pick(rosa, beside, slot)
    slot_pick(rosa, later, after)
    elsewhere = Host.objects.create(name="elsewhere", address="192.0.2.9")
    params = {"host": "elsewhere", "world": str(world), "steps": ["a"]}
    slot_pick(rosa, change_create(rosa, Request("toy", params, elsewhere.pk, None, "far")), slot)
    found = others_in([slot, after], change, actor_of(olu))
    assert [[row.change_id for row in found[each]] for each in (slot, after)] == [[beside.pk], [later.pk]]


# rollouts


@pytest.fixture
def rollout(tmp_path, rosa, amir, monkeypatch) -> Rollout:
    """Two hosts, approved: `one` in the first wave, `two` in the second."""
    monkeypatch.setattr("tests.execution.toy.ToyKind.subjects", lambda self, params: [])
    changes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "journal").touch()
        host = Host.objects.create(name=name, address=f"{name}.example")
        params = {"host": name, "world": str(tmp_path / name), "steps": ["a"]}
        change = change_create(rosa, Request("toy", params, host.pk, None, "to see it roll"))
        engine.plan(change.pk)
        changes.append(again(change))
    made = rollout_submit(rosa, rollout_create(rosa, Wanted("Roll", "to see it", changes, 1)))
    return rollout_approve(amir, made, made.digest, "read all")


def wave(rollout: Rollout) -> Rollout:
    for part in rollouts.parts_of(rollout):
        engine.look(part.change_id)
    advance(rollout.pk)
    return Rollout.objects.get(pk=rollout.pk)


def test_a_rollout_goes_on_wave_by_wave_while_the_windows_are_open(rollout, olu):
    a_window("Always")
    rollout = wave(wave(rollout_start(olu, rollout)))
    assert rollout.state is RolloutState.SUCCEEDED


def test_a_rollout_stops_before_the_wave_whose_window_is_shut_and_says_when(rollout, olu):
    shut("Sunday night", Host.objects.get(name="two"))
    rollout = wave(rollout_start(olu, rollout))
    assert rollout.state is RolloutState.STOPPED
    assert "on two could not be started: Window “Sunday night” of two is not open now. Next: " in rollout.sentence
    MaintenanceWindow.objects.update(enabled=False)
    assert wave(rollout_start(olu, rollout)).state is RolloutState.SUCCEEDED


def test_a_part_of_a_rollout_picks_no_slot_of_its_own(rollout, rosa):
    with pytest.raises(Denied, match="which starts it in its turn"):
        slot_pick(rosa, rollouts.parts_of(rollout)[0].change, from_now())
