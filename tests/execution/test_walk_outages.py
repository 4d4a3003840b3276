"""A step that may lose its host: parked while that is out of reach, asked over a new connection, done once."""

import pytest

from changes.kinds import Verdict
from changes.states import State, StepState
from execution.events import Parked
from ssh.detached import State as OnHost
from tests.execution.driver import Driver, work
from tests.execution.fake_host import FakeHost


def changing(host: FakeHost, **fields: object) -> Driver:
    return Driver([work("a", outage=60, host="web01", **fields), work("b")], host)


def parked(driver: Driver) -> Parked:
    return [event for event in driver.events if isinstance(event, Parked)][-1]


@pytest.mark.parametrize("point", ["follow", "start"])
def test_a_host_that_is_lost_while_it_changes_parks_the_run_with_its_intent(point):
    host = FakeHost(lost_at={point: 1, "follow": 1})
    driver = changing(host)
    assert driver.go() is State.WAITING
    assert driver.progress["a"].open
    assert (parked(driver).open, parked(driver).late, parked(driver).deadline) == (True, StepState.UNKNOWN, 60)
    assert "web01 cannot be reached" in parked(driver).prompt
    assert driver.go() is State.SUCCEEDED
    assert host.effects == {"a": 1, "b": 1}


def test_a_host_that_is_lost_before_the_intent_parks_without_one():
    host = FakeHost(lost_at={"judge": 1})
    driver = changing(host)
    assert driver.go() is State.WAITING
    assert not driver.progress["a"].open
    assert not host.attempts
    assert driver.go() is State.SUCCEEDED
    assert host.effects["a"] == 1


def test_an_effect_that_cannot_be_read_yet_parks_too():
    host = FakeHost()
    driver = changing(host)
    follow = host.follow

    def then_lose(*words):
        yield from follow(*words)
        host.lost_at["judge"] = 1

    host.follow = then_lose
    assert driver.go() is State.WAITING
    assert driver.progress["a"].open
    host.follow = follow
    assert driver.go() is State.SUCCEEDED
    assert host.effects["a"] == 1


def test_what_is_not_so_yet_is_looked_at_again_before_anything_is_sent():
    check = work("a").verify[0].__class__("gateway", "the gateway answers")
    host = FakeHost(answers={"gateway": Verdict(False, "no answer yet.", not_yet=True)})
    driver = changing(host, precheck=(check,))
    assert driver.go() is State.WAITING
    assert not host.attempts
    host.answers.clear()
    assert driver.go() is State.SUCCEEDED


def test_an_effect_that_is_not_there_yet_is_waited_for():
    host = FakeHost(answers={"effect": Verdict(False, "on its way.", not_yet=True)})
    driver = changing(host)
    assert driver.go() is State.WAITING
    host.answers["effect"] = Verdict(False, "it went back.", {"proof": "log"})
    assert driver.go() is State.FAILED
    assert host.kept["a"] == {"proof": "log"}
    assert host.attempts == {("a", 1): "started"}


@pytest.mark.parametrize("step", ["a", "b"])
@pytest.mark.parametrize("point", ["before-start", "after-start", "in-log"])
def test_a_worker_that_dies_there_leaves_nothing_doubled_and_nothing_lost(step, point):
    host = FakeHost(die=(step, point))
    driver = changing(host)
    assert driver.go() is None
    assert driver.go() is State.SUCCEEDED
    assert host.effects == {"a": 1, "b": 1}
    assert driver.log == host.log * 2


def test_a_worker_that_dies_and_a_host_that_is_lost_then_are_both_survived():
    host = FakeHost(die=("a", "after-start"), lost_at={"follow": 2})
    driver = changing(host)
    assert driver.go() is None
    assert driver.go() is State.WAITING
    assert driver.go() is State.WAITING
    assert driver.go() is State.SUCCEEDED
    assert host.effects["a"] == 1


def test_a_rebooted_host_is_judged_by_the_effect():
    host = FakeHost(lost_at={"follow": 1}, ends_as={"a": (OnHost.OTHER_BOOT, 0)})
    driver = changing(host)
    assert driver.go() is State.WAITING
    assert driver.go() is State.SUCCEEDED


def test_a_step_without_an_outage_is_not_parked():
    driver = Driver([work("a")], FakeHost(lost_at={"follow": 1}))
    assert driver.go() is State.UNKNOWN


def test_each_step_is_turned_to_once():
    host = FakeHost()
    changing(host).go()
    assert host.turns == ["a", "b"]
