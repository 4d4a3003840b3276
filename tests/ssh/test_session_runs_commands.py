"""Commands over an open session, with a thread of its own or kept without: streams, sizes, times and breakdowns."""

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from paramiko.message import Message

from ssh import sentences
from ssh.command import Command
from ssh.kept import KeptSession, Switchboard
from ssh.paramiko_session import ParamikoSession, connect, connect_kept
from ssh.session import CommandTimeout, Result, SessionError
from tests.ssh.conftest import Sshd

AnySession = ParamikoSession | KeptSession


@pytest.fixture
def board() -> Iterator[Switchboard]:
    one = Switchboard(16)
    yield one
    one.close()


@pytest.fixture
def threaded(sshd: Sshd) -> Iterator[ParamikoSession]:
    with connect(sshd.target) as opened:
        yield opened


@pytest.fixture(params=["a thread", "kept"])
def session(sshd: Sshd, board: Switchboard, request: pytest.FixtureRequest) -> Iterator[AnySession]:
    with connect_kept(sshd.target, board) if request.param == "kept" else connect(sshd.target) as opened:
        assert isinstance(opened, KeptSession) == (request.param == "kept")
        yield opened


def sh(script: str, *, stdin: str = "", timeout: float = 60) -> Command:
    return Command(("sh", "-c", script), stdin=stdin, timeout=timeout)


def test_status_and_both_streams_come_back(session: AnySession) -> None:
    assert session.run(sh("echo out; echo err >&2; exit 7")) == Result(7, b"out\n", b"err\n")


def test_standard_input_arrives_and_ends(session: AnySession) -> None:
    assert session.run(sh("wc -c", stdin="12345")).stdout.strip() == b"5"


def test_no_standard_input_means_end_of_file_at_once(session: AnySession) -> None:
    assert session.run(Command(("cat",), timeout=60)).stdout == b""


def test_megabytes_both_ways_at_once_do_not_deadlock(session: AnySession) -> None:
    data = "0123456789abcdef" * (8 << 16)  # 8 MiB, four times the window
    result = session.run(sh("tee /dev/stderr", stdin=data, timeout=60))
    assert result.stdout == data.encode()
    assert result.stderr == data.encode()


def test_a_command_that_ignores_its_input_still_ends(session: AnySession) -> None:
    assert session.run(sh("echo done", stdin="x" * (8 << 20))).stdout == b"done\n"


def test_a_command_may_end_at_any_point_of_its_input(session: AnySession) -> None:
    for _ in range(100):
        assert session.run(sh("echo done", stdin="x" * (1 << 18))).stdout == b"done\n"


@pytest.mark.parametrize("stdin", ["", "x" * 100])
def test_input_that_is_late_for_its_channel_is_dropped(
    threaded: ParamikoSession, monkeypatch: pytest.MonkeyPatch, stdin: str
) -> None:
    """Our thread stands still where paramiko let go of the channel's lock, until sshd closed the channel."""
    send = threaded._transport._send_user_message  # type: ignore[attr-defined]

    def late(message: Message) -> None:
        channel = getattr(message, "channel", None)
        while channel is not None and not channel.closed:
            time.sleep(0.001)
        send(message)

    monkeypatch.setattr(threaded._transport, "_send_user_message", late)
    assert threaded.run(sh("echo done", stdin=stdin)).stdout == b"done\n"
    assert threaded.run(sh("echo on")).stdout == b"on\n"


def test_output_cut_off_with_the_connection_is_not_taken_for_the_whole(session: AnySession) -> None:
    """The shell is over, its child still writes: sshd told the status, and then it dies."""
    with pytest.raises(SessionError, match="was lost while a command ran") as caught:
        session.run(sh("(sleep 0.3; echo more; kill -9 $PPID) & sleep 0.1"))
    assert caught.value.sent is True


def test_a_command_ended_by_a_signal_has_its_number(session: AnySession) -> None:
    assert session.run(sh("kill -9 $$")).status == 128 + 9


def test_a_hanging_command_is_given_up_in_time_and_may_have_run(session: AnySession) -> None:
    begin = time.monotonic()
    with pytest.raises(CommandTimeout, match="did not end within 0.5 seconds on loopback: sleep 60") as caught:
        session.run(Command(("sleep", "60"), timeout=0.5))
    assert time.monotonic() - begin < 25
    assert caught.value.sent is True
    assert session.run(Command(("echo", "on"))).stdout == b"on\n"


def test_a_command_that_trickles_is_given_up_in_time(session: AnySession) -> None:
    with pytest.raises(CommandTimeout):
        session.run(sh("while :; do echo x; sleep 0.1; done", timeout=0.5))


def test_too_much_output_is_given_up(session: AnySession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "OUTPUT_LIMIT", 1 << 20)
    with pytest.raises(SessionError, match="more than 1 MiB on loopback"):
        session.run(Command(("yes",)))


def test_a_connection_lost_in_a_command_says_that_it_may_still_run(session: AnySession) -> None:
    with pytest.raises(SessionError, match="was lost while a command ran") as caught:
        session.run(sh("kill -9 $PPID; sleep 5"))
    assert caught.value.sent is True


def test_a_command_on_a_lost_connection_was_certainly_not_sent(session: AnySession) -> None:
    session.close()
    assert not session.is_alive()
    with pytest.raises(SessionError, match="no command could be sent") as caught:
        session.run(Command(("true",)))
    assert caught.value.sent is False


def test_many_threads_share_a_session(session: AnySession) -> None:
    answers: dict[int, bytes] = {}

    def ask(number: int) -> None:
        answers[number] = session.run(sh(f"sleep 0.1; echo {number}")).stdout

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: b"%d\n" % number for number in range(8)}


def test_the_socket_sends_at_once_and_notices_a_dead_peer(session: AnySession) -> None:
    sock = session._transport.sock
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


@pytest.mark.parametrize("kept", [False, True])
def test_commands_and_sessions_leave_no_descriptor_open(sshd: Sshd, board: Switchboard, kept: bool) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    def opened() -> AnySession:
        return connect_kept(sshd.target, board) if kept else connect(sshd.target)

    opened().close()
    time.sleep(0.3)
    before = count()
    for _ in range(3):
        with opened() as session:
            for _ in range(10):
                session.run(Command(("true",)))
    deadline = time.monotonic() + 60
    while count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert count() <= before
