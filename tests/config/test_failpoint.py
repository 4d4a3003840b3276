"""REGROUP_FAILPOINT: read exactly, and refused where somebody depends on Regroup."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.failpoint import Failpoint, parse_failpoint


def test_no_fail_point_is_none():
    assert parse_failpoint("", debug=False) is None


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("after-claim:kill", Failpoint("after-claim", "", "kill")),
        ("before-ended@mount-var:raise", Failpoint("before-ended", "mount-var", "raise")),
        ("after-output:delay=5", Failpoint("after-output", "", "delay", 5)),
    ],
)
def test_place_step_and_action_are_read(text, point):
    assert parse_failpoint(text, debug=True) == point


def test_outside_of_debugging_it_is_refused():
    with pytest.raises(ImproperlyConfigured, match="kills workers"):
        parse_failpoint("after-claim:kill", debug=False)


@pytest.mark.parametrize(
    "text", ["kill", "after-lunch:kill", "after-claim:explode", "after-claim:delay", "after-claim:kill=3"]
)
def test_what_is_misspelled_is_told(text):
    with pytest.raises(ImproperlyConfigured, match="PLACE"):
        parse_failpoint(text, debug=True)
