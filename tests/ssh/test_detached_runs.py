"""A step runs by itself with its own words, input, environment and verdict."""

import hashlib
import stat
from pathlib import Path

import pytest

from ssh.command import Command, Secret
from ssh.detached import Place, State, Ticket, read_log, start
from ssh.paramiko_session import ParamikoSession
from tests.ssh.conftest import sh, until

NASTY = "a b'c\"$(id);`id` *\\ \n|&<>~#é"


def run(session: ParamikoSession, ticket: Ticket, command: Command) -> bytes:
    start(session, ticket, command)
    assert until(session, ticket, State.ENDED).rc == 0
    return read_log(session, ticket, 0)


def test_the_words_arrive_as_they_were_given(session: ParamikoSession, ticket: Ticket) -> None:
    assert run(session, ticket, Command(("printf", "%s|", NASTY, "", "-n"))).decode() == f"{NASTY}||-n|"


def test_every_byte_of_standard_input_arrives(session: ParamikoSession, ticket: Ticket) -> None:
    data = bytes(range(256)) * 5000
    text = data.decode("utf-8", "surrogateescape")
    log = run(session, ticket, Command(("sha256sum",), stdin=text))
    assert (Path(ticket.directory) / "stdin").read_bytes() == data
    assert log.split()[0].decode() == hashlib.sha256(data).hexdigest()


def test_no_standard_input_is_end_of_file(session: ParamikoSession, ticket: Ticket) -> None:
    assert run(session, ticket, Command(("wc", "-c"))).strip() == b"0"


def test_both_streams_are_in_the_log_in_the_order_written(session: ParamikoSession, ticket: Ticket) -> None:
    assert run(session, ticket, sh("echo 1; echo 2 >&2; echo 3")) == b"1\n2\n3\n"


def test_the_environment_is_ours_and_nothing_else(session: ParamikoSession, ticket: Ticket) -> None:
    command = Command(("env",), env={"LVM_SUPPRESS_FD_WARNINGS": "1"})
    assert sorted(run(session, ticket, command).decode().splitlines()) == [
        "LC_ALL=C",
        "LVM_SUPPRESS_FD_WARNINGS=1",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        f"REGROUP_STEP={ticket.directory}/",
    ]


def test_the_command_gets_default_signals_a_root_directory_and_a_private_mask(
    session: ParamikoSession, ticket: Ticket
) -> None:
    script = "pwd; umask; grep -E '^Sig(Ign|Blk)' /proc/self/status"
    lines = run(session, ticket, sh(script)).decode().split()
    assert lines[:2] == ["/", "0077"]
    hup, term = 1 << 0, 1 << 14
    assert not int(lines[lines.index("SigIgn:") + 1], 16) & (hup | term)


def test_the_exit_code_and_its_times_are_kept(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 1; exit 7"))
    seen = until(session, ticket, State.ENDED)
    assert (seen.rc, seen.word) == (7, "exit")
    assert seen.started_at is not None
    assert seen.ended_at is not None
    assert 0 < seen.ended_at - seen.started_at < 5
    assert seen.ended_at <= seen.host_time


def test_a_missing_program_is_exit_code_127_with_the_reason_in_the_log(
    session: ParamikoSession, ticket: Ticket
) -> None:
    start(session, ticket, Command(("no-such-program",)))
    assert until(session, ticket, State.ENDED).rc == 127
    assert b"no-such-program" in read_log(session, ticket, 0)


def test_a_secret_on_standard_input_leaves_no_file(session: ParamikoSession, ticket: Ticket) -> None:
    assert run(session, ticket, Command(("rev",), stdin=Secret("hunter2"))).strip() == b"2retnuh"
    assert not (Path(ticket.directory) / "stdin").exists()
    files = [path for path in Path(ticket.place.root).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"hunter2" in path.read_bytes()]


def test_only_the_owner_can_look_into_our_directory(session: ParamikoSession, ticket: Ticket) -> None:
    run(session, ticket, Command(("true",)))
    root = Path(ticket.place.root)
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_start_leaves_no_part_files(session: ParamikoSession, ticket: Ticket) -> None:
    run(session, ticket, Command(("true",)))
    assert [path.name for path in Path(ticket.directory).parent.iterdir()] == ["import.1"]


def test_the_start_tells_the_launcher_and_the_first_look(session: ParamikoSession, ticket: Ticket) -> None:
    started = start(session, ticket, Command(("sleep", "1")))
    assert started.launcher in ("systemd", "setsid")
    assert started.probe.state is State.RUNNING


@pytest.mark.parametrize(
    "wrong",
    [{"run": "../etc"}, {"step": "a.b"}, {"step": ""}, {"scope": "x y"}, {"attempt": 0}, {"fence": -1}],
)
def test_a_ticket_with_a_name_that_is_no_plain_word_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="have at most 64|counts from"):
        Ticket(**({"run": "R1", "step": "s", "attempt": 1, "fence": 1} | wrong))  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("root", ["", "/", "var", "/var/../etc", "/var/$(id)", "/a b"])
def test_a_place_that_is_no_plain_path_is_refused(root: str) -> None:
    with pytest.raises(ValueError, match="plain absolute path"):
        Place(root=root)


def test_an_unknown_launcher_is_refused() -> None:
    with pytest.raises(ValueError, match="auto"):
        Place(launcher="cron")


def test_the_unit_has_the_name_of_run_step_and_attempt() -> None:
    assert Ticket("R1", "vgcfgrestore", 2, 1).unit == "regroup-R1-vgcfgrestore-2"
