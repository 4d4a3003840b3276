"""A command quotes its words, masks its secrets and refuses what cannot be a word."""

import shlex
import subprocess

import pytest

from ssh.command import MASK, Command, Secret

NASTY = "a b'c\"$(id);`id` *\\ \n|&<>~#é"


def test_a_word_from_a_form_stays_one_word_in_a_real_shell() -> None:
    line = Command(("printf", "%s", NASTY)).to_run()
    assert subprocess.run(["sh", "-c", line], capture_output=True, check=True).stdout.decode() == NASTY


def test_the_shown_form_has_the_words_and_no_plumbing() -> None:
    assert Command(("vgs", "-o", "vg name"), sudo=True).to_show() == "sudo vgs -o 'vg name'"


def test_the_line_to_run_sets_path_and_language_and_asks_sudo_not_to_prompt() -> None:
    words = shlex.split(Command(("vgs",), sudo=True, env={"LVM_SUPPRESS_FD_WARNINGS": "1"}).to_run())
    assert words[:5] == ["env", "LC_ALL=C", "sudo", "-n", "--"]
    assert words[5:] == [
        "env",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL=C",
        "LVM_SUPPRESS_FD_WARNINGS=1",
        "vgs",
    ]


def test_a_command_without_sudo_becomes_one_with_it() -> None:
    assert Command(("vgs",)).as_root() == Command(("vgs",), sudo=True)


def test_a_secret_shows_as_a_mask_everywhere() -> None:
    command = Command(("cat",), stdin=Secret("hunter2"))
    for shown in (str(command.stdin), repr(command), command.to_show(), command.to_run()):
        assert "hunter2" not in shown
    assert str(command.stdin) == MASK
    assert command.payload() == b"hunter2"


def test_bytes_that_are_not_utf8_come_through_the_payload() -> None:
    data = bytes(range(256))
    assert Command(("cat",), stdin=data.decode("utf-8", "surrogateescape")).payload() == data


@pytest.mark.parametrize("argv", [(), ("",)])
def test_a_command_without_a_program_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="at least one word"):
        Command(argv)


def test_a_nul_in_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        Command(("echo", "a\0b"))
