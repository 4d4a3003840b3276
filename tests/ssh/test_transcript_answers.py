"""A recording answers the commands it holds, exactly, and no others."""

from pathlib import Path

import pytest

from ssh.command import Command, Secret
from ssh.session import Result
from ssh.transcript import RecordingSession, TranscriptSession, UnknownCommand


def test_an_unknown_command_is_refused_by_name() -> None:
    with (
        TranscriptSession({"vgs": Result(0, b"", b"")}) as session,
        pytest.raises(UnknownCommand, match="pvs --all"),
    ):
        session.run(Command(("pvs", "--all")))


def test_several_answers_come_in_order_and_the_last_one_stays() -> None:
    session = TranscriptSession({"date": [Result(0, b"1", b""), Result(0, b"2", b"")]})
    assert [session.run(Command(("date",))).stdout for _ in range(3)] == [b"1", b"2", b"2"]


def test_it_remembers_what_was_asked() -> None:
    session = TranscriptSession({"cat": Result(0, b"", b"")})
    session.run(Command(("cat",), stdin="text"))
    assert session.asked == [Command(("cat",), stdin="text")]


def test_a_recording_of_a_host_answers_like_the_host(session: object, tmp_path: Path) -> None:
    every_byte = Command(("printf", "".join(f"\\{n:03o}" for n in range(256))))
    fails = Command(("ls", "/does/not/exist"))
    with RecordingSession(session) as recording:  # type: ignore[arg-type]  # a ParamikoSession
        live = [recording.run(every_byte), recording.run(fails)]
    recording.save(tmp_path / "case.json")
    replay = TranscriptSession.from_file(tmp_path / "case.json")
    assert [replay.run(every_byte), replay.run(fails)] == live
    assert live[0].stdout == bytes(range(256))
    assert live[1].status != 0


def test_a_recording_holds_no_secret(tmp_path: Path) -> None:
    recording = RecordingSession(TranscriptSession({"cat": Result(0, b"", b"")}))
    recording.run(Command(("cat",), stdin=Secret("hunter2")))
    recording.save(tmp_path / "case.json")
    assert "hunter2" not in (tmp_path / "case.json").read_text()
