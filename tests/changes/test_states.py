import pytest

from changes.states import HOLDS_HOST, LABELS, STEP_LABELS, TRANSITIONS, IllegalMove, State, StepState, check_move


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_row_and_a_label(state):
    assert state in TRANSITIONS
    assert LABELS[state].glyph and LABELS[state].word and LABELS[state].tone


@pytest.mark.parametrize("state", StepState)
def test_every_step_state_has_a_label(state):
    assert STEP_LABELS[state].word


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
def test_a_move_is_allowed_or_refused_by_name(old, new):
    if new in TRANSITIONS[old]:
        check_move(old, new)
    else:
        with pytest.raises(IllegalMove, match="cannot become"):
            check_move(old, new)


def test_nothing_runs_that_was_not_approved():
    reach = {State.DRAFT}
    while True:
        more = {new for old in reach - {State.APPROVED} for new in TRANSITIONS[old]}
        if more <= reach:
            break
        reach |= more
    assert State.RUNNING not in reach


@pytest.mark.parametrize("state", sorted(HOLDS_HOST))
def test_a_change_that_holds_the_host_can_be_brought_to_an_end(state):
    ends, reach = {State.SUCCEEDED, State.UNDONE, State.CLOSED}, {state}
    while not reach & ends:
        reach |= {new for old in reach for new in TRANSITIONS[old]}
    assert reach & ends
