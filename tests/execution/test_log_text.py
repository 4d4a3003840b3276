"""What goes into a log can neither move a cursor nor end a line; of escape sequences only colours stay."""

import pytest

from execution.text import LIMIT, plain, printable


@pytest.mark.parametrize(
    ("said", "kept", "bare"),
    [
        ("plain\ttext", "plain\ttext", "plain\ttext"),
        ("ends\r", "ends", "ends"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2Jcleared\x1b[10;5H", "cleared", "cleared"),
        ("\x1b]0;a title\x07after", "after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link", "link"),
        ("\x1b]0;no end", "0;no end", "0;no end"),
        ("\x1b[?25lhidden", "hidden", "hidden"),
        ("\x1b\x1b[31mx", "\x1b[31mx", "x"),
        ("a\x00b\x07c\x9bd", "abcd", "abcd"),
        ("\x1b[31", "31", "31"),
        ("\x1b", "", ""),
    ],
)
def test_a_line_is_made_safe(said, kept, bare):
    assert printable(said) == kept
    assert plain(printable(said)) == bare


def test_a_cut_never_leaves_half_a_sequence():
    line = printable("x" * (LIMIT - 2) + "\x1b[31mred")
    assert "\x1b" not in line
    assert "cut: the line has" in line
