"""The table of crash points (docs/architecture.md), on a host that is a few variables."""

import pytest

from changes.kinds import Verdict
from changes.plan import Check
from changes.states import State, StepState
from ssh.detached import State as OnHost
from tests.execution.driver import Driver, work
from tests.execution.fake_host import FakeHost

NO = Check("no", "", {})


@pytest.mark.parametrize("step", ["a", "b", "c"])
@pytest.mark.parametrize("point", ["before-start", "after-start", "in-log"])
def test_a_worker_that_dies_leaves_nothing_doubled_and_nothing_lost(step, point):
    host = FakeHost(die=(step, point))
    driver = Driver([work("a"), work("b"), work("c")], host)
    assert driver.go() is None
    assert driver.go() is State.SUCCEEDED
    assert host.effects == {"a": 1, "b": 1, "c": 1}
    assert driver.log == host.log * 3


def test_an_attempt_that_never_began_is_buried_before_the_next():
    host = FakeHost(die=("a", "before-start"))
    driver = Driver([work("a")], host)
    driver.go()
    driver.go()
    assert host.attempts == {("a", 1): "buried", ("a", 2): "started"}


def test_the_log_of_an_attempt_that_began_just_before_it_was_to_be_buried_is_read():
    class LateHost(FakeHost):
        def bury(self, work, attempt):
            self.attempts.setdefault((work.key, attempt), "started")
            self.effects[work.key] = 1
            return super().bury(work, attempt)

    host = LateHost(die=("a", "before-start"))
    driver = Driver([work("a")], host)
    driver.go()
    assert driver.go() is State.SUCCEEDED
    assert (driver.log, host.effects) == (host.log, {"a": 1})


def test_a_step_begun_by_a_resume_is_asked_first_although_an_earlier_effect_is_gone():
    host = FakeHost(answers={NO.rule: Verdict(False, "it is not so.")}, die=("b", "after-start"))
    driver = Driver([work("a"), work("b", precheck=(NO,)), work("c")], host)
    assert driver.go() is State.FAILED
    host.answers = {}
    assert driver.go(recheck=True) is None
    host.effects.pop("a")
    driver.go(recheck=True)
    assert driver.states()[1] is StepState.OK
    assert host.effects["b"] == 1


@pytest.mark.parametrize("how", [OnHost.DEAD, OnHost.OTHER_BOOT])
def test_a_runner_killed_on_the_host_is_judged_by_the_effect(how):
    driver = Driver([work("a")], FakeHost(ends_as={"a": (how, 0)}))
    assert driver.go() is State.SUCCEEDED


@pytest.mark.parametrize("how", [OnHost.DEAD, OnHost.OTHER_BOOT])
def test_without_the_effect_nobody_can_tell(how):
    host = _killed_without_effect(how)
    driver = Driver([work("a")], host)
    assert driver.go() is State.UNKNOWN
    assert driver.states() == [StepState.UNKNOWN]


def test_a_probe_by_a_person_turns_a_certain_no_into_failed():
    host = _killed_without_effect(OnHost.DEAD)
    driver = Driver([work("a")], host)
    driver.go()
    assert driver.go(probing=True) is State.FAILED
    assert len(host.attempts) == 1


def test_a_step_that_only_reads_may_simply_fail():
    driver = Driver([work("a", writes=False)], _killed_without_effect(OnHost.DEAD))
    assert driver.go() is State.FAILED


def _killed_without_effect(how: OnHost) -> FakeHost:
    host = FakeHost(ends_as={"a": (how, 0)})
    start = host.start

    def start_and_die(*args):
        start(*args)
        host.effects.clear()

    host.start = start_and_die
    return host
