"""What has to come of a look: what the machine of rows thinks before a worker looks, against what is there after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.models import Entry
from changes.models import Change
from changes.policy import Action
from execution.models import Run
from people.models import User
from people.roles import Role

if TYPE_CHECKING:
    from tests.stateful.rows import Rows


class Gate:
    """What has to come of a change at the gate, as it looks before a worker looks."""

    def __init__(self, game: Rows, change: Change) -> None:
        self.game = game
        self.run = Run.objects.get(change=change, digest=change.digest)
        self.why = game.why_no_start(change, self.run.started_by)
        self.seen = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        colour = game.world / "colour"
        same = change.facts.get("colour") == (colour.read_text() if colour.exists() else "")
        calm = game.strikes.calm_now and same and not game.held_by_another(change)
        self.sure = calm and not (self.run.lease_owner and self.run.lease_until > game.clock.now)

    def judge(self, change: Change) -> None:
        said = Entry.objects.filter(pk__gt=self.seen, object_kind="change", object_id=str(change.pk))
        if said.filter(action="change.gate_refused").exists():
            why = self.why or self.game.why_no_start(change, self.run.started_by)
            assert why, f"#{change.pk} was refused"
            gone = not User.objects.get(pk=self.run.started_by_id).is_active
            self.game.met[f"not started {'in the name of somebody switched off' if gone else why}"] += 1
        if self.sure:
            passed = said.filter(action="change.gate").exists()
            assert passed == (not self.why), f"#{change.pk} {'started' if passed else 'did not start'}: {self.why}"


class Word:
    """What has to come of a resume that no worker took yet, as it looks before a worker looks."""

    def __init__(self, game: Rows, change: Change) -> None:
        self.game, self.change = game, change
        self.run = Run.objects.get(change=change, digest=change.digest)
        self.seen = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.open = bool(self.run.acted_by_id and not self.run.wait_step and not self.run.probing)
        if not self.open:
            return
        self.both = (self.run.acted_by, self.run.started_by)
        self.lacking = {"freeze"} if game.book.cold(game.book.now) else set()
        if not game.half(change) and not game.book.free_to_go_on(change.pk):
            self.lacking.add("window")
        stands = all(game.stands(change, lift, *self.both) for lift in self.lacking)
        self.well = game.has(self.run.acted_by, Role.OPERATOR) and stands

    def judge(self) -> None:
        """Put back, or going on, perhaps by a glass not needed as it was asked for; or the worker died first."""
        if not self.open:
            return
        game, number = self.game, self.change.pk
        said = Entry.objects.filter(pk__gt=self.seen, object_kind="change", object_id=str(number))
        back = said.filter(action="change.gate_refused").exists()
        used = said.filter(action="change.glass_used").exclude(detail__for=Action.CONFIRM).exists()
        begun = not back and Run.objects.get(pk=self.run.pk).acted_by_id is None
        assert not (back and self.well) and not (begun and not self.well), (
            f"#{number} {'put back' if back else 'begun'}"
        )
        game.met["resume put back"] += back
        words = game.book.words.setdefault(number, set())
        new = self.lacking - words
        assert used == bool(new) if begun else not used or new, f"#{number} took a glass: {used}, for {new}"
        if used:
            pane = game.book.pane(number, self.change.digest)
            assert pane and self.well
            words |= new
            game.met["resume under a glass needed since"] += 1
            game.took(pane, self.both[0].username)
