"""The same on the real tables with windows, freezes, slots, broken glass, owners and a clock that goes on."""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import timedelta
from typing import Any

from django.forms.models import model_to_dict
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

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
from execution.models import Run
from inventory.confirming import machine_confirm, may_answer
from inventory.forms import HostForm
from inventory.models import Host, Membership, Owner
from inventory.services import record_edit
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from tests.stateful.book import AN_HOUR, GLASS_HOLDS, Frost, Needs, Opening, Pane
from tests.stateful.rows import APPROVERS, CAST, STARTERS, STEPS, WHICH, WHO, Rows

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
THEN = st.one_of(
    st.just(""),
    st.sampled_from(["late", "starter off"]),
    st.sampled_from(["demoted", "replanned", *WHILE_ASKED]),
)
THREE = st.one_of(
    st.sampled_from([("olu", "olu", "amir"), ("olu", "olu", "otto"), ("otto", "olu", "amir"), ("sue", "olu", "otto")]),
    st.tuples(STARTERS, STARTERS, APPROVERS),
)
TWO = st.one_of(st.sampled_from([("amir", "olu"), ("otto", "olu"), ("amir", "otto")]), st.tuples(APPROVERS, STARTERS))
"""Who approves and who starts it; who asks for the glass, starts it and is the second person; mostly it goes well."""
REVIEWER = st.sampled_from([None, "", "amir", "olu", "otto", "rosa", "ruth"])
"""Empty: nobody yet."""
ALL_LIFTS = frozenset(map(str, Lift))
YES_OR_NO = st.sampled_from([True, False])
IN_ITS_SLOT = {
    "two": TWO,
    "then": st.one_of(st.just(""), st.just("late"), THEN),
    "halves": st.integers(1, 4),
    "windowed": YES_OR_NO,
}
IN_A_FREEZE = {
    "three": THREE,
    "lifts": st.one_of(st.just(ALL_LIFTS), LIFTS),
    "voted": st.booleans(),
    "then": st.one_of(st.just(""), st.sampled_from(["replanned", "the second is gone"]), THEN),
    "reviewer": REVIEWER,
}
BACK_IN_A_FREEZE = {
    "at": st.integers(0, 2),
    "three": THREE,
    "lifts": LIFTS,
    "how": st.sampled_from(["resume", "resume", "undo"]),
    "later": YES_OR_NO,
    "reviewer": REVIEWER,
}
WITH_ITS_OWNER = {
    "gift": st.sampled_from([("ada", TEAMS[0]), ("vic", TEAMS[0]), ("otto", TEAMS[0]), ("amir", TEAMS[1])]),
    "needs": st.sampled_from([Needs(0, 1), Needs(1, 1), Needs(1, 1, 2)]),
    "starter": STARTERS,
    "then": st.one_of(st.just(""), st.just("policy"), THEN),
}
SCENES = {
    "in_its_slot": IN_ITS_SLOT,
    "in_a_freeze": IN_A_FREEZE,
    "back_in_a_freeze": BACK_IN_A_FREEZE,
    "with_its_owner": WITH_ITS_OWNER,
}
"""With some of these a game begins, each on a change of its own; the simplest of each comes to a good end."""


def scenes(*names: str, least: int) -> st.SearchStrategy[list[tuple[str, dict[str, Any]]]]:
    one = st.one_of(*(st.tuples(st.just(name), st.fixed_dictionaries(SCENES[name])) for name in names))
    return st.lists(one, min_size=least, max_size=4)


