"""Where a host turns red, and where it is mended, people are told: once, and only what still holds."""

from __future__ import annotations

import pytest

from notices.models import Happening
from notices.readers import readers
from tests.notices.conftest import cast, mail

__all__ = ["cast", "mail"]


def told() -> list[str]:
    return list(Happening.objects.order_by("pk").values_list("subject", flat=True))


def test_a_host_that_turns_red_is_told_once_and_its_mending_once(tell, app):
    for what in ("well", "well", "sabotaged", "sabotaged", "no answer", "sabotaged", "well", "well"):
        tell(app, what)
    assert told() == ["red", "mended"]
    red = Happening.objects.earliest("pk")
    assert red.what.startswith("app01 would not come back from a reboot: ")
    assert (red.host, red.path) == (app, "/readiness/of/app01/")


def test_a_host_that_is_red_when_it_is_first_asked_is_told_and_one_that_is_not_is_not(tell, app):
    tell(app, "sabotaged")
    assert told() == ["red"]


def test_a_host_that_was_only_not_proven_is_nobodys_mail(tell, app):
    for what in ("well", "old", "well"):
        tell(app, what)
    assert told() == []


@pytest.mark.usefixtures("mail")
def test_whoever_sees_the_host_and_can_act_is_told_and_of_what_was_mended_since_nobody(tell, app, cast):
    tell(app, "sabotaged")
    red = Happening.objects.get()
    assert [user.username for user in readers(red)] == ["olu", "rosa"]
    tell(app, "well")
    assert readers(red) == []
    assert [user.username for user in readers(Happening.objects.latest("pk"))] == ["olu", "rosa"]
