"""Whatever is killed, and when, the host's own record tells what happened, and the effect is there once."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ssh import detached, host_scripts
from ssh.command import Command
from ssh.detached import AlreadyClaimed, Place, State, Ticket, bury, follow, prepare, probe, start
from ssh.paramiko_session import ParamikoSession, connect
from ssh.session import Result, SessionError
from tests.ssh.conftest import Sshd, sh, until


def cut(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """Let the real start script kill itself just before this line of its main function."""
    whole = host_scripts.text_of("start")
    assert whole.count(before) == 1
    monkeypatch.setattr(
        host_scripts,
        "text_of",
        lambda name: whole.replace(before, f"  kill -9 $$\n{before}") if name == "start" else _text_of(name),
    )


_text_of = host_scripts.text_of


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("  lock\n", State.ABSENT),
        ("  verify\n", State.ABSENT),
        ("  stage || disk_error\n", State.ABSENT),
        ("  claim\n", State.ABSENT),
        ("  launch\n", State.CLAIMED),
        ("  unlock\n", State.ENDED),
        ("  wait_for_runner\n", State.ENDED),
        ("  answer\n", State.ENDED),
    ],
)
def test_a_start_killed_at_any_point_is_told_right_by_a_probe(
    session: ParamikoSession,
    ticket: Ticket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    left: State,
) -> None:
    effect = tmp_path / "effect"
    command = sh(f"echo effect >>{effect}")
    cut(monkeypatch, before)
    with pytest.raises(SessionError, match="broke off") as caught:
        start(session, ticket, command)
    assert caught.value.sent is True
    monkeypatch.undo()

    if left is State.ENDED:
        assert until(session, ticket, State.ENDED).rc == 0
    else:
        time.sleep(0.3)
        assert probe(session, ticket).state is left
        assert bury(session, ticket).state is State.TOMBSTONE
        start(session, replace(ticket, attempt=2), command)
        assert until(session, replace(ticket, attempt=2), State.ENDED).rc == 0
    with pytest.raises(AlreadyClaimed):
        start(session, ticket, command)
    assert effect.read_text() == "effect\n"


class Cutting:
    """A session that loses the end of what it sends."""

    def __init__(self, session: ParamikoSession, share: float) -> None:
        self.session, self.share = session, share

    def run(self, command: Command) -> Result:
        assert isinstance(command.stdin, str)
        return self.session.run(replace(command, stdin=command.stdin[: int(len(command.stdin) * self.share)]))


def test_a_script_cut_in_half_on_its_way_does_nothing(session: ParamikoSession, ticket: Ticket) -> None:
    for share in (0.3, 0.6, 0.8, 0.95, 0.999):
        with pytest.raises(SessionError, match="broke off"):
            start(Cutting(session, share), ticket, sh("true", stdin="x" * 1000))  # type: ignore[arg-type]  # only run
        assert probe(session, ticket).state is State.ABSENT


CLIENT = """
import sys
from ssh.command import Command, Secret
from ssh.detached import Place, Ticket, follow, start
from ssh.hostkeys import parse_public_key
from ssh.paramiko_session import Target, connect

port, user, host_key, key_file, root, effect = sys.argv[1:]
target = Target("h", "127.0.0.1", int(port), user, (parse_public_key(host_key),), key_file=key_file)
ticket = Ticket("R1", "import", 1, 1, place=Place(root, sudo=False))
script = f"for n in $(seq 1 40); do echo line $n; sleep 0.05; done; echo effect >>{effect}"
with connect(target) as session:
    start(session, ticket, Command(("sh", "-c", script)))
    for chunk in follow(session, ticket, 0, stop=lambda: False):
        sys.stdout.buffer.write(chunk.data)
        sys.stdout.flush()
"""


def test_a_client_killed_in_the_middle_is_replaced_without_a_line_lost_or_doubled(
    sshd: Sshd, session: ParamikoSession, tmp_path: Path
) -> None:
    place, effect, seen = Place(f"{tmp_path}/host", sudo=False), tmp_path / "effect", tmp_path / "seen"
    prepare(session, place)
    target = sshd.target
    words = [str(sshd.port), target.user, target.host_keys[0].line(), str(sshd.client_key), place.root]
    with seen.open("wb") as out:
        client = subprocess.Popen(
            [sys.executable, "-c", CLIENT, *words, str(effect)], stdout=out, env={"PYTHONPATH": os.getcwd()}
        )
        deadline = time.monotonic() + 20
        while b"line 8\n" not in seen.read_bytes():
            assert client.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        client.send_signal(signal.SIGKILL)
        client.wait()

    ticket = Ticket("R1", "import", 1, 2, place=place)
    first = seen.read_bytes()
    assert probe(session, ticket).state is State.RUNNING
    rest = list(follow(session, ticket, len(first), stop=lambda: False))
    assert rest[-1].probe.rc == 0
    log = first + b"".join(chunk.data for chunk in rest)
    assert log.decode().splitlines() == [f"line {n}" for n in range(1, 41)]
    assert effect.read_text() == "effect\n"


def test_a_step_goes_on_after_its_connection_is_cut(sshd: Sshd, session: ParamikoSession, ticket: Ticket) -> None:
    with connect(sshd.target) as other:
        start(other, ticket, sh("sleep 1; echo done"))
    seen = until(session, ticket, State.ENDED)
    assert (seen.rc, detached.read_log(session, ticket, 0)) == (0, b"done\n")