class TimedRows(Rows):
    """What people do to when and by whom is in the book as soon as it was done; the laws compare."""

    most = 7

    @initialize(names=STEPS, first=scenes(*SCENES, least=2))
    def begin(self, names: list[str], first: list[tuple[str, dict[str, Any]]]) -> None:
        self.lay_out(names)
        for which, (name, words) in enumerate(first):
            getattr(self, name)(which, **words)

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
        self.met["slot noted as missed"] += len(over)
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
            **dict.fromkeys(BEFORE, {"window", "freeze", "approval", "readiness"}),
            **dict.fromkeys(HALFWAY, {"window", "freeze", "readiness"}),
        }
        ways |= dict.fromkeys(AFTER, {"freeze"})
        could = self.has(actor, Role.OPERATOR) and lifts <= ways.get(change.state, set()) and bool(reason)
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
        could = could and not Run.objects.filter(change=change, acted_by=actor).exists()
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
        could = any(self.has(actor, role) for role in (Role.APPROVER, Role.OPERATOR, Role.ADMINISTRATOR))
        could = could and actor.username not in parties and not self._own(actor, change) and bool(text)
        could = could and change.state not in (S.QUEUED, S.GATING, S.RUNNING, S.UNDOING, S.WAITING)
        assert self._did(glass_review, actor, Glass.objects.get(pk=pk), change.pk, text) == could
        self.met["review refused: had a part in it"] += actor.username in parties
        if could:
            self.met["review written"] += 1
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
            self.met["machine given away"] += 1

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

    @rule(which=WHICH, **IN_ITS_SLOT)
    def in_its_slot(self, which: int, two: tuple[str, str], then: str, halves: int, *, windowed: bool) -> None:
        """Everybody does their part in time; something may happen before a worker looks, or while it does."""
        approver, starter = two
        which = self._asked_anew(which)
        self._thaw()
        if windowed and not any(one.open(self.clock.now) for one in self.book.counting()):
            self._all_windows_off()
            self.write_a_window(-1, 16, True)
        self._planned(which, self.book.rule)
        self._pick(self.change(which), self.by(None, "rosa"), Slot(self.clock.now, self.clock.now + halves * HALF))
        self._voted(which, approver, "ruth", "vic")
        self.run(which, starter)
        self._then(then, which, halves, starter)

    @rule(which=WHICH, **IN_A_FREEZE)
    def in_a_freeze(
        self, which: int, three: tuple[str, str, str], lifts: Set[str], then: str, reviewer: str | None, *, voted: bool
    ) -> None:
        """The same by a broken glass; it may hold no longer by the time that a worker looks. Somebody reviews it."""
        asker, starter, second = three
        which = self._asked_anew(which)
        self._planned(which, self.book.rule)
        self._freeze(9)
        if voted:
            self.approve(which, "ruth" if second == "amir" else "amir", False)
        self._broken(which, asker, second, {*lifts, "freeze"})
        self.run(which, starter)
        self._then(then, which, 10, starter)
        self._reviewed(reviewer)

    @rule(which=WHICH, **BACK_IN_A_FREEZE)
    def back_in_a_freeze(
        self, which: int, at: int, three: tuple[str, str, str], lifts: Set[str], how: str, reviewer: str | None,
        *, later: bool,
    ) -> None:  # fmt: skip
        """What broke off goes on, or is undone, by a broken glass; the freeze may begin after it was asked for."""
        asker, who, second = three
        if self.change(which).state not in (*HALFWAY, *AFTER):
            which = self._asked_anew(which)
            self._thaw()
            self._all_windows_off()
            self.break_step(which, "broken", at)
            self.hurry(which, "amir", "otto" if second != "otto" else "olu", "")
            if self.change(which).state is S.WAITING:
                self.cancel(which, None)
        if not later:
            self._freeze(3)
        self._broken(which, asker, second, {*lifts, "freeze"} - {"approval"})
        (self.resume if how == "resume" else self.undo)(which, who)
        if later:
            self._freeze(3)
        self.look(which)
        self._reviewed(reviewer)

    @rule(which=WHICH, **WITH_ITS_OWNER)
    def with_its_owner(self, which: int, gift: tuple[str, str], needs: Needs, starter: str, then: str) -> None:
        """The machine is given to a team whose word it takes; whoever gave it wants to have a say, too."""
        giver, team = gift
        which = self._asked_anew(which)
        self._thaw()
        self._all_windows_off()
        if team == self.book.owner:
            self.give_the_machine("ada", TEAMS[team == TEAMS[0]])
        self.give_the_machine(giver, team)
        self._planned(which, needs)
        self._voted(which, giver, "ruth", *sorted(self.book.members[team]))
        self.run(which, starter)
        self._then(then, which, 1, starter)

    its_slot_again, a_freeze_again, back_again = in_its_slot, in_a_freeze, back_in_a_freeze
    """Under two names, and so played twice as often as the rest."""

    def _asked_anew(self, which: int) -> int:
        """That change, or a new one where it is on its way; everybody is well, and the host free where it can be."""
        self.all_is_well()
        if self.change(which).state not in (S.DRAFT, S.PLANNED, S.IN_REVIEW) and len(self.numbers) < self.most:
            self.create(["a", "b"], None)
            which = len(self.numbers) - 1
        for other, number in enumerate(self.numbers):
            if other != which and self.change(other).state is S.WAITING:
                self.cancel(other, None)
            if Change.objects.get(pk=number).state in (S.FAILED, S.CANCELLED, S.UNKNOWN, S.UNDO_FAILED):
                self.close(other, None, "seen to by hand")
        return which

    def _planned(self, which: int, needs: Needs) -> None:
        self.plan(which)
        self.switch_the_policy(True)
        if needs != self.book.rule:
            self.rule_is(needs)
        self.submit(which, None)

    def _voted(self, which: int, *people: str) -> None:
        for who in people:
            if self.change(which).state is S.IN_REVIEW:
                self.approve(which, who, False)

    def _broken(self, which: int, asker: str, second: str, lifts: set[str]) -> None:
        self.ask_for_the_glass(which, asker, lifts, "it cannot wait")
        if any(not pane.second for pane in self.book.panes.values()):
            self.decide_on_the_glass(second, True, True)

    def _reviewed(self, reviewer: str | None) -> None:
        if reviewer != "" and any(pane.owes for pane in self.book.panes.values()):
            self.review(reviewer, "it was right")

    def _freeze(self, hours: int) -> None:
        if not self.book.cold(self.clock.now) and len(self.book.freezes) < 9:
            self.begin_a_freeze(-1, hours, False)

    def _thaw(self) -> None:
        for pk, frost in self.book.freezes.items():
            self._switch(Freeze, pk, frost, False)

    def _then(self, then: str, which: int, halves: int, starter: str) -> None:
        if then == "late":
            self.time_passes(halves)
        elif then == "starter off":
            self.switch(starter, False)
        elif then == "demoted":
            self.change_role("otto", Role.APPROVER)
        elif then == "replanned":
            self.drift("green\n")
            self.look(which)
            self.replan(which, None)
            self._planned(which, self.book.rule)
        elif then:
            self.strikes.between = self._meanwhile(then)
        self.look(which)
        if then == "late":
            self.run(which, starter)
            self.sweep()

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
        who = self.has(actor, Role.OPERATOR) or self._asks_for(actor, change)
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


def beginning(name: str) -> type[TimedRows]:
    """The same where each game begins in one way."""

    class Begun(TimedRows):
        @initialize(names=STEPS, first=scenes(name, least=1))
        def begin(self, names: list[str], first: list[tuple[str, dict[str, Any]]]) -> None:
            TimedRows.begin(self, names, first)

    return Begun
