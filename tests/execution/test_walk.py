from changes.kinds import Verdict
from changes.plan import Check
from changes.states import State, StepState
from execution.events import Intent
from ssh.detached import State as OnHost
from tests.execution.driver import Driver, work
from tests.execution.fake_host import FakeHost

NO = Check("no", "something holds", {})
ANSWER_NO = {"no": Verdict(False, "it does not hold.")}


def test_each_step_takes_effect_once_and_in_order():
    host = FakeHost()
    driver = Driver([work("a"), work("b"), work("c")], host)
    assert driver.go() is State.SUCCEEDED
    assert host.effects == {"a": 1, "b": 1, "c": 1}
    assert [e.key for e in driver.events if isinstance(e, Intent)] == ["a", "b", "c"]


def test_an_effect_that_is_there_already_is_not_made_again():
    host = FakeHost(effects={"a": 1})
    driver = Driver([work("a")], host)
    assert driver.go() is State.SUCCEEDED
    assert host.effects == {"a": 1}
    assert driver.states() == [StepState.DONE_ALREADY]


def test_a_step_that_always_runs_runs():
    host = FakeHost(effects={"a": 1})
    Driver([work("a", always_run=True)], host).go()
    assert host.effects == {"a": 2}


def test_a_precheck_that_says_no_stops_before_anything_is_sent():
    host = FakeHost(answers=ANSWER_NO)
    driver = Driver([work("a", precheck=(NO,)), work("b")], host)
    assert driver.go() is State.FAILED
    assert host.attempts == {} and driver.states() == [StepState.FAILED, StepState.PENDING]
    assert driver.sentence("a") == "it does not hold."


def test_an_exit_code_of_zero_is_not_believed():
    driver = Driver([work("a", verify=(NO,))], FakeHost(answers=ANSWER_NO))
    assert driver.go() is State.FAILED


def test_an_exit_code_of_five_with_the_effect_there_is_done_and_said():
    driver = Driver([work("a")], FakeHost(ends_as={"a": (OnHost.ENDED, 5)}))
    assert driver.go() is State.SUCCEEDED
    assert "ended with 5" in driver.sentence("a")


def test_a_cancel_stops_at_the_next_boundary():
    host = FakeHost(cancel=True)
    driver = Driver([work("a"), work("b")], host)
    assert driver.go() is State.CANCELLED
    assert host.effects == {}


def test_a_step_of_checks_alone_ends_by_them():
    driver = Driver([work("a", command=None, verify=(Check("yes", "", {}),))], FakeHost())
    assert driver.go() is State.SUCCEEDED


def test_a_resume_verifies_what_was_done_and_goes_on():
    host = FakeHost(answers=ANSWER_NO)
    driver = Driver([work("a"), work("b", precheck=(NO,))], host)
    driver.go()
    host.answers = {}
    assert driver.go(recheck=True) is State.SUCCEEDED
    assert host.effects == {"a": 1, "b": 1}


def test_a_resume_stops_where_an_earlier_effect_is_gone():
    host = FakeHost(answers=ANSWER_NO)
    driver = Driver([work("a"), work("b", precheck=(NO,))], host)
    driver.go()
    host.answers, host.effects = {}, {}
    assert driver.go(recheck=True) is State.FAILED
    assert host.effects == {}
