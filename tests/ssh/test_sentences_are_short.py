"""What is said of a command that came to no end names it, and repeats none of its scripts."""

import pytest

from networking.facts.nics import AskNetwork
from readiness.facts.look import AskContents, AskReadiness
from ssh.command import Command
from ssh.sentences import late, lost, not_accepted, too_much


@pytest.mark.parametrize("say", [late, lost, not_accepted, too_much])
@pytest.mark.parametrize("fact", [AskReadiness(), AskContents("/boot/initrd", "6.1"), AskNetwork()])
def test_a_script_is_left_out(say, fact):
    text = str(say("app01", fact.command()))
    assert len(text) < 500 and "sh -c … regroup" in text and "\n" not in text


def test_a_short_command_is_told_as_it_ran():
    assert str(late("app01", Command(("lvs", "-o", "lv name"), sudo=True))).endswith("app01: sudo lvs -o 'lv name'")


def test_a_command_of_many_words_is_cut():
    assert len(str(late("app01", Command(("stat", *("/a/path/of/some/length",) * 500))))) < 400
