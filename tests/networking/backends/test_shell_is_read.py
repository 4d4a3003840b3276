"""Text that a shell would source is read as the shell reads it, and nothing is run."""

import re

import pytest

from networking.backends.shelltext import kept_lines, read_shell, shell_value

CASES = {
    "A=one B=two; C=three": {"A": "one", "B": "two", "C": "three"},
    "A=one\\ two": {"A": "one two"},
    'A="a \\"b\\" \\$c \\d"': {"A": 'a "b" $c \\d'},
    "A='$B'\nB=x\nC=$B${B}y": {"A": "$B", "B": "x", "C": "xxy"},
    "A=${UNSET}z": {"A": "z"},
    "A='it'\"'\"'s'": {"A": "it's"},
    "A=1 # B=2\n#C=3\nD=a#b": {"A": "1", "D": "a#b"},
    "A=on\\\ne": {"A": "one"},
    'A="on\\\ne"': {"A": "one"},
    "export A=1 B=2\ndeclare -x C=3": {"A": "1", "B": "2", "C": "3"},
    "A=1\nA=2": {"A": "2"},
    "A=": {"A": ""},
    "A=`date`\nB=$(date +%s)x": {"A": "`date`", "B": "$(date +%s)x"},
    "A=1 program\nB=2": {"B": "2"},
    "if [ -e /x ]; then\nA=1\nfi": {"A": "1"},
    "A=1\r\nB=2\r\n": {"A": "1", "B": "2"},
}


@pytest.mark.parametrize("text", CASES)
def test_assignments_are_read(text: str) -> None:
    assert read_shell(text).values() == CASES[text]


@pytest.mark.parametrize("value", ["", "plain", "two words", 'a "b"', "$HOME `x` \\", "it's"])
def test_a_value_is_written_so_that_it_is_read_again(value: str) -> None:
    assert read_shell(f"KEY={shell_value(value)}\n").values() == {"KEY": value}


def test_other_keys_on_a_line_that_goes_are_kept() -> None:
    shell = read_shell("# why\nA=1; B='two words'\nC=3\n")

    assert kept_lines(shell, re.compile("A")) == ["# why", 'B="two words"', "C=3"]
