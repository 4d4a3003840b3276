"""The sentence on top of a change, and its buttons, for each state and each person."""

import pytest

from changes.policy import Action, Case, may
from changes.states import State
from pages.next_thing import View, next_thing, other_buttons, step_buttons, undo_button
from people.actor import Actor
from people.roles import Role

ROSA = Actor(1, "rosa", "Rosa", frozenset({Role.REQUESTER}))
AMIR = Actor(2, "amir", "Amir", frozenset({Role.APPROVER}))
OLU = Actor(3, "olu", "Olu", frozenset({Role.OPERATOR}))
VERA = Actor(4, "vera", "Vera", frozenset({Role.VIEWER}))


def view(state: State, actor: Actor, **more) -> View:
    can = {action: may(action, actor, Case(state, ROSA.id, ROSA.id, "d")) for action in Action}
    words = {"host": "app01", "requester": "Rosa", "steps": 13, "approvers": "Amir", "operators": "Olu", "votes": True}
    return View(state, can, mine=actor is ROSA, **{**words, **more})


def actions(buttons) -> list[str]:
    return [button.action for button in buttons]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("actor", [ROSA, AMIR, OLU, VERA])
def test_every_state_has_a_sentence_and_only_buttons_that_the_policy_allows(state, actor):
    seen = view(state, actor, step=(6, "Restore"), reason="The host changed.")
    shown = next_thing(seen)
    assert shown.sentence.endswith((".", "…")), shown.sentence
    assert shown.tone in {"neutral", "info", "wait", "ok", "warn", "bad"}
    buttons = [*shown.buttons, *step_buttons(seen, "all"), *other_buttons(seen), *undo_button(seen, "all")]
    assert all(seen.may(Action(button.action)) for button in buttons)
    assert shown.decide == (state is State.IN_REVIEW and seen.may(Action.APPROVE))


@pytest.mark.parametrize("state", State)
def test_a_viewer_has_no_button_anywhere(state):
    seen = view(state, VERA)
    assert not (*next_thing(seen).buttons, *step_buttons(seen, ""), *other_buttons(seen), *undo_button(seen, ""))


def test_planning_is_said_with_the_host():
    assert next_thing(view(State.DRAFT, ROSA, planning=True)).sentence == "Reading app01’s facts and planning …"


def test_rosa_is_told_who_must_approve_and_why_not_she():
    shown = next_thing(view(State.IN_REVIEW, ROSA, approvers="Amir or another approver"))
    assert shown.sentence == "Amir or another approver must approve this plan."


def test_the_run_button_says_how_many_steps_and_where():
    (button,) = next_thing(view(State.APPROVED, OLU)).buttons
    assert button.label == "Run these 13 steps on app01"


def test_a_blocked_change_says_why_and_offers_to_try_again():
    shown = next_thing(view(State.BLOCKED, OLU, reason="Change #3 holds app01."))
    assert "It did not start: Change #3 holds app01." in shown.sentence
    assert actions(shown.buttons) == [Action.RUN]


def test_an_operator_without_votes_gets_no_run_button():
    assert next_thing(view(State.APPROVED, OLU, votes=False)).buttons == ()


def test_cancel_names_the_step_after_which_it_stops():
    (button,) = step_buttons(view(State.RUNNING, OLU, step=(6, "Restore")), "")
    assert button.label == "Stop after step 6"


def test_a_step_that_can_be_stopped_in_the_middle_says_so_before():
    (button,) = step_buttons(view(State.RUNNING, OLU, step=(6, "Count"), at_once=True), "")
    assert button.label == "Stop step 6 at once" and "every process" in button.explain


def test_an_unknown_step_is_settled_by_a_person_only_once_its_command_is_over():
    before, after = (
        step_buttons(view(State.UNKNOWN, OLU, step=(6, "Restore"), over=at), "") for at in ("", "2026-11-26")
    )
    assert Action.SETTLE not in actions(before)
    settle = [button for button in after if button.action == Action.SETTLE]
    assert [(button.name, button.value, button.kept) for button in settle] == [
        ("said", "done", (("read", "2026-11-26"),)),
        ("said", "failed", (("read", "2026-11-26"),)),
    ]
    assert all(button.required and button.explain.startswith("Step 6 counts as") for button in settle)


def test_a_step_that_is_done_by_a_persons_word_is_not_called_the_failed_one():
    shown = next_thing(view(State.FAILED, OLU, step=(7, "Activate"), by_word=True))
    assert shown.sentence.startswith("Stopped before step 7, “Activate”.")


def test_a_failed_step_offers_resume_undo_and_close_with_what_they_do():
    buttons = step_buttons(view(State.FAILED, OLU, step=(6, "Restore")), "unmount 2 volumes")
    assert actions(buttons) == [Action.RESUME, Action.CONTINUE, Action.UNDO, Action.CLOSE]
    assert buttons[0].label == "Resume with step 6"
    assert buttons[2].label == "Undo: unmount 2 volumes"
    assert buttons[1].required and buttons[3].required


def test_where_only_the_change_itself_can_go_on_it_says_so_instead_of_offering_to_plan_anew():
    broken = view(State.FAILED, OLU, step=(6, "Restore"), bound="Only this change can.")
    assert actions(step_buttons(broken, "")) == [Action.RESUME, Action.UNDO, Action.CLOSE]
    assert next_thing(broken).muted == "Only this change can."


def test_outside_its_slot_it_says_when_and_has_no_button():
    said = next_thing(view(State.APPROVED, OLU, votes=True, held="Its slot is Sunday."))
    assert said.sentence == "Approved. Its slot is Sunday." and not said.buttons
