"""A step is ended with all its processes, by a person or by its time limit, and says which."""

import os
from pathlib import Path

import pytest

from ssh.detached import AlreadyClaimed, State, Ticket, bury, probe, read_log, start, stop
from ssh.paramiko_session import ParamikoSession
from tests.ssh.conftest import runner_pid, sh, until, wait_until


def marked(ticket: Ticket) -> list[str]:
    """Processes with the step's mark in their environment."""
    mark = f"REGROUP_STEP={ticket.directory}/".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_a_stopped_step_ends_with_the_word_stopped(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("trap 'echo ending; exit 3' TERM; echo begun; while :; do sleep 0.1; done"))
    wait_until(lambda: read_log(session, ticket, 0) == b"begun\n")
    seen = stop(session, ticket)
    assert (seen.state, seen.rc, seen.word) == (State.ENDED, 3, "stopped")
    assert read_log(session, ticket, 0).endswith(b"ending\n")


def test_processes_that_ignore_the_polite_signal_are_killed(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("trap '' TERM; (sleep 61; true) & setsid sleep 62 & sleep 63; true"))
    wait_until(lambda: len(marked(ticket)) >= 4)
    seen = stop(session, ticket, grace=1)
    assert (seen.state, seen.rc, seen.word) == (State.ENDED, 137, "stopped")
    assert marked(ticket) == []


def test_stopping_what_has_ended_changes_nothing(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("exit 5"))
    until(session, ticket, State.ENDED)
    seen = stop(session, ticket)
    assert (seen.rc, seen.word) == (5, "exit")


def test_stopping_what_has_not_begun_buries_it(session: ParamikoSession, ticket: Ticket) -> None:
    assert stop(session, ticket).state is State.TOMBSTONE
    with pytest.raises(AlreadyClaimed):
        start(session, ticket, sh("true"))


def test_a_killed_runner_s_command_can_still_be_stopped(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 60; true"))
    os.kill(runner_pid(ticket), 9)
    assert stop(session, ticket, 1).state is State.DEAD
    assert marked(ticket) == []


def test_a_step_over_its_time_is_ended_by_the_host(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("echo begun; sleep 60; true"), timeout=3)
    seen = until(session, ticket, State.ENDED)
    assert (seen.rc, seen.word) == (124, "timeout")
    assert read_log(session, ticket, 0) == b"begun\n"
    assert marked(ticket) == []


def test_the_command_s_own_timeout_is_the_default(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 60; true", timeout=0.4))
    assert until(session, ticket, State.ENDED).word == "timeout"


def test_an_exit_code_of_124_in_time_is_not_a_timeout(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("exit 124"))
    seen = until(session, ticket, State.ENDED)
    assert (seen.rc, seen.word) == (124, "exit")


def test_burying_refuses_a_late_starter(session: ParamikoSession, ticket: Ticket) -> None:
    assert bury(session, ticket).state is State.TOMBSTONE
    assert bury(session, ticket).state is State.TOMBSTONE
    with pytest.raises(AlreadyClaimed):
        start(session, ticket, sh("true"))


def test_a_runner_that_comes_after_the_burial_runs_nothing(
    session: ParamikoSession, ticket: Ticket, tmp_path: Path
) -> None:
    effect = tmp_path / "effect"
    start(session, ticket, sh(f"echo x >>{effect}"))
    until(session, ticket, State.ENDED)
    folder = Path(ticket.directory)
    for name in ("started", "rc"):  # as if the launch were still on its way
        (folder / name).unlink()
    effect.unlink()
    assert probe(session, ticket).state is State.CLAIMED
    assert bury(session, ticket).state is State.TOMBSTONE
    session.run(sh(f"sh {folder}/run setsid"))
    assert not effect.exists()
    assert probe(session, ticket).state is State.TOMBSTONE


def test_burying_leaves_a_running_step_alone(session: ParamikoSession, ticket: Ticket, tmp_path: Path) -> None:
    start(session, ticket, sh(f"until [ -e {tmp_path}/go ]; do sleep 0.1; done"))
    until(session, ticket, State.RUNNING)
    assert bury(session, ticket).state is State.RUNNING
    (tmp_path / "go").touch()
    assert until(session, ticket, State.ENDED).rc == 0
