"""An unknown step that a person called done or failed: the host is asked about it before anything else is sent."""

import pytest

from changes.states import State, StepState
from execution.runner import SAID_DONE, SAID_FAILED
from ssh.detached import State as OnHost
from tests.execution.driver import Driver, work
from tests.execution.fake_host import FakeHost


def unknown(host: FakeHost, there: bool) -> Driver:
    """Step b was killed on the host; `there`: with its effect."""
    host.ends_as["b"] = (OnHost.DEAD, 0)
    driver = Driver([work("a"), work("b"), work("c")], host)
    host.lost_at = {}
    driver.progress["a"].state, driver.progress["a"].attempt = StepState.OK, 1
    driver.progress["b"].state, driver.progress["b"].attempt = StepState.UNKNOWN, 1
    host.effects = {"a": 1, **({"b": 1} if there else {})}
    host.attempts = {("a", 1): "started", ("b", 1): "started"}
    return driver


def called(driver: Driver, said: str) -> Driver:
    at = driver.progress["b"]
    at.said, at.state = said, StepState.OK if said == SAID_DONE else StepState.PENDING
    return driver


@pytest.mark.parametrize("said", [SAID_DONE, SAID_FAILED])
def test_an_effect_that_is_there_is_done_whatever_was_said(said):
    host = FakeHost()
    driver = called(unknown(host, there=True), said)
    assert driver.go(recheck=True) is State.SUCCEEDED
    assert host.effects == {"a": 1, "b": 1, "c": 1}
    assert host.kept["b"] == {"seen": True}


def test_a_step_that_was_called_failed_is_begun_anew():
    host = FakeHost()
    driver = called(unknown(host, there=False), SAID_FAILED)
    assert driver.go(recheck=True) is State.SUCCEEDED
    assert host.effects == {"a": 1, "b": 1, "c": 1}
    assert ("b", 2) in host.attempts


def test_a_step_that_was_called_done_and_is_not_fails_and_is_not_run():
    host = FakeHost()
    driver = called(unknown(host, there=False), SAID_DONE)
    assert driver.go(recheck=True) is State.FAILED
    assert "It was called done, but it is not" in driver.sentence("b")
    assert ("b", 2) not in host.attempts


def test_a_step_that_was_called_done_and_never_began_is_not_run():
    host = FakeHost()
    driver = called(unknown(host, there=False), SAID_DONE)
    host.attempts[("b", 1)] = "buried"
    assert driver.go(recheck=True) is State.FAILED
    assert "b" not in host.effects


@pytest.mark.parametrize("said", [SAID_DONE, SAID_FAILED])
def test_an_earlier_effect_that_is_gone_stops_it_before_the_step_is_touched(said):
    host = FakeHost()
    driver = called(unknown(host, there=False), said)
    host.effects = {}
    assert driver.go(recheck=True) is State.FAILED
    assert driver.progress["b"].said == said and host.effects == {}


@pytest.mark.parametrize("said", [SAID_DONE, SAID_FAILED])
def test_a_host_that_cannot_be_asked_leaves_it_unknown_again(said):
    driver = called(unknown(FakeHost(lost_at={"follow": 1}), there=True), said)
    driver.host.lost_at = {"follow": 1}
    assert driver.go(recheck=True) is State.UNKNOWN
    assert (driver.progress["b"].state, driver.progress["b"].open) == (StepState.UNKNOWN, True)


@pytest.mark.parametrize("point", ["before-start", "after-start"])
def test_a_worker_that_dies_in_the_new_attempt_doubles_nothing(point):
    host = FakeHost(die=("b", point))
    driver = called(unknown(host, there=False), SAID_FAILED)
    driver.go(recheck=True)
    assert driver.go(recheck=True) is State.SUCCEEDED
    assert host.effects == {"a": 1, "b": 1, "c": 1}
