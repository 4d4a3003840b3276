"""A resume looks ahead; where the plan no longer fits, the rest becomes a change of its own."""

import pytest

from changes.kinds import Verdict
from changes.models import Change, Lock
from changes.plan import Check
from changes.services import Denied, change_approve, change_submit
from changes.states import State
from execution import engine, services
from execution.models import StepRun
from tests.execution.driver import Driver, work
from tests.execution.fake_host import FakeHost

SAME = Check("quiet", "nobody else is at it", {})


def halfway(driver: Driver) -> Driver:
    """The first step is done, the second did not begin."""
    driver.host.answers["stop"] = Verdict(False, "not yet.")
    assert driver.go() is State.FAILED
    driver.host.answers["stop"] = Verdict(True, "go.")
    return driver


GATE = Check("stop", "it may go on", {})


def a_plan() -> list:
    return [work("a", precheck=(SAME,)), work("b", precheck=(GATE,)), work("c", precheck=(SAME,))]


def test_what_a_later_step_needs_and_no_longer_holds_stops_a_resume_before_it_begins():
    driver = halfway(Driver(a_plan(), FakeHost()))
    driver.host.answers["quiet"] = Verdict(False, "somebody is at it.")
    assert driver.go(recheck=True) is State.FAILED
    assert "b" not in {key for key, count in driver.host.effects.items() if count}
    assert "could not follow: somebody is at it." in driver.events[-1].sentence


def test_a_resume_with_all_of_it_as_it_was_goes_to_the_end():
    driver = halfway(Driver(a_plan(), FakeHost()))
    assert driver.go(recheck=True) is State.SUCCEEDED


def test_what_only_an_earlier_step_brings_about_is_not_asked_before():
    driver = halfway(
        Driver([*a_plan()[:2], work("c", precheck=(Check("effect", "b is done", {"of": "b"}),))], FakeHost())
    )
    assert driver.go(recheck=True) is State.SUCCEEDED


@pytest.fixture
def failed(queued_toy) -> Change:
    change = queued_toy("a", "bad")
    engine.look(change.pk)
    change.refresh_from_db()
    assert change.status == "failed"
    return change


@pytest.mark.django_db
def test_the_rest_is_a_change_of_its_own_with_its_own_approval(failed, olu, amir, rosa, journal):
    rest = services.run_continue(olu, failed, "The journal was mended by hand.")
    failed.refresh_from_db()
    assert failed.status == "closed" and f"anew as #{rest.pk}" in failed.transitions.last().reason
    assert not Lock.objects.filter(holder=failed).exists()
    engine.plan(rest.pk)
    rest.refresh_from_db()
    assert (rest.status, rest.requester, rest.editor, rest.continues) == ("planned", rosa, olu, failed)
    rest = change_submit(rosa, rest)
    with pytest.raises(Denied):
        services.run_request(olu, rest)
    change_approve(amir, rest, rest.digest, "Read it.")
    services.run_request(olu, Change.objects.get(pk=rest.pk))
    engine.look(rest.pk)
    assert StepRun.objects.get(run__change=rest, key="a").state == "done_already" and journal() == ["a"]


@pytest.mark.django_db
def test_it_needs_a_reason_and_an_operator(failed, olu, vera):
    for actor, reason in ((olu, " "), (vera, "why not")):
        with pytest.raises(Denied):
            services.run_continue(actor, failed, reason)
    assert Change.objects.get(pk=failed.pk).status == "failed" and Change.objects.count() == 1
