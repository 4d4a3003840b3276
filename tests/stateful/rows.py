"""Any acts in any order, against the real services, gate and engine, with the database and a host of files."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from changes import services as deciding
from changes.models import Approval, ApprovalRule, Change, Transition
from changes.policy import STATES, Action
from changes.policy_forms import RuleForm, rule_save
from changes.services import Denied, Moved, Request, move
from changes.signals import moved
from changes.states import IllegalMove, State
from execution import engine, services
from execution.models import Look, Run, StepRun
from execution.runner import SAID_DONE, SAID_FAILED
from execution.settling import run_settle
from inventory.models import Host
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from people.services import role_grant, role_revoke
from tests.stateful.book import START, Book, Clock, Needs
from tests.stateful.coming import Gate, Word
from tests.stateful.opinion import Opinion
from tests.stateful.strikes import Killed, Strikes
from tests.stateful.toys import effects

S = State
CAST = {
    "rosa": (Role.REQUESTER, Role.VIEWER),
    "ruth": (Role.REQUESTER, Role.APPROVER),
    "amir": (Role.APPROVER,),
    "olu": (Role.OPERATOR,),
    "otto": (Role.OPERATOR, Role.APPROVER),
    "sue": tuple(Role),
    "mallory": (),
    "vic": (Role.VIEWER,),
    "ada": (Role.ADMINISTRATOR,),
}
AUDITED = {
    "change_edit": "change.edited",
    "change_submit": "change.policy",
    "change_approve": "change.approved",
    "change_reject": "change.rejected",
    "change_replan": "change.replanned",
    "run_request": "change.run",
    "run_settle": "change.settle",
    "slot_pick": "change.slot",
    "glass_ask": "change.glass_asked",
    "glass_review": "change.glass_reviewed",
    **{f"run_{verb}": f"change.{verb}" for verb in ("cancel", "confirm", "resume", "look", "probe", "undo", "close")},
}
"""What the audit says of each act; a withdrawal is a move and nothing else."""
NO = (Denied, Moved, IllegalMove)
WHO = st.sampled_from([None, None, None, *CAST])
"""None is whoever is the right one to do it."""
WHICH = st.integers(0, 4)
STEPS = st.lists(st.sampled_from(["a", "b", "wait", "c"]), min_size=1, max_size=3, unique=True)
APPROVERS, STARTERS = st.sampled_from(["amir", "otto", "sue"]), st.sampled_from(["olu", "otto", "sue"])
MEANWHILE = st.sampled_from(["", "", "", "queued", "switched off", "starter off", "demoted", "drift", "in doubt"])
"""What happens before a worker looks; in doubt, nobody submits it yet."""


class Rows(Opinion):
    """A few changes of one host, nine people; `steps` counts what was done in all examples."""

    most: ClassVar[int] = 3

    place: ClassVar[Path]
    strikes: ClassVar[Strikes]
    clock: ClassVar[Clock]
    reached: ClassVar[Counter[str]] = Counter()
    acts: ClassVar[Counter[str]] = Counter()
    worlds = itertools.count(1)

    @initialize(names=STEPS, approver=APPROVERS, starter=STARTERS, meanwhile=MEANWHILE)
    def begin(self, names: list[str], approver: str, starter: str, meanwhile: str) -> None:
        self.lay_out(names)
        self.hurry(0, approver, starter, meanwhile)

    def lay_out(self, names: list[str]) -> None:
        """People, a host, and the first change; all of it is gone after the game."""
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.world = self.place / f"world-{next(self.worlds)}"
        self.world.mkdir()
        (self.world / "journal").touch()
        settings.HOST_ROOT = f"{self.world}/host"
        self.strikes.calm()
        self.clock.now = START
        self.book = Book(self.clock)
        moved.connect(self._on_move, weak=False, dispatch_uid="rows")
        self.people = {name: _person(name, roles) for name, roles in CAST.items()}
        self.names = {user.pk: name for name, user in self.people.items()}
        self.host = Host.objects.create(name="toyhost", address="127.0.0.1", port=2222)
        self.numbers: list[int] = []
        self.made = itertools.count(1)
        self.start_laws()
        self.furnish()
        self.create(names, None)

    def furnish(self) -> None:
        """What else there is before anybody does anything."""

    def teardown(self) -> None:
        moved.disconnect(dispatch_uid="rows")
        if hasattr(self, "outer"):
            for change in self.changes():
                Rows.reached[change.state] += 1
            for (action, _, _), times in self.told.items():
                Rows.acts[action.removeprefix("change.")] += times
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # what people do

    @precondition(lambda self: len(self.numbers) < self.most)
    @rule(names=STEPS, who=WHO)
    def create(self, names: list[str], who: str | None) -> None:
        actor = self.by(who, "rosa")
        if change := self._do(deciding.change_create, actor, self._request(names)):
            self.book.did("change.requested", actor.username, change.pk)
            self.numbers.append(change.pk)

    @rule(which=WHICH, names=st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True), who=WHO)
    def edit(self, which: int, names: list[str], who: str | None) -> None:
        self._try(deciding.change_edit, which, who, "sue", self._request(names))

    @rule(which=WHICH)
    def plan(self, which: int) -> None:
        self._look(engine.plan, self.change(which))

    @rule(which=WHICH, who=WHO)
    def submit(self, which: int, who: str | None) -> None:
        change, actor = self.change(which), self.by(who, "rosa")
        could = change.state is S.PLANNED and self._asks_for(actor, change) and self.book.rule_on
        assert self._try(deciding.change_submit, which, who, "rosa") == could
        if could:
            speaking = frozenset(self.book.speaking() if self.book.rule.owners else ())
            kept = Change.objects.values_list("policy", flat=True).get(pk=change.pk)
            self.book.needs[change.pk] = self.book.rule.frozen(speaking, kept)

    @rule(people=st.integers(1, 2))
    def edit_the_policy(self, people: int) -> None:
        """Whatever waits for approval goes on by what was frozen into it."""
        self.rule_is(Needs(people))

    @rule(which=WHICH, who=WHO, old=st.booleans())
    def approve(self, which: int, who: str | None, old: bool) -> None:
        change, actor = self.change(which), self.by(who, "amir")
        digest = "0" * 64 if old and who else change.digest
        could = change.state in STATES[Action.APPROVE] and digest == change.digest and self._may_decide(actor, change)
        done = self._try(deciding.change_approve, which, who, "amir", digest, "read it")
        if not done and self._gave_it_to_their_own(actor, change):
            self.met["owner's word refused: gave it to themselves"] += 1
        assert done == could, f"{actor.username} {'did' if done else 'could not'} approve #{change.pk}"
        if done and change.state is S.IN_REVIEW:
            assert (self.change(which).state is S.APPROVED) == self._enough(change)

    @rule(which=WHICH, who=WHO, how=st.sampled_from(["reject", "withdraw", "expire"]))
    def give_up(self, which: int, who: str | None, how: str) -> None:
        change, actor = self.change(which), self.by(who, "otto")
        if how == "reject":
            could = change.state is S.IN_REVIEW and self._may_decide(actor, change)
            assert self._try(deciding.change_reject, which, who, "otto", "not so") == could
        elif how == "withdraw":
            self._try(deciding.change_withdraw, which, who, "rosa")
        else:
            with suppress(IllegalMove):
                move(change, S.EXPIRED, None, "Nobody came")

    @rule(which=WHICH, who=WHO)
    def replan(self, which: int, who: str | None) -> None:
        self._try(deciding.change_replan, which, who, "rosa")

    @rule(which=WHICH, who=WHO)
    def run(self, which: int, who: str | None) -> None:
        change, actor = self.change(which), self.by(who, "olu")
        could = change.state in (S.APPROVED, S.BLOCKED) and not self.why_no_start(change, actor)
        assert self._try(services.run_request, which, who, "olu") == could
        slot = self.book.slots.get(change.pk)
        if change.state in (S.APPROVED, S.BLOCKED) and slot and slot[1] <= self.book.now and not could:
            self.met["start refused: its slot was missed"] += 1
        if could:
            self.book.starters.setdefault(change.pk, set()).add(actor.username)

    @rule(which=WHICH, who=WHO)
    def cancel(self, which: int, who: str | None) -> None:
        self._try(services.run_cancel, which, who, "olu")

    @rule(which=WHICH, who=WHO)
    def confirm(self, which: int, who: str | None) -> None:
        """Held by a freeze or a shut window it stays parked, and the word is kept."""
        change, actor = self.change(which), self.by(who, "olu")
        could = change.state is S.WAITING and self.has(actor, Role.OPERATOR)
        goes_on = could and self._may_go_on(change, actor, *self._starters(change))
        assert self._try(services.run_confirm, which, who, "olu") == could
        assert not could or (self.change(which).state is S.RUNNING) == goes_on

    @rule(which=WHICH, who=WHO)
    def resume(self, which: int, who: str | None) -> None:
        """Until something was begun that writes, it is a start."""
        change, actor = self.change(which), self.by(who, "olu")
        if could := change.state in (S.FAILED, S.CANCELLED) and self.has(actor, Role.OPERATOR):
            both, anew = (actor, *self._starters(change)), not self.half(change)
            could = self._met(change, *both) and self._thawed(change, *both)
            could = could and (not anew or self._in_time(change, *both))
        assert self._try(services.run_resume, which, who, "olu") == could
        if could:
            lifts = {"approval", "freeze", "window"} if anew else {"approval", "freeze"}
            self.book.words[change.pk] = self._use(change, lifts, *both)

    @rule(which=WHICH, who=WHO)
    def undo(self, which: int, who: str | None) -> None:
        change, actor = self.change(which), self.by(who, "olu")
        could = change.state in (S.SUCCEEDED, S.FAILED, S.CANCELLED, S.UNDO_FAILED) and self.has(actor, Role.OPERATOR)
        could = could and self._thawed(change, actor) and not self.held_by_another(change)
        assert self._try(services.run_undo, which, who, "olu") == could
        if could:
            self._use(change, {"freeze"}, actor)

    @rule(which=WHICH, who=WHO)
    def ask_again(self, which: int, who: str | None) -> None:
        self._try(services.run_probe, which, who, "olu")

    @rule(
        which=WHICH, who=WHO, said=st.sampled_from([SAID_DONE, SAID_FAILED]), reason=st.sampled_from(["", "I saw it"])
    )
    def look_and_settle(self, which: int, who: str | None, said: str, reason: str) -> None:
        """Somebody says how an unknown step ended, right or wrong."""
        change, actor = self.change(which), self.by(who, "olu")
        self._try(services.run_look, which, None, "olu")
        self.look(which)
        told = Look.objects.filter(run__change=change, told_at__isnull=False).first()
        could = change.state is S.UNKNOWN and bool(reason) and self.has(actor, Role.OPERATOR)
        could = could and bool(told and told.over and StepRun.objects.filter(run=told.run, state="unknown").exists())
        done = self._try(run_settle, which, who, "olu", said, reason, told.told_at if told else None)
        assert done == could, f"{actor.username} {'did' if done else 'could not'} settle #{change.pk}"

    @rule(which=WHICH, who=WHO, reason=st.sampled_from(["", "seen to by hand"]))
    def close(self, which: int, who: str | None, reason: str) -> None:
        self._try(services.run_close, which, who, "olu", reason)

    @rule(which=WHICH, approver=APPROVERS, starter=STARTERS, meanwhile=MEANWHILE)
    def hurry(self, which: int, approver: str, starter: str, meanwhile: str) -> None:
        """Everybody does their part, as on a good day; something may happen before a worker looks."""
        if meanwhile == "in doubt":
            return
        self.plan(which)
        self.submit(which, None)
        self.approve(which, approver, False)
        if self.change(which).state is S.IN_REVIEW:
            self.approve(which, "ruth", False)
        self.run(which, starter)
        if meanwhile == "switched off":
            self.switch(approver, False)
        elif meanwhile == "starter off":
            self.switch(starter, False)
        elif meanwhile == "demoted":
            role_revoke(self.people[approver], Role.APPROVER)
        elif meanwhile == "drift":
            self.drift("green\n")
        if meanwhile != "queued":
            self.look(which)

    # what becomes of people

    @rule(name=st.sampled_from(list(CAST)), active=st.booleans())
    def switch(self, name: str, active: bool) -> None:
        User.objects.filter(username=name).update(is_active=active)

    @rule(name=st.sampled_from(list(CAST)), role=st.sampled_from([Role.APPROVER, Role.OPERATOR, Role.REQUESTER]))
    def change_role(self, name: str, role: Role) -> None:
        user = self.people[name]
        role_revoke(user, role) or role_grant(user, role)

    @rule()
    def all_is_well(self) -> None:
        """Everybody has their roles again, the host its key, and what was broken is mended."""
        User.objects.update(is_active=True)
        for user in User.objects.prefetch_related("groups"):
            now, right = {group.name for group in user.groups.all()}, set(map(str, CAST[user.username]))
            for role in now ^ right:
                (role_grant if role in right else role_revoke)(self.people[user.username], Role(role))
        self.strikes.calm()
        for path in [*self.world.glob("broken-*"), *self.world.glob("stuck-*")]:
            path.unlink()

    # what becomes of the host

    @rule(colour=st.sampled_from(["", "blue\n", "red\n"]))
    def drift(self, colour: str) -> None:
        (self.world / "colour").write_text(colour)

    @rule(changed=st.booleans())
    def host_key(self, changed: bool) -> None:
        self.strikes.key_changed = changed

    @rule(which=WHICH, how=st.sampled_from(["broken", "stuck"]), at=st.integers(0, 2))
    def break_step(self, which: int, how: str, at: int) -> None:
        steps = self.change(which).params["steps"]
        (self.world / f"{how}-{steps[at % len(steps)]}").touch()

    @rule(which=WHICH)
    def what_is_waited_for_comes(self, which: int) -> None:
        """Somebody does what the step waits for; nobody has been asked to before it waits."""
        for run in Run.objects.filter(change=self.change(which), change__status=S.WAITING).exclude(wait_step=""):
            lines = (self.world / "journal").read_text().split()
            if run.wait_step not in lines:
                self._write("effects", f"do {run.wait_step}\n")
                self._write("journal", f"{run.wait_step}\n")
        Run.objects.update(next_poll=None)

    # what workers do

    @rule(which=WHICH)
    def look(self, which: int) -> None:
        """A hint is delivered, for the first time or again."""
        self._look(engine.look, self.change(which))

    @rule(which=WHICH, times=st.integers(2, 3))
    def redeliver(self, which: int, times: int) -> None:
        for _ in range(times):
            self.look(which)

    @rule(which=WHICH, after=st.integers(1, 60), how=st.sampled_from(["kill", "kill", "raise", "lost", "away"]))
    def struck(self, which: int, after: int, how: str) -> None:
        self.strikes.after, self.strikes.how = after, how
        self.look(which)
        self.strikes.after = None

    @rule()
    def leases_run_out(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        Run.objects.exclude(lease_owner="").update(lease_until=past)

    @rule(which=WHICH)
    def wait_too_long(self, which: int) -> None:
        Run.objects.filter(change=self.change(which), wait_until__isnull=False).update(
            wait_until=timezone.now() - timedelta(seconds=1)
        )

    # what came of it

    def _look(self, work: Any, change: Change) -> None:
        """A worker does what there is to do; what came of it had to be approved."""
        before, sent = set(effects(self.world)), self.strikes.commands
        parked = change.state is S.WAITING and self.strikes.between is None
        word_of = parked and Run.objects.filter(change=change, acted_by__isnull=False).exists()
        gate = Gate(self, change) if work is engine.look and change.state is S.QUEUED else None
        word = Word(self, change) if work is engine.look and change.state is S.RUNNING else None
        try:
            work(change.pk)
        except Killed:
            until = timezone.now() + timedelta(seconds=30)
            Run.objects.filter(change=change).update(lease_owner="dead", lease_until=until)
        self.strikes.between = None
        if self.strikes.key_changed:
            assert self.strikes.commands == sent, "a host whose key changed was sent a command"
        new = set(effects(self.world)) - before
        change = Change.objects.get(pk=change.pk)
        if gate:
            gate.judge(change)
        if word:
            word.judge()
        self.hear()
        run = Run.objects.filter(change=change, digest=change.digest).first()
        if run and parked and change.state is not S.WAITING and any(word.startswith("do ") for word in new):
            assert self._may_go_on(change, *self._starters(change)), f"#{change.pk} went on outside its time"
            assert word_of or self.has(run.started_by, Role.OPERATOR), f"#{change.pk} went on by nobody's word"
        for effect in new:
            assert effect.split()[1] in change.params["steps"], effect
            assert run and self._approved_once(change, run), f"{effect} was not approved"

    def _on_move(self, change: Change, new: S, **_: object) -> None:
        """In the transaction that starts it."""
        if (change.state, new) == (S.GATING, S.RUNNING):
            run = Run.objects.get(change=change, digest=change.digest)
            if why := self.why_no_start(change, run.started_by):
                self.book.wrong.append(f"#{change.pk} started {why}")
            took = self._use(change, {"approval", "freeze", "window"}, run.started_by)
            self._count_start(change, took)

    def _count_start(self, change: Change, took: set[str]) -> None:
        needs = self.book.needs[change.pk]
        seen = {
            "started": True,
            "started in a window": self.book.counting() and "window" not in took,
            "started in its slot": change.pk in self.book.slots and "window" not in took,
            "started by a glass": took,
            "started with an owner's word": needs.owners and "approval" not in took,
        }
        self.met.update(what for what, so in seen.items() if so)

    def _approved_once(self, change: Change, run: Run) -> bool:
        """Somebody not involved said yes to the very text that is stored, and the gate was passed with it."""
        digest = hashlib.sha256(change.plan_json.encode()).hexdigest()
        votes = Approval.objects.filter(change=change, decision=Approval.APPROVED, digest=digest)
        votes = votes.exclude(approver__in=[change.requester_id, change.editor_id, run.started_by_id])
        needs = self.book.needs[change.pk]
        enough = votes.values("approver").distinct().count() >= needs.people + needs.owners > 0
        stood_in = any(
            pane.hands and "approval" in pane.lifts for pane in self.book.panes.values()
            if (pane.change, pane.digest) == (change.pk, digest)
        )  # fmt: skip
        passed = Transition.objects.filter(change=change, old=S.GATING, new=S.RUNNING)
        return (enough or stood_in) and run.digest == digest and passed.exists()

    # how it is done

    def _try(self, act: Callable[..., Any], which: int, who: str | None, right: str, *words: Any) -> bool:
        actor, change = self.by(who, right), self.change(which)
        return self._did(act, actor, change, change.pk, *words)

    def _did(self, act: Callable[..., Any], actor: User, on: Any, number: int, *words: Any) -> bool:
        """Whether the act was done; what it was is to be in the audit."""
        if self._do(act, actor, on, *words) is None:
            return False
        if action := AUDITED.get(act.__name__):
            self.book.did(action, actor.username, number)
        return True

    def _do(self, act: Callable[..., Any], actor: User, *words: Any, **more: Any) -> Any:
        """What it gave, or True for nothing; None where it was refused, which is to be in the audit."""
        try:
            return act(actor, *words, **more) or True
        except Denied as no:
            self.book.did("change.denied", actor.username, no.change.pk if no.change else "")
        except NO:
            pass
        return None

    def rule_is(self, needs: Needs) -> None:
        """Ada edits the one rule of approval."""
        row = self.rule_row()
        said = {"people_needed": needs.people, "owners_needed": needs.owners, "hours": needs.hours}
        form = RuleForm({**model_to_dict(row), **said}, instance=row)
        assert form.is_valid(), form.errors
        rule_save(form, actor_of(self.people["ada"]))
        self.book.rule = needs
        self.book.did("policy.edit", "ada", row.pk)

    def rule_row(self) -> ApprovalRule:
        return ApprovalRule.objects.get()

    def _write(self, name: str, line: str) -> None:
        with (self.world / name).open("a") as file:
            file.write(line)

    def _request(self, names: list[str]) -> Request:
        number = next(self.made)
        steps = [f"{name}{number}" for name in names]
        params = {"host": "toyhost", "world": str(self.world), "steps": steps, "vm": f"vm{number}"}
        return Request("toys", params, self.host.pk, None, "to see it work")

    def change(self, which: int) -> Change:
        return Change.objects.get(pk=self.numbers[which % len(self.numbers)])


def _person(name: str, roles: tuple[Role, ...]) -> User:
    user = User.objects.create(username=name, display_name=name, is_superuser=name == "sue")
    for role in roles:
        role_grant(user, role)
    return user
