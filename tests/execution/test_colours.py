"""Escape sequences that colour become classes; whatever a host sends, the text stays whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.colours import spans
from execution.text import plain, printable


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("", [("", "")]),
        ("plain", [("", "plain")]),
        ("\x1b[31mno\x1b[0m yes", [("a-red", "no"), ("", " yes")]),
        ("\x1b[1;92mok\x1b[m.", [("a-bold a-green", "ok"), ("", ".")]),
        ("\x1b[31m\x1b[34mblue\x1b[39mx", [("a-blue", "blue"), ("", "x")]),
        ("\x1b[1;2mx\x1b[22my", [("a-bold a-dim", "x"), ("", "y")]),
        ("\x1b[38;5;9mred\x1b[38;5;200mstill", [("a-red", "red"), ("a-red", "still")]),
        ("\x1b[38;2;31;32;33mx\x1b[48;5;1my", [("", "x"), ("", "y")]),
        ("\x1b[999999999999m\x1b[;;mx", [("", "x")]),
    ],
)
def test_a_line_is_in_pieces_that_look_alike(raw, found):
    assert spans(raw) == found


@given(st.text(st.sampled_from("\x1b[]0123456789;mHJ\x07\\ab?")))
def test_the_pieces_are_the_whole_text_and_no_control_character_is_left(raw):
    line = printable(raw)
    assert "".join(text for _, text in spans(line)) == plain(line)
    assert "\x1b" not in plain(line)
