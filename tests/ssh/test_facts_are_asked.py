"""A fact is put to a session and answered by its own strict parser."""

import pytest

from ssh.command import Command
from ssh.facts import FactError, SessionAsk
from ssh.session import Result
from ssh.transcript import TranscriptSession


class BootId:
    name = "boot id"

    def command(self) -> Command:
        return Command(("cat", "/proc/sys/kernel/random/boot_id"))

    def parse(self, result: Result) -> str:
        if result.status:
            raise FactError(result.error_text)
        return result.text.strip()


SHOWN = "cat /proc/sys/kernel/random/boot_id"


def test_the_parser_gets_what_the_host_answered() -> None:
    ask = SessionAsk(TranscriptSession({SHOWN: Result(0, b"abc\n", b"")}))
    assert ask(BootId()) == "abc"


def test_a_fact_error_is_passed_on() -> None:
    ask = SessionAsk(TranscriptSession({SHOWN: Result(1, b"", b"cat: no such file \xff\n")}))
    with pytest.raises(FactError, match="no such file"):
        ask(BootId())
