"""The log is tailed by byte offset: each byte once, over as many sessions as it takes."""

import threading
import time
from pathlib import Path

import pytest

from execution.lines import Guarded
from ssh import detached
from ssh.command import Command
from ssh.detached import Chunk, State, Ticket, bury, follow, read, read_log, start, stop
from ssh.paramiko_session import ParamikoSession, connect
from ssh.session import Session, SessionError
from tests.ssh.conftest import Sshd, sh, until


def never() -> bool:
    return False


def test_a_hundred_thousand_lines_come_once_each_in_order(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, Command(("seq", "1", "100000")))
    chunks = list(follow(session, ticket, 0, stop=never))
    assert b"".join(chunk.data for chunk in chunks) == b"".join(b"%d\n" % n for n in range(1, 100001))
    offsets = [chunk.offset for chunk in chunks]
    assert offsets == [0, *(chunk.end for chunk in chunks)][:-1]
    assert [chunk.final for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].probe.rc == 0


def test_small_pieces_at_any_offset_make_the_whole(
    session: ParamikoSession, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(session, ticket, Command(("seq", "1", "500")))
    until(session, ticket, State.ENDED)
    whole = read_log(session, ticket, 0)
    offset, pieces = 0, []
    while piece := read_log(session, ticket, offset, 97):
        pieces.append(piece)
        offset += len(piece)
    assert b"".join(pieces) == whole == b"".join(b"%d\n" % n for n in range(1, 501))


def test_bytes_that_look_like_our_marks_are_only_bytes(session: ParamikoSession, ticket: Ticket) -> None:
    text = "regroup-answer\nstate=ended\nrc=0\nregroup-end\n\0\xff" * 3
    start(session, ticket, sh("cat", stdin=text))
    assert b"".join(chunk.data for chunk in follow(session, ticket, 0, stop=never)) == text.encode()


def test_a_lost_session_is_replaced_and_the_log_goes_on(sshd: Sshd, session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("for n in $(seq 1 300); do echo line $n; sleep 0.005; done"))
    log, losses, ended = b"", 0, False
    while not ended:
        with connect(sshd.target) as current:
            killer = threading.Timer(0.4, current.close)
            killer.start()
            try:
                for chunk in follow(current, ticket, len(log), stop=never, poll=0.02):
                    log += chunk.data
                    ended = chunk.final
            except SessionError:
                losses += 1
            killer.cancel()
    assert losses > 0
    assert log == b"".join(b"line %d\n" % n for n in range(1, 301))


def test_following_stops_when_it_is_told_to(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("echo first; sleep 30"))
    seen: list[Chunk] = []
    for chunk in follow(session, ticket, 0, stop=lambda: bool(seen)):
        seen.append(chunk)
    assert [(chunk.data, chunk.final) for chunk in seen] == [(b"first\n", False)]
    stop(session, ticket, 1)


def test_a_quiet_step_is_asked_less_and_less_often(session: ParamikoSession, ticket: Ticket) -> None:
    pauses: list[float] = []
    start(session, ticket, Command(("sleep", "30")))
    for _ in follow(session, ticket, 0, stop=lambda: len(pauses) > 6, poll=0.2, sleep=pauses.append):
        raise AssertionError("nothing was written")
    assert pauses[0] < 0.5
    assert pauses == sorted(pauses)
    assert pauses[-1] == 1.0
    stop(session, ticket, 1)


def test_a_growing_log_is_asked_for_often_but_a_slow_host_is_not_worn_out(
    session: ParamikoSession, ticket: Ticket
) -> None:
    start(session, ticket, sh("while echo more; do sleep 0.01; done"))
    assert all(0.05 <= each <= 0.2 for each in pauses_after_data(session, ticket))
    assert set(pauses_after_data(Guarded(session, lambda: time.sleep(0.15)), ticket)) == {0.2}
    stop(session, ticket, 1)


def pauses_after_data(session: Session, ticket: Ticket) -> list[float]:
    """How long the first five looks that found something were rested after."""
    found: list[float] = []
    grew = False

    def rest(seconds: float) -> None:
        nonlocal grew
        if grew:
            found.append(seconds)
        grew = False
        time.sleep(seconds)

    for _ in follow(session, ticket, 0, stop=lambda: len(found) == 5, poll=0.2, sleep=rest):
        grew = True
    return found


@pytest.mark.parametrize("buried", [False, True])
def test_following_what_never_ran_ends_at_once(session: ParamikoSession, ticket: Ticket, buried: bool) -> None:
    if buried:
        bury(session, ticket)
    (only,) = follow(session, ticket, 0, stop=never)
    assert only.final
    assert only.probe.state is (State.TOMBSTONE if buried else State.ABSENT)


def test_following_a_claim_that_never_begins_gives_up(
    session: ParamikoSession, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detached, "CLAIM_PATIENCE", 0.3)
    Path(ticket.directory).mkdir(parents=True)
    (only,) = follow(session, ticket, 0, stop=never, poll=0.05)
    assert not only.final
    assert only.probe.state is State.CLAIMED


def test_a_log_beyond_its_end_is_empty(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("echo x"))
    until(session, ticket, State.ENDED)
    chunk = read(session, ticket, 1000)
    assert (chunk.data, chunk.final) == (b"", True)


def test_the_verdict_is_seen_soon_after_the_end(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 0.3"))
    begin = time.monotonic()
    *_, last = follow(session, ticket, 0, stop=never)
    assert last.probe.state is State.ENDED
    assert time.monotonic() - begin < 20
