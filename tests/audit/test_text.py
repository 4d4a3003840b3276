"""What a host or a person sends is written down even where a database would refuse it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Entry
from audit.selectors import verify
from audit.services import record, seal
from audit.text import storable

ANY_TEXT = st.text(st.characters(codec=None, categories=None))


def texts(value):
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        return [value]
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in inner for text in texts(item)]


JSON = st.recursive(ANY_TEXT | st.integers() | st.none(), lambda it: st.lists(it) | st.dictionaries(ANY_TEXT, it))


@given(JSON)
def test_any_json_becomes_storable(value):
    for text in texts(storable(value)):
        assert "\0" not in text
        text.encode()


def test_plain_text_stays_as_it_is():
    assert storable({"é": ["a\tb", 1, None, True]}) == {"é": ["a\tb", 1, None, True]}


@pytest.mark.django_db
def test_odd_bytes_of_a_host_are_written_down():
    odd = b"disk\x00\xff".decode("utf-8", "surrogateescape")
    record("host.fail", actor_name=odd, label=odd, detail={"said": [odd]})
    assert seal() == 1 and verify() == []
    assert Entry.objects.get().detail == {"said": ["disk\ufffd\ufffd"]}
