"""The same on the real tables with windows, freezes, slots, broken glass, owners and a clock that goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.forms.models import model_to_dict
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from audit.services import SYSTEM
from changes.glasses import glass_ask, glass_decide, glass_review
from changes.models import Change, Freeze, Glass, MaintenanceWindow
from changes.policy_forms import rule_switch
from changes.slots import slot_drop, slot_pick, slots_expire
from changes.states import State
from changes.timing import Lift
from changes.window_forms import FreezeForm, ScopedForm, WindowForm, scoped_save, scoped_switch
from changes.windows import Slot
from execution.leases import database_now
from inventory.confirming import machine_confirm, may_answer
from inventory.forms import HostForm
from inventory.models import Host, Membership, Owner
from inventory.services import record_edit
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from tests.stateful.book import AN_HOUR, GLASS_HOLDS, Frost, Needs, Opening, Pane
from tests.stateful.rows import APPROVERS, CAST, STARTERS, WHICH, WHO, Rows

S = State
HALF = timedelta(minutes=30)
A_MOMENT = timedelta(seconds=1)
TEAMS = ("Toy team", "Other team")
LIFTS = st.sets(st.sampled_from([str(lift) for lift in Lift]), min_size=1)
SLOT_STATES = (
    *(S.DRAFT, S.REFUSED, S.PLANNED, S.IN_REVIEW, S.APPROVED, S.BLOCKED, S.STALE),
    *(S.WAITING, S.FAILED, S.CANCELLED),
)
AHEAD = (*SLOT_STATES[:-3], S.QUEUED)
BEFORE, HALFWAY = (S.IN_REVIEW, S.APPROVED, S.BLOCKED), (S.WAITING, S.FAILED, S.CANCELLED)
AFTER = (S.SUCCEEDED, S.UNDO_FAILED)
NEEDS = [Needs(1), Needs(2), Needs(1, 1), Needs(0, 1), Needs(1, 0, 3), Needs(1, 1, 2)]
WHILE_ASKED = ["freeze", "windows off", "the asker is gone", "the second is gone", "given away", "an hour", "policy"]
THEN = ["", "", "late", "demoted", "replanned", *WHILE_ASKED]


class TimedRows(Rows):
    """What people do to when and by whom is in the book as soon as it was done; the laws compare."""

    most = 5

    def furnish(self) -> None:
        self.teams = {name: Owner.objects.create(name=name) for name in TEAMS}
        for name, team in (("vic", 0), ("otto", 0), ("rosa", 0), ("amir", 1)):
            self._joins(name, TEAMS[team])
        Host.objects.filter(pk=self.host.pk).update(owner=self.teams[TEAMS[0]])
        self.book.owner = TEAMS[0]

    # time

    @rule(halves=st.integers(1, 10))
    def time_passes(self, halves: int) -> None:
        self.clock.now += halves * HALF

    @rule(beside=st.sampled_from([-A_MOMENT, timedelta(), A_MOMENT]))
    def time_comes_to_an_edge(self, beside: timedelta) -> None:
        """Just before, at or just after something opens, shuts, ends or lapses."""
        ahead = [edge + beside for edge in self.book.edges() if edge + beside > self.clock.now]
        self.clock.now = ahead[0] if ahead else self.clock.now + HALF

    @rule()
    def sweep(self) -> None:
        """Each slot that is over and was not used is noted as missed, once."""
        over = {n for n, (_, end) in self.book.slots.items() if end <= self.clock.now} - self.book.missed
        over = {number for number in over if Change.objects.get(pk=number).state in AHEAD}
        assert slots_expire(database_now()) == len(over)
        self.book.missed |= over
        for number in over:
            self.book.did("change.slot_missed", SYSTEM, number)

    # windows, freezes, slots

    @precondition(lambda self: len(self.book.windows) < 3)
    @rule(ahead=st.integers(-6, 6), halves=st.sampled_from([2, 6, 16, 48]), near=st.booleans())
    def write_a_window(self, ahead: int, halves: int, near: bool) -> None:
        first = self.clock.now.replace(minute=0, second=0, microsecond=0) + ahead * AN_HOUR
        row = self._save(WindowForm, near, rule="FREQ=DAILY", day=first.date(), at=first.time(), minutes=30 * halves)
        self.book.windows[row.pk] = Opening(first, 30 * halves, near)

    @precondition(lambda self: self.book.windows)
    @rule(which=WHICH, on=st.booleans())
    def switch_a_window(self, which: int, on: bool) -> None:
        pk = list(self.book.windows)[which % len(self.book.windows)]
        self._switch(MaintenanceWindow, pk, self.book.windows[pk], on)

    @precondition(lambda self: len(self.book.freezes) < 3)
    @rule(since=st.integers(-2, 2), hours=st.integers(1, 6), near=st.booleans())
    def begin_a_freeze(self, since: int, hours: int, near: bool) -> None:
        start = self.clock.now + since * AN_HOUR
        end = start + hours * AN_HOUR
        row = self._save(FreezeForm, near, starts=start, ends=end, reason="The books are closed.")
        self.book.freezes[row.pk] = Frost(start, end)

    @precondition(lambda self: self.book.freezes)
    @rule(which=WHICH, on=st.sampled_from([False, False, True]))
    def lift_a_freeze(self, which: int, on: bool) -> None:
        pk = list(self.book.freezes)[which % len(self.book.freezes)]
        self._switch(Freeze, pk, self.book.freezes[pk], on)

    @rule(which=WHICH, who=WHO, since=st.integers(-4, 8), halves=st.integers(0, 8))
    def pick_a_slot(self, which: int, who: str | None, since: int, halves: int) -> None:
        start = self.clock.now + since * HALF
        self._pick(self.change(which), self.by(who, "rosa"), Slot(start, start + halves * HALF))

    @rule(which=WHICH, who=WHO)
    def drop_the_slot(self, which: int, who: str | None) -> None:
        change, actor = self.change(which), self.by(who, "rosa")
        done = bool(self._do(slot_drop, actor, change))
        assert done == self._may_pick(actor, change)
        if done and self.book.slots.pop(change.pk, None):
            self.book.missed.discard(change.pk)
            self.book.did("change.slot_dropped", actor.username, change.pk)

    # glass

    @rule(which=WHICH, who=WHO, lifts=LIFTS, reason=st.sampled_from(["", "it cannot wait", "it cannot wait"]))
    def ask_for_the_glass(self, which: int, who: str | None, lifts: set[str], reason: str) -> None:
        change, actor = self.change(which), self.by(who, "olu")
        ways = {
            **dict.fromkeys(BEFORE, {"window", "freeze", "approval"}),
            **dict.fromkeys(HALFWAY, {"window", "freeze"}),
        }
        ways |= dict.fromkeys(AFTER, {"freeze"})
        could = self._has(actor, Role.OPERATOR) and lifts <= ways.get(change.state, set()) and bool(reason)
        could = could and self.book.pane(change.pk, change.digest) is None
        assert self._did(glass_ask, actor, change, change.pk, {Lift(one) for one in lifts}, reason) == could
        if could:
            row = Glass.objects.latest("pk")
            self.book.panes[row.pk] = Pane(change.pk, change.digest, frozenset(lifts), actor.username)

    @precondition(lambda self: any(not pane.second for pane in self.book.panes.values()))
    @rule(who=st.sampled_from([None, None, *CAST]), grant=st.sampled_from([True, True, False]), read=st.booleans())
    def decide_on_the_glass(self, who: str | None, grant: bool, read: bool) -> None:
        """`read`: the plan as it is; else one that somebody saw before."""
        pk = max(pk for pk, pane in self.book.panes.items() if not pane.second)
        pane, actor = self.book.panes[pk], self.by(who, "otto")
        change = Change.objects.get(pk=pane.change)
        digest = change.digest if read or not who else "0" * 64
        could = change.state in (*BEFORE, *HALFWAY, *AFTER) and digest == change.digest == pane.digest
        could = could and self._may_stand_in(actor, change) and actor.username != pane.asker
        done = self._do(glass_decide, actor, Glass.objects.get(pk=pk), digest, "I looked at it", grant=grant)
        assert bool(done) == could, f"{actor.username} {'did' if done else 'could not'} decide on the glass"
        if could:
            pane.second, pane.granted = actor.username, grant
            pane.until = self.clock.now + GLASS_HOLDS if grant else None
            self.book.did(f"change.glass_{'granted' if grant else 'refused'}", actor.username, change.pk)
            if grant and "approval" in pane.lifts and change.state is S.IN_REVIEW:
                assert Change.objects.get(pk=change.pk).state is S.APPROVED

    @precondition(lambda self: any(pane.owes for pane in self.book.panes.values()))
    @rule(who=st.sampled_from([None, *CAST]), text=st.sampled_from(["", "it was right", "it was right"]))
    def review(self, who: str | None, text: str) -> None:
        pk, pane = next((pk, pane) for pk, pane in self.book.panes.items() if pane.owes)
        change, actor = Change.objects.get(pk=pane.change), self.by(who, "ada")
        parties = {pane.asker, pane.second, *pane.hands, *self.book.starters.get(change.pk, ())}
        could = any(self._has(actor, role) for role in (Role.APPROVER, Role.OPERATOR, Role.ADMINISTRATOR))
        could = could and actor.username not in parties and not self._own(actor, change) and bool(text)
        could = could and change.state not in (S.QUEUED, S.GATING, S.RUNNING, S.UNDOING, S.WAITING)
        assert self._did(glass_review, actor, Glass.objects.get(pk=pk), change.pk, text) == could
        if could:
            pane.reviewer = actor.username

    # whose it is, and who must approve

    @rule(needs=st.sampled_from(NEEDS))
    def edit_more_of_the_policy(self, needs: Needs) -> None:
        self.rule_is(needs)

    @rule(on=st.sampled_from([True, True, True, False]))
    def switch_the_policy(self, on: bool) -> None:
        """While no rule counts, nothing can be submitted."""
        row = self.rule_row()
        rule_switch(row, on, self._actor("ada"))
        if on != self.book.rule_on:
            self.book.rule_on = on
            self.book.did(f"policy.{'on' if on else 'off'}", "ada", row.pk)

    @rule(who=st.sampled_from(["ada", "vic", "otto", "amir"]), team=st.sampled_from(["", *TEAMS]))
    def give_the_machine(self, who: str, team: str) -> None:
        """Whoever gives it to a team does not speak for that team; that the door asks for the role, others see to."""
        host = Host.objects.get(pk=self.host.pk)
        form = HostForm({**model_to_dict(host), "owner": self.teams[team].pk if team else None}, instance=host)
        form.by = self._actor(who)
        assert form.is_valid(), form.errors
        form.save()
        record_edit("host.edit", host, form.by)
        self.book.did("host.edit", who, host.pk)
        if team != self.book.owner:
            self.book.owner, self.book.giver = team, who

    @rule(who=st.sampled_from(list(CAST)))
    def still_theirs(self, who: str) -> None:
        host, actor = Host.objects.get(pk=self.host.pk), self._actor(who)
        if not (actor.active and host.owner and may_answer(actor, host)):
            return
        machine_confirm(host, by=actor)
        self.book.did("host.confirm", who, host.pk)
        if who in self.book.members.get(self.book.owner, ()) and who != self.book.giver:
            self.book.giver = ""

    @rule(who=st.sampled_from(["vic", "otto", "rosa", "ruth"]), team=st.sampled_from(TEAMS))
    def an_owner_comes_or_goes(self, who: str, team: str) -> None:
        if who in self.book.members.get(team, ()):
            Membership.objects.filter(user=self.people[who], owner=self.teams[team]).delete()
            self.book.members[team].discard(who)
        else:
            self._joins(who, team)

    # all of it together

    @rule(which=WHICH, what=st.sampled_from(WHILE_ASKED))
    def look_while(self, which: int, what: str) -> None:
        """It happens between the gate's two transactions, if there is something to ask the host."""
        self.strikes.between = self._meanwhile(what)
        self.look(which)

    @rule(
        which=WHICH, approver=APPROVERS, starter=STARTERS, then=st.sampled_from(THEN),
        halves=st.integers(1, 4), owners=st.booleans(),
    )  # fmt: skip
    def hurry_in_its_slot(self, which: int, approver: str, starter: str, then: str, halves: int, owners: bool) -> None:
        """Everybody does their part in time; something may happen before a worker looks, or while it does."""
        which = self._asked_anew(which)
        self.plan(which)
        if owners:
            self.edit_more_of_the_policy(Needs(1, 1))
        self.submit(which, None)
        change = self.change(which)
        self._pick(change, self.by(None, "rosa"), Slot(self.clock.now, self.clock.now + halves * HALF))
        for who in (approver, "ruth", "vic"):
            if self.change(which).state is S.IN_REVIEW:
                self.approve(which, who, False)
        self.run(which, starter)
        self._then(then, which, halves)

    @rule(
        which=WHICH, asker=STARTERS, starter=STARTERS, second=APPROVERS, lifts=LIFTS, voted=st.booleans(),
        then=st.sampled_from(THEN),
    )  # fmt: skip
    def hurry_in_a_freeze(
        self, which: int, asker: str, starter: str, second: str, lifts: set[str], voted: bool, then: str
    ) -> None:
        """The same by a broken glass; it may hold no longer by the time that a worker looks."""
        which = self._asked_anew(which)
        self.plan(which)
        self.submit(which, None)
        if len(self.book.freezes) < 3:
            self.begin_a_freeze(-1, 9, False)
        if voted:
            self.approve(which, "ruth" if second == "amir" else "amir", False)
        self.ask_for_the_glass(which, asker, lifts | {"freeze"}, "it cannot wait")
        if any(not pane.second for pane in self.book.panes.values()):
            self.decide_on_the_glass(second, True, True)
        self.run(which, starter)
        self._then(then, which, 10)

    @rule(
        which=WHICH, at=st.integers(0, 2), asker=STARTERS, second=APPROVERS, who=STARTERS, lifts=LIFTS,
        how=st.sampled_from(["resume", "undo"]), reviewer=st.sampled_from([None, *CAST]),
    )  # fmt: skip
    def hurry_back_in_a_freeze(
        self, which: int, at: int, asker: str, second: str, who: str, lifts: set[str], how: str, reviewer: str | None
    ) -> None:
        """What broke off goes on, or is undone, by a broken glass; somebody writes the review."""
        if self.change(which).state not in (*HALFWAY, *AFTER):
            which = self._asked_anew(which)
            self.break_step(which, "broken", at)
            self.hurry(which, "amir", "otto", "")
        if len(self.book.freezes) < 3:
            self.begin_a_freeze(-1, 3, True)
        self.ask_for_the_glass(which, asker, (lifts - {"approval"}) | {"freeze"}, "it cannot wait")
        if any(not pane.second for pane in self.book.panes.values()):
            self.decide_on_the_glass(second, True, True)
        (self.resume if how == "resume" else self.undo)(which, who)
        self.look(which)
        if any(pane.owes for pane in self.book.panes.values()):
            self.review(reviewer, "it was right")

    in_its_slot, in_a_freeze, back_in_a_freeze = hurry_in_its_slot, hurry_in_a_freeze, hurry_back_in_a_freeze
    """Under two names, and so played twice as often as the rest."""

    def _asked_anew(self, which: int) -> int:
        """That change, or a new one where it is on its way already."""
        if self.change(which).state in (S.DRAFT, S.PLANNED, S.IN_REVIEW) or len(self.numbers) == self.most:
            return which
        self.create(["a", "b"], None)
        return len(self.numbers) - 1

    def _then(self, then: str, which: int, halves: int) -> None:
        if then == "late":
            self.time_passes(halves)
        elif then == "demoted":
            self.change_role("otto", Role.APPROVER)
        elif then == "replanned":
            self.drift("green\n")
            self.look(which)
            self.replan(which, None)
            self.plan(which)
            self.submit(which, None)
        elif then:
            self.strikes.between = self._meanwhile(then)
        self.look(which)

    # how it is done

    def _meanwhile(self, what: str) -> Callable[[], None]:
        ways: dict[str, Callable[[], None]] = {
            "freeze": lambda: self.begin_a_freeze(0, 2, True),
            "windows off": self._all_windows_off,
            "the asker is gone": lambda: self.switch("olu", False),
            "the second is gone": lambda: self.switch("otto", False),
            "given away": lambda: self.give_the_machine("vic", TEAMS[self.book.owner == TEAMS[0]]),
            "an hour": lambda: self.time_passes(2),
            "policy": lambda: self.rule_is(Needs(2)),
        }
        return ways[what]

    def _all_windows_off(self) -> None:
        for pk, opening in self.book.windows.items():
            self._switch(MaintenanceWindow, pk, opening, False)

    def _pick(self, change: Change, actor: User, slot: Slot) -> None:
        could = self._may_pick(actor, change) and self.book.pickable(slot.start, slot.end)
        done = self._did(slot_pick, actor, change, change.pk, slot)
        assert done == could, f"{actor.username} {'picked' if done else 'could not pick'} {slot}"
        if could:
            self.book.slots[change.pk] = (slot.start, slot.end)
            self.book.missed.discard(change.pk)

    def _may_pick(self, actor: User, change: Change) -> bool:
        who = self._has(actor, Role.OPERATOR) or self._asks_for(actor, change)
        return change.state in SLOT_STATES and who

    def _save(self, form: type[ScopedForm], near: bool, **words: Any) -> Any:
        number = next(self.made)
        scope = {"scope": "hosts", "hosts": "toyhost"} if near else {"scope": "everything"}
        filled = form({"name": f"{form.__name__} {number}", "zone": "UTC", **scope, **words})
        assert filled.is_valid(), filled.errors
        row = scoped_save(filled, self._actor("ada"))
        self.book.did(f"{'window' if form is WindowForm else 'freeze'}.create", "ada", row.pk)
        return row

    def _switch(self, model: type[Any], pk: int, known: Opening | Frost, on: bool) -> None:
        scoped_switch(model.objects.get(pk=pk), on, self._actor("ada"))
        if known.on != on:
            known.on = on
            word = "window" if model is MaintenanceWindow else "freeze"
            self.book.did(f"{word}.{'on' if on else 'off'}", "ada", pk)

    def _joins(self, who: str, team: str) -> None:
        Membership.objects.create(user=self.people[who], owner=self.teams[team])
        self.book.members.setdefault(team, set()).add(who)

    def _actor(self, who: str) -> Any:
        return actor_of(self.by(who, ""))
