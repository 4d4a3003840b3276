from changes.kinds import Verdict
from changes.states import State, StepState
from execution.events import Parked
from tests.execution.driver import ASK, Driver, work
from tests.execution.fake_host import FakeHost

NOT_YET = {"effect": Verdict(False, "no new disk.", not_yet=True)}


def confirm(driver: Driver, key: str) -> None:
    driver.progress[key].confirmed = True


def test_a_step_for_a_person_parks_until_it_is_confirmed():
    driver = Driver([work("a", command=None, wait=ASK), work("b")], FakeHost())
    assert driver.go() is State.WAITING
    confirm(driver, "a")
    assert driver.go() is State.SUCCEEDED


def test_a_step_for_a_person_ends_by_itself_when_it_is_seen():
    host = FakeHost()
    driver = Driver([work("a", command=None, wait=ASK)], host)
    driver.go()
    host.effects["a"] = 1
    assert driver.go() is State.SUCCEEDED


def test_a_scan_that_finds_nothing_yet_parks_with_the_reason():
    driver = Driver([work("a", wait=ASK, always_run=True)], FakeHost(answers=NOT_YET))
    assert driver.go() is State.WAITING
    parked = [event for event in driver.events if isinstance(event, Parked)]
    assert parked[0].prompt == "no new disk. Attach it."


def test_a_confirmed_scan_is_made_again():
    host = FakeHost(answers=NOT_YET)
    driver = Driver([work("a", wait=ASK, always_run=True)], host)
    driver.go()
    confirm(driver, "a")
    driver.go()
    assert sorted(host.attempts) == [("a", 1), ("a", 2)]


def test_looking_at_a_parked_scan_sends_nothing():
    host = FakeHost(answers=NOT_YET)
    driver = Driver([work("a", wait=ASK, always_run=True)], host)
    driver.go()
    driver.go()
    assert sorted(host.attempts) == [("a", 1)]
    assert driver.states() == [StepState.WAITING]
