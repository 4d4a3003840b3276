"""The rows of a change's list of steps: the plan, and what came of each step in its present run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from changes.plan import LOW, Call, Plan, Step
from changes.states import STEP_BROKEN, STEP_DONE, Label, StepState
from execution.logs import Line, tails
from execution.messages import log_key
from execution.models import DO, UNDO, LogChunk, Run, StepRun
from pages.next_thing import Button

TAIL = 300
"""Lines of each step's log that the page carries; the whole log is one link away."""

LAST_WORDS = 8
BUSY = frozenset({StepState.CHECKING, StepState.RUNNING, StepState.WAITING, StepState.VERIFYING})


@dataclass(frozen=True, slots=True)
class Part:
    """A step's doing, or its undoing: its row in the database and the end of its log."""

    row: StepRun
    lines: tuple[Line, ...]
    log_key: str

    @property
    def state(self) -> StepState:
        return StepState(self.row.state)

    @property
    def label(self) -> Label:
        label = self.row.label
        return replace(label, word=f"undo: {label.word}") if self.row.phase == UNDO else label

    @property
    def busy(self) -> bool:
        return self.state in BUSY

    @property
    def broken(self) -> bool:
        return self.state in STEP_BROKEN

    @property
    def cut(self) -> bool:
        """Whether the log has earlier lines than the page carries."""
        return len(self.lines) == TAIL

    @property
    def last_words(self) -> tuple[str, ...]:
        """The host's own last lines."""
        said = [line.text for line in self.lines if line.stream == LogChunk.OUT]
        return tuple(said[-LAST_WORDS:])


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the plan. `do` and `undo` are None where the run has not come to them."""

    number: int
    step: Step
    do: Part | None = None
    undo: Part | None = None
    open: bool = False
    buttons: tuple[Button, ...] = ()
    stands: str = ""
    """What is true on the host, said where a run broke."""

    @property
    def now(self) -> Part | None:
        """The part that the run is concerned with: the undo once it was begun."""
        return self.undo or self.do

    @property
    def tone(self) -> str:
        if self.now:
            return self.now.label.tone
        return "neutral"

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for part in (self.do, self.undo) if part)

    @property
    def risky(self) -> bool:
        return self.step.danger != LOW

    @property
    def announce(self) -> str:
        part = self.now
        return f"Step {self.number}, {self.step.title}: {part.label.word}." if part and part.busy else ""


def step_rows(plan: Plan, run: Run | None, *, reading: bool = False) -> list[Row]:
    """Each step with its parts; two queries. `reading` opens what an approver has to look at closely."""
    if run is None:
        return [Row(n, step, open=reading and _close_look(step)) for n, step in enumerate(plan.steps, 1)]
    parts = _parts(run)
    rows = [
        Row(number, step, parts.get((DO, step.key)), parts.get((UNDO, step.key)))
        for number, step in enumerate(plan.steps, 1)
    ]
    at = row_at(rows, run.phase)
    return [replace(row, open=_open(row, at)) for row in rows]


def row_at(rows: Sequence[Row], phase: str) -> Row | None:
    """The row that the run is at: the busy or broken one, else the next to come; None if it is through."""
    parts = [(row, row.undo if phase == UNDO else row.do) for row in rows]
    if phase == UNDO:
        parts.reverse()
    met = [(row, part) for row, part in parts if part]
    for row, part in met:
        if part.busy or part.broken:
            return row
    return next((row for row, part in met if part.state is StepState.PENDING), None)


def done_count(rows: Sequence[Row], phase: str) -> tuple[int, int]:
    """How many steps of the phase are done, and of how many."""
    parts = [part for row in rows if (part := row.undo if phase == UNDO else row.do)]
    return sum(part.state in STEP_DONE | {StepState.UNDONE} for part in parts), len(parts)


def what_stands(rows: Sequence[Row], at: Row | None, phase: str) -> str:
    """What is true on the host when a run stopped at a row."""
    if phase == UNDO:
        back = [row.number for row in rows if row.undo and row.undo.state in STEP_DONE and not row.undo.row.said]
        left = [row.number for row in rows if row.undo and row.undo.state not in STEP_DONE]
        return f"Taken back: {_numbers(back)}. Not taken back: {_numbers(left)}.{_word(rows, phase)}"
    done = [row.number for row in rows if row.do and row.do.state in STEP_DONE and not row.do.row.said]
    waiting = [row.number for row in rows if row.do and row.do.state is StepState.PENDING and row is not at]
    return f"Done and verified: {_numbers(done)}. Not begun: {_numbers(waiting)}.{_word(rows, phase)}"


def _word(rows: Sequence[Row], phase: str) -> str:
    """What counts as done because a person said so; the host has not been asked since."""
    parts = [(row.number, row.undo if phase == UNDO else row.do) for row in rows]
    said = [number for number, part in parts if part and part.row.said and part.state in STEP_DONE]
    return f" Done by a person’s word alone: {_numbers(said)}." if said else ""


def begun(rows: Sequence[Row]) -> frozenset[str]:
    """Keys of the steps that are done, or were sent to the host at least once."""
    return frozenset(row.step.key for row in rows if row.do and (row.do.state in STEP_DONE or row.do.row.attempt))


def done(rows: Sequence[Row]) -> frozenset[str]:
    """Keys of the steps that are done."""
    return frozenset(row.step.key for row in rows if row.do and row.do.state in STEP_DONE)


def touched(rows: Sequence[Row]) -> frozenset[str]:
    """Of these, the ones that an undo would take back."""
    return begun(rows) & {row.step.key for row in rows if row.step.undo}


def calls(step: Step) -> list[tuple[str, Call]]:
    """What a step runs, and what its undo runs, with a word for each."""
    undo = step.undo.command if step.undo else None
    return [(word, call) for word, call in (("Command", step.command), ("Undo", undo)) if call]


def references(plan: Plan) -> list[str]:
    """Typed references in the plan's commands, `run_dir` first, by kind and each once."""
    names = {name.partition(":")[0] for step in plan.steps for _, call in calls(step) for name in call.references()}
    return sorted(names, key=lambda name: (name != "run_dir", name))


def _parts(run: Run) -> Mapping[tuple[str, str], Part]:
    rows = list(StepRun.objects.filter(run=run))
    lines = tails(run, TAIL)
    return {(row.phase, row.key): Part(row, lines.get(row.pk, ()), log_key(row.phase, row.key)) for row in rows}


def _open(row: Row, at: Row | None) -> bool:
    return any(part.busy or part.broken for part in row.parts) or (at is not None and row.number == at.number)


def _close_look(step: Step) -> bool:
    return step.danger != LOW or any(file.before is not None for file in step.files)


def _numbers(numbers: Sequence[int]) -> str:
    """Step numbers in words: `steps 1–5, 7`; `none`."""
    if not numbers:
        return "none"
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    words = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)
    return f"step{'s' if len(numbers) > 1 else ''} {words}"
