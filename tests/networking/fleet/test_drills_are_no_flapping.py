"""Link failures that a drill made are counted, and are no alarm: Regroup made them itself."""

from datetime import timedelta

import pytest

from networking.models import Bond
from tests.networking.runs import step, under_way
from tests.networking.test_drill_plan import asked, planned

pytestmark = pytest.mark.django_db


@pytest.fixture
def drilled(tell, app02, well, rosa, olu):
    """The primary's link of app02's bond has failed three times; a drill says that so many of these were its own."""
    plan = planned()

    def drill(made: int, ago: timedelta = timedelta()) -> None:
        primary, standby = plan.settings["primary"], plan.settings["standby"]
        host = well.with_port("eno1", name=primary).with_port("eno2", name=standby)
        host = host.with_bond(ports=(primary, standby), primary=primary, active=primary)
        tell(app02, host)
        run = under_way(app02, rosa, olu, plan, asked())
        found = {"failures_before": "0", "failures_after": str(made), "done": "yes"}
        row = step(run, "drill", 5, **found)
        row.ended_at = tell.now - ago
        row.save()
        tell(app02, host.with_port(primary, failures=3))

    return drill


def test_what_a_drill_made_is_counted_and_is_no_flapping(drilled):
    drilled(3)
    bond = Bond.objects.get()
    assert (bond.state, bond.failures_hour) == ("ok", 3)


def test_what_comes_on_top_of_it_is(drilled):
    drilled(0)
    assert Bond.objects.get().state == "flapping"


def test_a_drill_of_long_ago_excuses_nothing(drilled):
    drilled(3, ago=timedelta(hours=2))
    assert Bond.objects.get().state == "flapping"
