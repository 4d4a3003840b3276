"""What the machine of rows itself thinks of who may do what now: by its own book and plain rows, never by the gate."""

from __future__ import annotations

from datetime import datetime

from changes.models import Approval, Change
from changes.states import HOLDS_HOST, State
from execution.models import Run, StepRun
from people.models import User
from people.roles import Role
from tests.stateful.book import Pane
from tests.stateful.laws import Laws

S = State


class Opinion(Laws):
    """Of changes, in the names of people; `out` are people who count for nothing in what is asked."""

    def why_no_start(self, change: Change, starter: User) -> str:
        """What stands against a start in that name now; empty where nothing does."""
        held = {
            "in the name of no operator": self.has(starter, Role.OPERATOR),
            "without its approvals": self._met(change, starter),
            "outside its time": self._in_time(change, starter),
        }
        return " and ".join(why for why, well in held.items() if not well)

    def _met(self, change: Change, *out: User) -> bool:
        return self._enough(change, *out) or self.stands(change, "approval", *out)

    def _thawed(self, change: Change, *out: User) -> bool:
        return not self.book.cold(self.book.now) or self.stands(change, "freeze", *out)

    def _in_time(self, change: Change, *out: User) -> bool:
        return self._thawed(change, *out) and (self.book.free(change.pk) or self.stands(change, "window", *out))

    def _enough(self, change: Change, *out: User) -> bool:
        """Whether the frozen policy is met by people as they are now, `out` not among them."""
        needs = self.book.needs.get(change.pk)
        if needs is None:
            return False
        voters = [user for user, at in self._votes(change) if needs.fresh(at, self.book.now)]
        voters = [user for user in dict.fromkeys(voters) if user.is_active and not self._own(user, change, *out)]
        speaking = {who for who, _ in needs.speaking & self.book.speaking()}
        people = [user.username for user in voters if self.has(user, Role.APPROVER)]
        return needs.seated(people, [user.username for user in voters if user.username in speaking])

    def _votes(self, change: Change) -> list[tuple[User, datetime]]:
        rows = Approval.objects.filter(change=change, decision=Approval.APPROVED, digest=change.digest)
        return [(row.approver, row.at) for row in rows.select_related("approver")]

    def stands(self, change: Change, lift: str, *out: User) -> bool:
        """Whether a second person without a part in it broke the glass for this plan, for that, and still may."""
        pane = self.book.pane(change.pk, change.digest)
        if pane is None or not pane.granted or lift not in pane.lifts:
            return False
        second, asker = self.by(pane.second, ""), self.by(pane.asker, "")
        apart = second not in (asker, *out) and self._may_stand_in(second, change)
        return apart and self.has(asker, Role.OPERATOR)

    def _may_stand_in(self, user: User, change: Change) -> bool:
        return self.has(user, Role.APPROVER) and user.username != "sue" and not self._own(user, change)

    def _may_go_on(self, change: Change, *out: User) -> bool:
        """Of what waits for a person: where it writes afterwards no freeze lets it, and no shut window before that."""
        run = Run.objects.get(change=change, digest=change.digest)
        steps = change.params["steps"]
        if all(name.startswith("wait") for name in steps[steps.index(run.wait_step) if run.wait_step else 0 :]):
            return True
        free = self.half(change) or self.book.free_to_go_on(change.pk) or self.stands(change, "window", *out)
        return self._thawed(change, *out) and free

    def half(self, change: Change) -> bool:
        """Whether a step that writes was begun."""
        rows = StepRun.objects.filter(run__change=change, phase="do", attempt__gt=0)
        return rows.exclude(key__startswith="wait").exists()

    def _starters(self, change: Change) -> list[User]:
        return [Run.objects.get(change=change, digest=change.digest).started_by]

    def went_on(self, change: int, who: str) -> None:
        """A run that waited took a broken glass to go on: it had to be there, and for one who is no part of it."""
        row = Change.objects.get(pk=change)
        pane = self.book.pane(change, row.digest)
        assert pane and any(self.stands(row, lift, self.by(who, "")) for lift in ("freeze", "window"))
        self.took(pane, who)

    def took(self, pane: Pane, who: str) -> None:
        self.met["review owed"] += not pane.hands
        pane.hands.add(who)
        self.book.did("change.glass_used", who, pane.change)

    def _use(self, change: Change, lifts: set[str], actor: User, *others: User) -> set[str]:
        """It starts, or goes on: what it took a broken glass for, if anything, owes a review from now on."""
        out, lacking = (actor, *others), set()
        lacking |= {"approval"} - ({"approval"} if self._enough(change, *out) else set())
        lacking |= {"freeze"} if self.book.cold(self.book.now) else set()
        lacking |= set() if self.book.free(change.pk) else {"window"}
        took = {lift for lift in lacking & lifts if self.stands(change, lift, *out)}
        if took:
            pane = self.book.pane(change.pk, change.digest)
            assert pane
            self.took(pane, actor.username)
        return took

    def _may_decide(self, actor: User, change: Change) -> bool:
        needs = self.book.needs.get(change.pk)
        if needs is None or not self.by(actor.username, "").is_active or self._own(actor, change):
            return False
        voted = any(user == actor and needs.fresh(at, self.book.now) for user, at in self._votes(change))
        speaks = any(who == actor.username for who, _ in needs.speaking)
        return not voted and (bool(needs.people and self.has(actor, Role.APPROVER)) or speaks)

    def _gave_it_to_their_own(self, actor: User, change: Change) -> bool:
        needs, book = self.book.needs.get(change.pk), self.book
        asked = needs is not None and needs.owners > 0 and change.state is S.IN_REVIEW
        return asked and actor.username == book.giver and actor.username in book.members.get(book.owner, ())

    def _own(self, user: User, change: Change, *out: User) -> bool:
        return user.pk in (change.requester_id, change.editor_id, *(one.pk for one in out))

    def _asks_for(self, actor: User, change: Change) -> bool:
        own = actor.pk == change.requester_id and self.has(actor, Role.REQUESTER)
        return own or self.has(actor, Role.ADMINISTRATOR)

    def held_by_another(self, change: Change) -> bool:
        return any(one.state in HOLDS_HOST for one in self.changes() if one.pk != change.pk)

    def has(self, user: User, role: Role) -> bool:
        return User.objects.filter(pk=user.pk, is_active=True, groups__name=role).exists()

    def by(self, who: str | None, right: str) -> User:
        return User.objects.get(username=who or right)

    def changes(self) -> list[Change]:
        return list(Change.objects.order_by("pk"))
