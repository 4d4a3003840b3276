"""A probe tells what became of an attempt, from what lives on the host and not from hope."""

import os
import signal
from pathlib import Path

from ssh.detached import State, Ticket, bury, prepare, probe, start, stop
from ssh.paramiko_session import ParamikoSession
from tests.ssh.conftest import runner_pid, sh, until, wait_until


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descent(pid: int) -> list[int]:
    return [pid, *(member for child in children(pid) for member in descent(child))]


def tree(pid: int) -> list[int]:
    """The runner, its timeout, the shell and its sleep, once all are there."""
    wait_until(lambda: len(descent(pid)) >= 4)
    return descent(pid)


def test_nothing_there_is_absent(session: ParamikoSession, ticket: Ticket) -> None:
    seen = probe(session, ticket)
    assert (seen.state, seen.rc, seen.log_size, seen.started_at) == (State.ABSENT, None, 0, None)


def test_a_running_step_is_running_and_its_log_counted(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("printf 12345; exec sleep 60"))
    wait_until(lambda: probe(session, ticket).log_size)
    seen = probe(session, ticket)
    assert (seen.state, seen.rc, seen.log_size) == (State.RUNNING, None, 5)
    assert seen.boot_id == prepare(session, ticket.place)
    stop(session, ticket, 1)


def test_a_step_whose_processes_were_all_killed_is_dead(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 60; true"))
    pids = tree(runner_pid(ticket))
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert until(session, ticket, State.DEAD).rc is None


def test_a_killed_runner_whose_command_lives_on_is_not_dead(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 60; true"))
    runner, *command = tree(runner_pid(ticket))
    os.kill(runner, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{runner}").exists())
    assert probe(session, ticket).state is State.RUNNING
    for pid in command:
        os.kill(pid, signal.SIGKILL)
    until(session, ticket, State.DEAD)


def test_a_pid_that_belongs_to_somebody_else_now_is_not_the_step(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 60; true"))
    pid = runner_pid(ticket)
    for member in tree(pid):
        os.kill(member, signal.SIGKILL)
    started = Path(ticket.directory) / "started"
    started.write_text(started.read_text().replace(f"pid={pid}", f"pid={os.getpid()}"))
    assert probe(session, ticket).state is State.DEAD


def test_the_tenth_attempt_is_not_the_first(session: ParamikoSession, ticket: Ticket) -> None:
    tenth = Ticket(ticket.run, ticket.step, 10, ticket.fence, place=ticket.place)
    start(session, tenth, sh("sleep 60; true"))
    start(session, ticket, sh("sleep 60; true"))
    for pid in tree(runner_pid(ticket)):
        os.kill(pid, signal.SIGKILL)
    until(session, ticket, State.DEAD)
    assert probe(session, tenth).state is State.RUNNING
    stop(session, tenth, 1)


def test_a_step_of_another_boot_is_told(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 60; true"))
    pids = tree(runner_pid(ticket))
    started = Path(ticket.directory) / "started"
    now = probe(session, ticket).boot_id
    started.write_text(started.read_text().replace(now, "0" * 36))
    assert probe(session, ticket).state is State.OTHER_BOOT
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_an_exit_code_of_another_boot_still_counts(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("exit 4"))
    now = until(session, ticket, State.ENDED).boot_id
    started = Path(ticket.directory) / "started"
    started.write_text(started.read_text().replace(now, "0" * 36))
    seen = probe(session, ticket)
    assert (seen.state, seen.rc) == (State.ENDED, 4)


def test_a_buried_step_is_a_tombstone(session: ParamikoSession, ticket: Ticket) -> None:
    bury(session, ticket)
    assert probe(session, ticket).state is State.TOMBSTONE


def test_a_probe_is_one_round_trip(session: ParamikoSession, ticket: Ticket) -> None:
    class Counting:
        asked = 0

        def run(self, command: object) -> object:
            self.asked += 1
            return session.run(command)  # type: ignore[arg-type]  # a Command

    counting = Counting()
    probe(counting, ticket)  # type: ignore[arg-type]  # only run is used
    assert counting.asked == 1
