"""JSON that any database takes, and that comes back as it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.fields import MARK, hidden, shown
from changes.models import Change
from inventory.models import Host

TEXT = st.text(st.characters() | st.sampled_from(["\0", "\ud800", "\udc80", "\udfff", MARK, "\U00010000"]))
VALUES = st.recursive(TEXT | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner))


@given(VALUES)
def test_whatever_is_hidden_is_shown_again(value):
    assert shown(hidden(value)) == value


@given(VALUES)
def test_nothing_hidden_is_refused_by_utf8_or_by_postgresql(value):
    said = json.dumps(hidden(value), ensure_ascii=False)
    said.encode()
    assert "\\u0000" not in said


@pytest.mark.django_db
def test_a_column_gives_back_bytes_that_are_no_utf8(rosa):
    text = b'RootVG { description = "caf\xe9\0" }'.decode("utf-8", "surrogateescape") + MARK
    host = Host.objects.create(name="app01", address="192.0.2.1")
    change = Change.objects.create(
        kind="toy", title="t", host=host, requester=rosa, editor=rosa, params={"metadata": text, text: [text]}
    )
    assert Change.objects.get(pk=change.pk).params == {"metadata": text, text: [text]}
