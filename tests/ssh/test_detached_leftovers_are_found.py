"""Before a host is used again, everything that still lives on it is found."""

from dataclasses import replace
from pathlib import Path

from ssh.detached import Leftover, State, Ticket, any_alive, bury, start, stop
from ssh.paramiko_session import ParamikoSession
from tests.ssh.conftest import sh, until


def test_running_and_claimed_steps_are_listed_and_finished_ones_are_not(
    session: ParamikoSession, ticket: Ticket
) -> None:
    running, ended, buried, claimed = (
        replace(ticket, step=step, run=run)
        for step, run in (("one", "R1"), ("two", "R1"), ("three", "R2"), ("four-4", "R2"))
    )
    start(session, running, sh("sleep 30"))
    start(session, ended, sh("true"))
    until(session, ended, State.ENDED)
    bury(session, buried)
    Path(claimed.directory).mkdir()
    assert set(any_alive(session, ticket.place)) == {
        Leftover("R1", "one", 1, State.RUNNING),
        Leftover("R2", "four-4", 1, State.CLAIMED),
    }
    stop(session, running, 1)
    bury(session, claimed)
    assert any_alive(session, ticket.place) == []


def test_a_fresh_host_has_none(session: ParamikoSession, ticket: Ticket) -> None:
    assert any_alive(session, ticket.place) == []
