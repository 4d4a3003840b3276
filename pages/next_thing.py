"""The one thing to do next on a change, for the person who looks, as a sentence with its buttons. Pure.

One function for each state. Buttons appear only where the policy says yes; where it says no to
what everybody waits for, the sentence names who may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from changes.policy import Action, Decision
from changes.states import LABELS, State
from execution.runner import SAID_DONE, SAID_FAILED


@dataclass(frozen=True, slots=True)
class Button:
    """A button that posts to `/changes/<n>/<action>`; with `explain` it opens to that first.

    ask   label of the text that is asked for, posted as `reason`
    kept  names and values that are posted with it
    """

    action: str
    label: str
    tone: str = "secondary"
    icon: str = ""
    explain: str = ""
    ask: str = ""
    required: bool = False
    name: str = ""
    value: str = ""
    kept: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Next:
    """tone as in `changes.states.Label`; muted is the reason why something cannot be done by this person."""

    tone: str
    sentence: str
    buttons: tuple[Button, ...] = ()
    muted: str = ""
    decide: bool = False
    """Show the form to approve or reject."""


@dataclass(frozen=True, slots=True)
class View:
    """What the sentence is made from.

    can        each action with the policy's decision for this person
    step       number and title of the step that runs, waits or broke; None if there is none
    steps      how many steps the plan has; in an undo, how many are taken back
    parked     the run, or its undo, waits; `reason` says for what
    reason     why the change came into its state
    approvers, operators   who may, in words: “Amir or another approver”
    confirm    label of the button that confirms what a run waits for
    at_once    the step that runs can be stopped in the middle
    looking    a worker asks the host about the unknown step at this moment
    over       when the host said that the unknown step's command is over, ISO 8601; empty if it has not
    by_word    a step counts as done because a person said so
    held       why it may not start now, or go on: its slot, a window, a freeze
    confirmed  somebody said that what it waits for is there; it is held all the same
    bound      why the rest of what broke off cannot be planned anew
    votes      whether the approvals suffice if this person starts it
    lacks      what is left of the approvals that the policy asks for, whoever starts it, and who can give them
    """

    state: State
    can: Mapping[Action, Decision]
    host: str
    requester: str
    mine: bool
    planning: bool = False
    steps: int = 0
    step: tuple[int, str] | None = None
    undoing: bool = False
    parked: bool = False
    cancelling: bool = False
    looking: bool = False
    over: str = ""
    by_word: bool = False
    at_once: bool = False
    reason: str = ""
    approvers: str = ""
    operators: str = ""
    votes: bool = False
    lacks: str = ""
    held: str = ""
    confirmed: bool = False
    bound: str = ""
    confirm: str = "It is done: go on"

    def may(self, action: Action) -> bool:
        return self.can[action].allowed


def next_thing(view: View) -> Next:
    """What to show on top of the change page."""
    if view.planning:
        return Next("info", f"Reading {view.host}’s facts and planning …")
    return SAY.get(view.state, _ended)(view)


def _draft(view: View) -> Next:
    return Next("neutral", "Not planned yet.")


def _refused(view: View) -> Next:
    muted = "" if view.may(Action.EDIT) else f"{view.requester} can edit the request, or withdraw it."
    again = (Button(Action.REPLAN, "Look again", "secondary", "refresh"),) if view.may(Action.REPLAN) else ()
    sentence = "This cannot be planned as asked; nobody was asked to approve it. See why below."
    return Next("bad", sentence, again, muted=muted)


def _planned(view: View) -> Next:
    if not view.may(Action.SUBMIT):
        return Next("wait", f"{view.requester} has not submitted the plan yet.")
    button = Button(Action.SUBMIT, "Submit for approval", "primary", "check")
    return Next("info", f"The plan of {_count(view)} is ready. Read it, then submit it.", (button,))


def _in_review(view: View) -> Next:
    if view.may(Action.APPROVE):
        return Next("wait", f"Read the {_count(view)} below, then decide.", decide=True)
    sentence = view.lacks or f"{view.approvers} must approve this plan."
    return Next("wait", sentence, muted=view.can[Action.APPROVE].reason)


def _approved(view: View) -> Next:
    again = "" if view.state is State.APPROVED else f"It did not start: {view.reason} "
    tone = "info" if view.state is State.APPROVED else "warn"
    if not view.may(Action.RUN):
        sentence = f"{again}{view.lacks or f'{view.operators} must run it.'}"
        return Next(tone, sentence, muted=view.can[Action.RUN].reason, decide=_may_mend(view))
    if view.lacks:
        return Next("warn", f"{again}It cannot start: {view.lacks}", decide=_may_mend(view))
    if not view.votes:
        sentence = f"{again}Another operator must run it, or another approver approve it first."
        return Next(tone, sentence, muted="Whoever starts a change is not among its approvers.")
    if view.held:
        return Next("wait", f"{'Approved' if not again else 'It did not start'}. {view.held}")
    words = "Run" if view.state is State.APPROVED else "Try again:"
    button = Button(Action.RUN, f"{words} these {_count(view)} on {view.host}", "primary", "player-play")
    sentence = again.strip() or f"Approved. {view.host} is asked again before the first command; another plan stops it."
    return Next(tone, sentence, (button,))


def _may_mend(view: View) -> bool:
    """Whether this person can give an approval that is missing."""
    return bool(view.lacks) and view.may(Action.APPROVE)


def _stale(view: View) -> Next:
    sentence = f"The approved plan no longer fits: {view.reason}"
    if not view.may(Action.REPLAN):
        return Next("warn", f"{sentence} {view.requester} has to plan it again.")
    button = Button(Action.REPLAN, "Plan it again", "primary", "refresh")
    return Next("warn", f"{sentence} A new plan needs a new approval.", (button,))


def _queued(view: View) -> Next:
    return Next("wait", "Queued: a worker takes it within seconds.")


def _gating(view: View) -> Next:
    return Next("info", f"At the gate: {view.host} is asked again whether everything is as it was planned.")


def _running(view: View) -> Next:
    what = f"Step {view.step[0]} of {view.steps}: {view.step[1]}." if view.step else "The next step begins."
    if view.cancelling:
        ends = " It is being stopped." if view.at_once else " It will stop when this step is done."
        what += ends if view.step else " It will stop before it."
    return Next("info", what)


def _undoing(view: View) -> Next:
    what = f"Taking back step {view.step[0]}: {view.step[1]}." if view.step else "The undo begins."
    return Next("wait", f"{what} {view.reason}") if view.parked else Next("info", what)


def _waiting(view: View) -> Next:
    if view.held:
        return _held(view)
    if view.may(Action.CONFIRM):
        return Next("wait", view.reason, (Button(Action.CONFIRM, view.confirm, "primary", "check"),))
    return Next("wait", view.reason, muted=f"{view.operators} must confirm it. {view.can[Action.CONFIRM].reason}")


def _held(view: View) -> Next:
    """Parked, whatever comes: a word is kept for when it may go on."""
    then = "It is confirmed, and goes on by itself then." if view.confirmed else "Then it goes on by itself."
    button = Button(Action.CONFIRM, view.confirm, "secondary", "check")
    buttons = (button,) if view.may(Action.CONFIRM) and not view.confirmed else ()
    return Next("wait", f"{'' if view.confirmed else f'{view.reason} '}It stays parked: {view.held} {then}", buttons)


def _broken(view: View) -> Next:
    what = {State.FAILED: "Failed", State.CANCELLED: "Stopped", State.UNKNOWN: "Nobody can tell how it stands",
            State.UNDO_FAILED: "The undo stopped"}[view.state]  # fmt: skip
    where = f" {'before' if view.by_word else 'at'} step {view.step[0]}, “{view.step[1]}”" if view.step else ""
    if view.by_word and view.state is State.FAILED:
        what = "Stopped"
    who = "" if view.may(Action.CLOSE) else f"{view.operators} must decide how it goes on."
    who = who or (view.bound if view.may(Action.CONTINUE) else "")
    hold = f"{view.host} stays locked until it is decided."
    return Next(LABELS[view.state].tone, f"{what}{where}. {hold}", muted=f"{view.held} {who}".strip())


def _succeeded(view: View) -> Next:
    return Next("ok", f"Done: all {_count(view)} are verified on {view.host}.")


def _undone(view: View) -> Next:
    return Next("neutral", f"Taken back: {view.host} is as it was before, and free for other changes.")


def _ended(view: View) -> Next:
    return Next(LABELS[view.state].tone, f"{LABELS[view.state].word.capitalize()}. {view.reason}".strip())


def _count(view: View) -> str:
    return f"{view.steps} step{'' if view.steps == 1 else 's'}"


SAY: dict[State, Callable[[View], Next]] = {
    State.DRAFT: _draft,
    State.REFUSED: _refused,
    State.PLANNED: _planned,
    State.IN_REVIEW: _in_review,
    State.APPROVED: _approved,
    State.BLOCKED: _approved,
    State.STALE: _stale,
    State.QUEUED: _queued,
    State.GATING: _gating,
    State.RUNNING: _running,
    State.UNDOING: _undoing,
    State.WAITING: _waiting,
    State.FAILED: _broken,
    State.CANCELLED: _broken,
    State.UNKNOWN: _broken,
    State.UNDO_FAILED: _broken,
    State.SUCCEEDED: _succeeded,
    State.UNDONE: _undone,
}


def step_buttons(view: View, undo_words: str) -> tuple[Button, ...]:
    """What can be done at the step that runs or broke."""
    buttons = []
    if view.may(Action.CANCEL) and not view.cancelling:
        buttons.append(_cancel(view))
    if view.may(Action.RESUME) and not view.held:
        label = f"Resume with step {view.step[0]}" if view.step else "Resume"
        buttons.append(Button(Action.RESUME, label, "primary", "player-play"))
    if view.may(Action.CONTINUE) and not view.bound:
        explain = (
            f"This change ends as it is, without an undo, and {view.host} is free. The same is asked for anew: planned"
            " from what the host is like now, as a change of its own that has to be approved."
        )
        ask = f"How {view.host} differs from what this plan expects"
        buttons.append(Button(Action.CONTINUE, "Plan the rest anew", "secondary", "refresh", explain, ask, True))
    if view.may(Action.LOOK) and not view.looking:
        buttons.append(Button(Action.LOOK, f"Look at {view.host} now", "secondary", "search"))
    if view.may(Action.PROBE):
        explain = (
            f"{view.host} is asked, and what it says holds: a step that is still at work is followed, one whose effect"
            " is there is done and the run goes on, one whose effect is not there has failed."
        )
        buttons.append(Button(Action.PROBE, f"Go by what {view.host} says", "primary", "refresh", explain))
    buttons += _settle(view)
    if view.state is not State.SUCCEEDED:
        buttons += undo_button(view, undo_words)
    if view.may(Action.CLOSE):
        explain = f"Nothing more is done on {view.host}; it stays as it is now, and its lock is given back."
        ask = f"What is true on {view.host} now, and why it is left so"
        buttons.append(Button(Action.CLOSE, "Close: leave it as it is", "danger", "x", explain, ask, True))
    return tuple(buttons)


def _settle(view: View) -> tuple[Button, ...]:
    """Where the host has said that the command is over, a person may say how it ended."""
    if not (view.may(Action.SETTLE) and view.over):
        return ()
    what = (
        f"Taking back step {view.step[0]}"
        if view.undoing and view.step
        else f"Step {view.step[0]}"
        if view.step
        else "It"
    )
    stops = "the undo has stopped" if view.undoing else "the change has failed"
    then = "The next undo" if view.undoing else "A resume"
    ask = f"What you saw on {view.host}, and how"
    done = (
        f"{what} counts as done on your word, and {stops}; nothing is sent. {then} asks {view.host} for its effect"
        " before it goes on with the next step, and stops where it is not there."
    )
    failed = (
        f"{what} counts as failed on your word, and {stops}; nothing is sent. {then} asks {view.host} whether its"
        " effect is there after all, and only if it is not begins it once more."
    )
    kept = (("read", view.over),)
    return (
        Button(
            Action.SETTLE, "Say that it did its work", "secondary", "check", done, ask, True, "said", SAID_DONE, kept
        ),
        Button(Action.SETTLE, "Say that it did not", "secondary", "x", failed, ask, True, "said", SAID_FAILED, kept),
    )


def undo_button(view: View, words: str) -> tuple[Button, ...]:
    """The undo with what it does, if this person may."""
    if not view.may(Action.UNDO):
        return ()
    explain = (
        "Each step that was done or begun is taken back, last first. Each first checks that what is there is what"
        " this change left, and refuses where somebody has changed it since."
    )
    return (Button(Action.UNDO, f"Undo: {words}", "danger", "arrow-back-up", explain),)


def _cancel(view: View) -> Button:
    if view.state is State.WAITING:
        return Button(Action.CANCEL, "Stop waiting", "secondary", "player-stop")
    if view.step and view.at_once:
        explain = (
            f"Step {view.step[0]} writes nothing, so its command on {view.host} is ended at once, with every process"
            " that it started. Nothing after it begins."
        )
        return Button(Action.CANCEL, f"Stop step {view.step[0]} at once", "secondary", "player-stop", explain)
    label = f"Stop after step {view.step[0]}" if view.step else "Stop before the next step"
    return Button(Action.CANCEL, label, "secondary", "player-stop")


def other_buttons(view: View) -> tuple[Button, ...]:
    """What else may be done before it runs."""
    if not view.may(Action.WITHDRAW):
        return ()
    explain = "The request ends here; nothing is done on the host. Its number and history stay."
    return (Button(Action.WITHDRAW, "Withdraw the request", "danger", "ban", explain, "Reason"),)
