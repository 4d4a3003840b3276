"""What a restart of the host takes away, such as a mount, a resume brings about again; all else stops it."""

from changes.kinds import Verdict
from changes.plan import Check
from changes.states import State
from execution.events import Finished
from tests.execution.driver import Driver, work
from tests.execution.fake_host import FakeHost

GATE = Check("stop", "it may go on", {})
SAME = Check("quiet", "nobody else is at it", {})


def restarted(*, die: tuple[str, str] = ("", "")) -> Driver:
    """Three of four steps are done, two of them fleeting; the last could not begin, and the host was restarted."""
    works = [
        work("file"),
        work("awake", fleeting=True, writes=False, precheck=(SAME,)),
        work("mount", fleeting=True),
        work("last", precheck=(GATE,)),
    ]
    driver = Driver(works, FakeHost(answers={"stop": Verdict(False, "not yet.")}))
    assert driver.go() is State.FAILED
    driver.host.answers, driver.host.die = {}, die
    del driver.host.effects["awake"], driver.host.effects["mount"]
    return driver


def test_a_resume_after_a_restart_does_the_fleeting_steps_again_and_no_other():
    driver = restarted()
    assert driver.go(recheck=True) is State.SUCCEEDED
    assert driver.host.effects == {"file": 1, "awake": 1, "mount": 1, "last": 1}
    assert [each.attempt for each in driver.progress.values()] == [1, 2, 2, 1]


def test_a_resume_leaves_a_fleeting_effect_that_is_there():
    driver = restarted()
    driver.host.effects |= {"awake": 1, "mount": 1}
    assert driver.go(recheck=True) is State.SUCCEEDED
    assert [each.attempt for each in driver.progress.values()] == [1, 1, 1, 1]


def test_a_worker_that_dies_while_it_does_one_again_leaves_the_next_to_the_next_worker():
    for point in ("before-start", "after-start", "in-log"):
        driver = restarted(die=("awake", point))
        assert driver.go(recheck=True) is None
        assert driver.go(recheck=True) is State.SUCCEEDED
        assert driver.host.effects == {"file": 1, "awake": 1, "mount": 1, "last": 1}, point


def test_what_is_asked_before_it_is_asked_again():
    driver = restarted()
    driver.host.answers["quiet"] = Verdict(False, "somebody is at it.")
    assert driver.go(recheck=True) is State.FAILED
    assert driver.sentence("awake") == "somebody is at it." and "mount" not in driver.host.effects


def test_what_is_no_fleeting_effect_stops_a_resume_before_any_is_brought_about_again():
    driver = restarted()
    del driver.host.effects["file"]
    assert driver.go(recheck=True) is State.FAILED
    assert driver.host.effects == {}
    assert isinstance(driver.events[-1], Finished) and "no longer holds" in driver.events[-1].sentence
