"""Any acts in any order, against the real services, gate and engine, with the database and a host of files."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from audit.selectors import verify
from audit.services import seal
from changes import services as deciding
from changes.models import Approval, ApprovalRule, Change, Lock, Transition
from changes.policy import STATES, Action
from changes.services import Denied, Moved, Request, move
from changes.states import HOLDS_HOST, TRANSITIONS, IllegalMove, State
from execution import engine, services
from execution.models import Look, Run, StepRun
from execution.runner import SAID_DONE, SAID_FAILED
from execution.settling import run_settle
from inventory.models import Host
from people.models import User
from people.roles import Role
from people.services import role_grant, role_revoke
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
}
NO = (Denied, Moved, IllegalMove)
WHO = st.sampled_from([None, None, None, *CAST])
"""None is whoever is the right one to do it."""
WHICH = st.integers(0, 2)
APPROVERS, STARTERS = st.sampled_from(["amir", "otto", "sue"]), st.sampled_from(["olu", "otto", "sue"])
MEANWHILE = st.sampled_from(["", "", "", "queued", "switched off", "demoted", "drift", "in doubt"])
"""What happens before a worker looks; in doubt, nobody submits it yet."""
MOST = 3


class Rows(RuleBasedStateMachine):
    """Up to three changes of one host, seven people; `steps` counts what was done in all examples."""

    place: ClassVar[Path]
    strikes: ClassVar[Strikes]
    steps: ClassVar[int] = 0
    reached: ClassVar[Counter[str]] = Counter()
    worlds = itertools.count(1)

    @initialize(
        names=st.lists(st.sampled_from(["a", "b", "wait", "c"]), min_size=1, max_size=3, unique=True),
        approver=APPROVERS,
        starter=STARTERS,
        meanwhile=MEANWHILE,
    )
    def begin(self, names: list[str], approver: str, starter: str, meanwhile: str) -> None:
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.world = self.place / f"world-{next(self.worlds)}"
        self.world.mkdir()
        (self.world / "journal").touch()
        settings.HOST_ROOT = f"{self.world}/host"
        self.strikes.calm()
        self.people = {name: _person(name, roles) for name, roles in CAST.items()}
        self.host = Host.objects.create(name="toyhost", address="127.0.0.1", port=2222)
        self.numbers: list[int] = []
        self.fence, self.seen, self.made = 0, 0, itertools.count(1)
        self.create(names, None)
        self.hurry(0, approver, starter, meanwhile)

    def teardown(self) -> None:
        if hasattr(self, "outer"):
            for change in self.changes():
                Rows.reached[change.state] += 1
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # what people do

    @precondition(lambda self: len(self.numbers) < MOST)
    @rule(names=st.lists(st.sampled_from(["a", "b", "wait", "c"]), min_size=1, max_size=3, unique=True), who=WHO)
    def create(self, names: list[str], who: str | None) -> None:
        try:
            change = deciding.change_create(self.by(who, "rosa"), self._request(names))
        except Denied:
            return
        self.numbers.append(change.pk)

    @rule(which=WHICH, names=st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True), who=WHO)
    def edit(self, which: int, names: list[str], who: str | None) -> None:
        self._try(deciding.change_edit, which, who, "sue", self._request(names))

    @rule(which=WHICH)
    def plan(self, which: int) -> None:
        self._look(engine.plan, self.change(which))

    @rule(which=WHICH, who=WHO)
    def submit(self, which: int, who: str | None) -> None:
        self._try(deciding.change_submit, which, who, "rosa")

    @rule(people=st.integers(1, 2))
    def edit_the_policy(self, people: int) -> None:
        """Whatever waits for approval goes on by what was frozen into it."""
        ApprovalRule.objects.update(people_needed=people)

    @rule(which=WHICH, who=WHO, old=st.booleans())
    def approve(self, which: int, who: str | None, old: bool) -> None:
        change, actor = self.change(which), self.by(who, "amir")
        digest = "0" * 64 if old and who else change.digest
        could = change.state in STATES[Action.APPROVE] and digest == change.digest and self._may_decide(actor, change)
        could = could and not change.approvals.filter(approver=actor, digest=digest).exists()
        done = self._try(deciding.change_approve, which, who, "amir", digest, "read it")
        assert done == could, f"{actor.username} {'did' if done else 'could not'} approve #{change.pk}"

    @rule(which=WHICH, who=WHO, how=st.sampled_from(["reject", "withdraw", "expire"]))
    def give_up(self, which: int, who: str | None, how: str) -> None:
        change, actor = self.change(which), self.by(who, "otto")
        if how == "reject":
            could = change.state is S.IN_REVIEW and self._may_decide(actor, change)
            could = could and not change.approvals.filter(approver=actor, digest=change.digest).exists()
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
        could = change.state in (S.APPROVED, S.BLOCKED) and self._has(actor, Role.OPERATOR)
        could = could and len(self._counting(change, actor)) >= change.needs.seats
        assert self._try(services.run_request, which, who, "olu") == could

    @rule(which=WHICH, who=WHO)
    def cancel(self, which: int, who: str | None) -> None:
        self._try(services.run_cancel, which, who, "olu")

    @rule(which=WHICH, who=WHO)
    def confirm(self, which: int, who: str | None) -> None:
        self._try(services.run_confirm, which, who, "olu")

    @rule(which=WHICH, who=WHO)
    def resume(self, which: int, who: str | None) -> None:
        change, actor = self.change(which), self.by(who, "olu")
        could = change.state in (S.FAILED, S.CANCELLED) and self._has(actor, Role.OPERATOR)
        run = Run.objects.filter(change=change).first()
        could = could and run is not None and len(self._counting(change, actor, run.started_by)) >= change.needs.seats
        assert self._try(services.run_resume, which, who, "olu") == could

    @rule(which=WHICH, who=WHO)
    def undo(self, which: int, who: str | None) -> None:
        self._try(services.run_undo, which, who, "olu")

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
        could = change.state is S.UNKNOWN and bool(reason) and self._has(actor, Role.OPERATOR)
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
        for name, roles in CAST.items():
            User.objects.filter(username=name).update(is_active=True)
            for role in Role:
                (role_grant if role in roles else role_revoke)(self.people[name], role)
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

    # what has to be true

    @invariant()
    def every_move_is_in_the_table_and_in_the_history(self) -> None:
        if not hasattr(self, "numbers"):
            return
        Rows.steps += 1
        for change in self.changes():
            at = S.DRAFT
            for row in Transition.objects.filter(change=change).order_by("pk"):
                assert row.old == at and S(row.new) in TRANSITIONS[at], (change.pk, row.old, row.new)
                at = S(row.new)
            assert at is change.state, (change.pk, at, change.state)

    @invariant()
    def one_change_at_a_time_holds_the_host(self) -> None:
        if not hasattr(self, "numbers"):
            return
        holding = [change.pk for change in self.changes() if change.state in HOLDS_HOST]
        lock = Lock.objects.filter(key="host:toyhost").first()
        assert holding == ([lock.holder_id] if lock and lock.holder_id else []), (holding, lock and lock.holder_id)
        assert (lock.fence if lock else 0) >= self.fence, "a fence went down"
        self.fence = lock.fence if lock else 0

    @invariant()
    def each_effect_came_once(self) -> None:
        if not hasattr(self, "numbers"):
            return
        done = Counter(effects(self.world))
        assert not [effect for effect, times in done.items() if times > 1], done
        names = [word.removeprefix("do ") for word in done if word.startswith("do ")]
        there = {name for name in names if not done[f"undo {name}"]}
        assert sorted(there) == sorted((self.world / "journal").read_text().split())
        for change in self.changes():
            own = {name for name in change.params["steps"] if not name.startswith("wait")}
            if change.state is S.UNDONE:
                assert not own & there, f"#{change.pk} is undone, but {own & there} stand"
            if change.state is S.SUCCEEDED:
                assert own <= there, f"#{change.pk} succeeded, but {own - there} are not there"

    @invariant()
    def the_audit_holds(self) -> None:
        if hasattr(self, "numbers"):
            seal()
            assert verify() == []

    # how it is done

    def _look(self, work: Any, change: Change) -> None:
        """A worker does what there is to do; what came of it had to be approved."""
        before, sent = set(effects(self.world)), self.strikes.commands
        moved = Transition.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            work(change.pk)
        except Killed:
            until = timezone.now() + timedelta(seconds=30)
            Run.objects.filter(change=change).update(lease_owner="dead", lease_until=until)
        if self.strikes.key_changed:
            assert self.strikes.commands == sent, "a host whose key changed was sent a command"
        new = set(effects(self.world)) - before
        change = Change.objects.get(pk=change.pk)
        run = Run.objects.filter(change=change).first()
        if run and Transition.objects.filter(change=change, pk__gt=moved, new=S.RUNNING, old=S.GATING).exists():
            votes = self._counting(change, run.started_by)
            assert len(votes) >= change.needs.seats > 0, f"#{change.pk} passed the gate without its approvals"
            assert self._has(run.started_by, Role.OPERATOR), f"#{change.pk} started in the name of no operator"
        for effect in new:
            assert effect.split()[1] in change.params["steps"], effect
            assert run and self._approved_once(change, run), f"{effect} was not approved"

    def _approved_once(self, change: Change, run: Run) -> bool:
        """Somebody not involved said yes to the very text that is stored, and the gate was passed with it."""
        digest = hashlib.sha256(change.plan_json.encode()).hexdigest()
        votes = Approval.objects.filter(change=change, decision=Approval.APPROVED, digest=digest)
        votes = votes.exclude(approver__in=[change.requester_id, change.editor_id, run.started_by_id])
        passed = Transition.objects.filter(change=change, old=S.GATING, new=S.RUNNING)
        return votes.count() >= change.needs.seats > 0 and run.digest == digest and passed.exists()

    def _counting(self, change: Change, *triggers: User) -> list[int]:
        involved = {change.requester_id, change.editor_id, *(trigger.pk for trigger in triggers)}
        votes = Approval.objects.filter(
            change=change, decision=Approval.APPROVED, digest=change.digest, approver__is_active=True,
            approver__groups__name=Role.APPROVER,
        )  # fmt: skip
        return [vote.pk for vote in votes if vote.approver_id not in involved]

    def _may_decide(self, actor: User, change: Change) -> bool:
        return self._has(actor, Role.APPROVER) and actor.pk not in (change.requester_id, change.editor_id)

    def _has(self, user: User, role: Role) -> bool:
        return User.objects.filter(pk=user.pk, is_active=True, groups__name=role).exists()

    def _try(self, act: Any, which: int, who: str | None, right: str, *words: Any) -> bool:
        try:
            act(self.by(who, right), self.change(which), *words)
        except NO:
            return False
        return True

    def _write(self, name: str, line: str) -> None:
        with (self.world / name).open("a") as file:
            file.write(line)

    def _request(self, names: list[str]) -> Request:
        number = next(self.made)
        steps = [f"{name}{number}" for name in names]
        params = {"host": "toyhost", "world": str(self.world), "steps": steps, "vm": f"vm{number}"}
        return Request("toys", params, self.host.pk, None, "to see it work")

    def by(self, who: str | None, right: str) -> User:
        return User.objects.get(username=who or right)

    def change(self, which: int) -> Change:
        return Change.objects.get(pk=self.numbers[which % len(self.numbers)])

    def changes(self) -> list[Change]:
        return list(Change.objects.order_by("pk"))


def _person(name: str, roles: tuple[Role, ...]) -> User:
    user = User.objects.create(username=name, display_name=name, is_superuser=name == "sue")
    for role in roles:
        role_grant(user, role)
    return user
