"""What is told of an act never stands in its way, however long the names in it are; PostgreSQL takes no more."""

import pytest

from changes.glasses import glass_ask, glass_decide
from changes.models import Change
from changes.services import change_submit
from changes.states import State
from changes.timing import Lift
from execution import engine, services
from notices.models import Happening
from people.models import User
from people.roles import Role
from tests.conftest import a_person
from tests.execution.windowed import a_freeze

pytestmark = pytest.mark.django_db

NAME, TITLE = "Olusegun " * 13 + "Ade", "Recover the ledger " * 8 + "at once!"


def test_people_and_changes_of_long_names_are_told_of_in_one_line(approved_toy, request_toy, toyhost, rosa, olu):
    assert (len(NAME), len(TITLE)) == (120, 160)
    User.objects.update(display_name=NAME)
    change = approved_toy("a")
    Change.objects.update(title=TITLE)
    a_freeze(toyhost)
    olu.refresh_from_db()
    glass = glass_ask(olu, change, [Lift.FREEZE], "the ledger stands still")
    glass_decide(a_person("bea", Role.APPROVER), glass, change.digest, "I looked", grant=True)
    services.run_request(olu, Change.objects.get(pk=change.pk))
    engine.look(change.pk)
    assert Change.objects.get(pk=change.pk).state is State.SUCCEEDED
    other = request_toy("b")
    Change.objects.update(title=TITLE)
    change_submit(User.objects.get(pk=rosa.pk), Change.objects.get(pk=other.pk))
    said = list(Happening.objects.values_list("what", flat=True))
    assert [what for what in said if "asks to break the glass" in what] and all(len(what) <= 300 for what in said)
    assert "\n" not in "".join(said)
