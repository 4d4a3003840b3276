"""What a host said last is kept beside what went wrong since, and shown without knowing its shape."""

import pytest

from inventory.facts_view import sections
from inventory.models import HostFacts
from inventory.services import facts_failed, facts_record


@pytest.mark.django_db
def test_an_error_keeps_what_was_said_before(app02):
    facts_record(app02, {"kernel": "6.1"})
    facts_failed(app02, "app02 does not answer.")
    row = HostFacts.objects.get()
    assert row.facts == {"kernel": "6.1"} and row.at and row.error == "app02 does not answer."


@pytest.mark.django_db
def test_a_good_answer_clears_the_error(app02):
    facts_failed(app02, "app02 does not answer.")
    facts_record(app02, {"kernel": "6.1"})
    assert HostFacts.objects.get().error == ""


def test_plain_values_are_pairs_and_lists_of_objects_are_tables():
    facts = {"kernel": "6.1", "disks": [{"name": "sda", "root": True}, {"name": "sdb", "serial": "X"}]}
    short, disks = sections(facts)
    assert short.pairs == [("Kernel", "6.1")]
    assert (disks.title, disks.columns) == ("Disks", ["Name", "Root", "Serial"])
    assert disks.rows == [["sda", "yes", "—"], ["sdb", "—", "X"]]


def test_what_is_deeper_becomes_text():
    (only,) = sections({"groups": [{"vg": "RootVG", "pvs": ["a", "b"], "root": {"size": 7}}]})
    assert only.rows == [["RootVG", "a, b", "Size: 7"]]


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_nothing_shows_as_a_dash(value):
    assert list(sections({"x": value}))[0].pairs == [("X", "—")]


def test_short_words_stay_capital():
    assert list(sections({"vg_uuid": "x"}))[0].pairs == [("VG UUID", "x")]


def test_no_facts_are_no_sections():
    assert list(sections({})) == []
