"""A kept connection has no thread, is looked after all the same, and keeps its place among many."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ssh.command import Command
from ssh.kept import KeptSession, Switchboard
from ssh.paramiko_session import ParamikoSession, connect_kept
from ssh.paramiko_transport import Transport
from ssh.session import HostKeyChanged
from tests.ssh.conftest import Sshd, make_key, running_sshd
from tests.ssh.listening import listening


@pytest.fixture
def board() -> Iterator[Switchboard]:
    one = Switchboard(1)
    yield one
    one.close()


def until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 120
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def echo(session: KeptSession | ParamikoSession) -> bytes:
    return session.run(Command(("echo", "on"))).stdout


def test_connections_that_are_kept_add_no_thread(sshd: Sshd, board: Switchboard) -> None:
    before = threading.active_count()
    sessions = [connect_kept(sshd.target, board) for _ in range(3)]
    assert [echo(session) for session in sessions] == [b"on\n"] * 3
    assert until(lambda: threading.active_count() <= before)
    for session in sessions:
        session.close()


def test_a_host_that_hangs_up_is_known_before_anybody_asks(sshd: Sshd, board: Switchboard) -> None:
    session = connect_kept(sshd.target, board)
    session.ask(Command(("sh", "-c", "kill -9 $PPID"))).exception()
    assert until(lambda: not session.is_alive())


def test_only_so_many_commands_are_under_way_and_the_rest_wait(sshd: Sshd, board: Switchboard) -> None:
    with connect_kept(sshd.target, board) as session:
        assert isinstance(session, KeptSession)
        asked = [session.ask(Command(("date", "+%s%N"))) for _ in range(5)]
        slow = session.ask(Command(("sh", "-c", "sleep 0.3; date +%s%N")))
        last = session.ask(Command(("date", "+%s%N")))
        times = [int(one.result().text) for one in (*asked, slow, last)]
    assert times == sorted(times)


def test_new_keys_that_the_host_wants_are_exchanged(
    tmp_path: Path, board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchanged: list[Transport] = []
    activate = Transport._activate_inbound  # type: ignore[attr-defined]
    monkeypatch.setattr(Transport, "_activate_inbound", lambda self: [activate(self), exchanged.append(self)])
    with (
        running_sshd(tmp_path / "sshd", extra="RekeyLimit 64K") as sshd,
        connect_kept(sshd.target, board) as session,
    ):
        data = "0123456789abcdef" * (1 << 15)  # 512 KiB
        for _ in range(3):
            assert session.run(Command(("cat",), stdin=data)).stdout == data.encode()
    assert len(exchanged) > 2


def test_a_host_that_asks_whether_we_are_there_gets_an_answer(tmp_path: Path, board: Switchboard) -> None:
    with (
        running_sshd(tmp_path / "sshd", extra="ClientAliveInterval 1\nClientAliveCountMax 2") as sshd,
        connect_kept(sshd.target, board) as session,
    ):
        time.sleep(5)
        assert session.is_alive() and echo(session) == b"on\n"


def test_a_host_whose_packets_hide_their_length_gets_a_thread(tmp_path: Path, board: Switchboard) -> None:
    with (
        running_sshd(tmp_path / "sshd", extra="Ciphers aes256-ctr\nMACs hmac-sha2-256") as sshd,
        connect_kept(sshd.target, board) as session,
    ):
        assert isinstance(session, ParamikoSession)
        assert echo(session) == b"on\n"


def test_a_mac_that_comes_last_will_do(tmp_path: Path, board: Switchboard) -> None:
    with (
        running_sshd(tmp_path / "sshd", extra="Ciphers aes256-ctr\nMACs hmac-sha2-256-etm@openssh.com") as sshd,
        connect_kept(sshd.target, board) as session,
    ):
        assert isinstance(session, KeptSession)
        assert echo(session) == b"on\n"


def test_another_host_key_gets_no_sign_in(tmp_path: Path, sshd: Sshd, board: Switchboard) -> None:
    with listening(make_key(tmp_path / "stranger")) as stranger, pytest.raises(HostKeyChanged):
        connect_kept(replace(sshd.target, port=stranger.port), board)
    assert stranger.sign_ins == [] and 5 not in stranger.messages
