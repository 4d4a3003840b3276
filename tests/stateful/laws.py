"""What is true after every act of the machine of rows, whoever did what before: each law is a sentence.

They look at the rows, at the host's own journal, and at the book of what people did (`tests.stateful.book`).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from audit.models import Entry
from audit.selectors import verify
from audit.services import SYSTEM, seal
from changes.glasses import reviews_open
from changes.models import Change, Glass, Lock, PickedSlot, Transition
from changes.policy import Action
from changes.states import HOLDS_HOST, TRANSITIONS, State
from tests.conftest import SEES_ALL
from tests.stateful.book import GLASS_HOLDS, Book
from tests.stateful.toys import effects

S = State


class Laws(RuleBasedStateMachine):
    """`steps` counts how often they were asked, `met` how often what matters came up, both in all examples."""

    steps: ClassVar[int] = 0
    met: ClassVar[Counter[str]] = Counter()
    book: Book
    world: Path
    names: dict[int, str]

    def start_laws(self) -> None:
        self.fence, self.heard, self.sealed, self.moved = 0, 0, 0, 0
        self.told: Counter[tuple[str, str, str]] = Counter()
        self.at: dict[int, State] = {}

    def went_on(self, change: int, who: str) -> None:
        """The audit says that a run which waited, or was probed, took a broken glass; what the game thinks of that."""
        raise NotImplementedError

    def changes(self) -> list[Change]:
        return list(Change.objects.order_by("pk"))

    @invariant()
    def every_move_is_in_the_table_and_in_the_history(self) -> None:
        Laws.steps += 1
        self._hear_moves()
        for change in self.changes():
            assert self.at.get(change.pk, S.DRAFT) is change.state, (change.pk, change.state)

    @invariant()
    def one_change_at_a_time_holds_the_host(self) -> None:
        holding = [change.pk for change in self.changes() if change.state in HOLDS_HOST]
        lock = Lock.objects.filter(key="host:toyhost").first()
        assert holding == ([lock.holder_id] if lock and lock.holder_id else []), (holding, lock and lock.holder_id)
        assert (lock.fence if lock else 0) >= self.fence, "a fence went down"
        self.fence = lock.fence if lock else 0

    @invariant()
    def each_effect_came_once(self) -> None:
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
    def nothing_starts_outside_its_time_or_unapproved_but_by_a_glass_of_that_plan(self) -> None:
        """Asked in the moment of the start: slot, windows, freezes, approvals without whoever asked, edited or
        started; else a glass of that digest, not four hours old, by a second person who still may.
        """
        assert self.book.wrong == []

    @invariant()
    def every_act_that_decides_is_in_the_audit_and_nothing_else_is(self) -> None:
        self._hear_moves()
        self.hear()
        assert self.told == self.book.acts, (self.told - self.book.acts, self.book.acts - self.told)

    @invariant()
    def the_audit_holds(self) -> None:
        if self.heard != self.sealed:
            seal()
            assert verify() == []
            self.sealed = self.heard

    @invariant()
    def what_was_frozen_into_a_change_stays_so(self) -> None:
        for change in self.changes():
            if (needs := self.book.needs.get(change.pk)) is not None:
                assert change.policy == needs.kept, f"the policy of #{change.pk} moved"

    @invariant()
    def a_glass_is_what_two_people_said_and_holds_four_hours(self) -> None:
        rows = {row.pk: row for row in Glass.objects.select_related("change")}
        assert rows.keys() == self.book.panes.keys()
        for pk, pane in self.book.panes.items():
            row = rows[pk]
            said = (row.digest, set(row.lifts), self.names[row.asked_by_id], row.granted, row.until)
            assert said == (pane.digest, pane.lifts, pane.asker, pane.granted, pane.until), f"glass of #{pane.change}"
            assert not row.granted or row.until == row.decided_at + GLASS_HOLDS
            second, reviewer = self.names.get(row.decided_by_id or 0, ""), self.names.get(row.reviewed_by_id or 0, "")
            assert (second, reviewer) == (pane.second, pane.reviewer)
            apart = {pane.asker, self.names[row.change.requester_id], self.names[row.change.editor_id], *pane.hands}
            assert not row.used_at or second not in {*apart, "sue"}, f"{second} broke their own glass"

    @invariant()
    def a_review_is_owed_from_the_first_use_until_somebody_else_writes_it(self) -> None:
        owed = set(reviews_open(SEES_ALL).values_list("pk", flat=True))
        assert owed == {pk for pk, pane in self.book.panes.items() if pane.owes}
        for row in Glass.objects.filter(reviewed_at__isnull=False).select_related("change"):
            pane = self.book.panes[row.pk]
            parties = {pane.asker, pane.second, *pane.hands, *self.book.starters.get(pane.change, ())}
            own = {self.names[row.change.requester_id], self.names[row.change.editor_id]}
            assert pane.reviewer not in parties | own, f"{pane.reviewer} reviewed what was theirs"

    @invariant()
    def a_slot_is_moved_by_nobody_but_who_picks_it(self) -> None:
        rows = {row.change_id: (row.starts, row.ends) for row in PickedSlot.objects.all()}
        assert rows == self.book.slots

    def hear(self) -> None:
        """Whatever is in the audit since."""
        for row in Entry.objects.filter(pk__gt=self.heard).order_by("pk"):
            self.heard = row.pk
            if row.action == "change.glass_used" and row.detail["for"] in (Action.CONFIRM, Action.PROBE):
                self.went_on(int(row.object_id), row.actor_name)
            if row.object_kind != "user" and row.action != "change.gate_refused":
                self.told[row.action, row.actor_name, row.object_id] += 1

    def _hear_moves(self) -> None:
        """Whatever moved since: by the table, and to be in the audit."""
        for row in Transition.objects.filter(pk__gt=self.moved).select_related("actor").order_by("pk"):
            old = self.at.get(row.change_id, S.DRAFT)
            assert row.old == old and S(row.new) in TRANSITIONS[old], (row.change_id, old, row.old, row.new)
            self.at[row.change_id], self.moved = S(row.new), row.pk
            self.book.did("change.moved", row.actor.username if row.actor else SYSTEM, row.change_id)
            if (row.old, row.new) == (S.GATING, S.RUNNING):
                self.book.did("change.gate", SYSTEM, row.change_id)
