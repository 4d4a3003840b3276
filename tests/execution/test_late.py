"""A step that says what it means when its host stays away: since when, what was tried, and what it says itself."""

from datetime import UTC, datetime, timedelta

from changes.states import StepState
from execution.events import Parked
from execution.models import StepRun
from execution.recorder import too_late
from tests.execution.driver import Driver, work
from tests.execution.fake_host import FakeHost

NOW = datetime(2026, 7, 1, 12, 10, tzinfo=UTC)


def test_what_a_step_says_of_being_late_goes_with_the_parked_run():
    driver = Driver([work("a", outage=60, host="web01", late="Open its console.")], FakeHost(lost_at={"follow": 1}))
    driver.go()
    assert [event.told for event in driver.events if isinstance(event, Parked)] == ["Open its console."]


def test_it_is_told_since_when_and_how_the_host_was_asked_behind_what_happened():
    step = StepRun(intent_at=NOW - timedelta(minutes=10))
    away = Parked("a", "Away.", 600, poll=3, late=StepState.UNKNOWN, told="It is lost.\n\nOpen its console.")
    lost, tried, way = too_late(away, step, NOW).split("\n\n")
    assert (lost, way) == ("It is lost.", "Open its console.")
    assert "2026-07-01 at 12:00:00 UTC" in tried and "every 3 s until 12:10:00 UTC" in tried and "Away." in tried


def test_a_step_that_says_nothing_adds_nothing():
    told = too_late(Parked("a", "Away.", 600), StepRun(intent_at=NOW), NOW)
    assert told == "The time to wait for it is over. Away."
