"""Detached steps on a real host: systemd runs them, a killed client loses nothing, a reboot is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab import Host
from ssh.command import Command
from ssh.detached import (
    AlreadyClaimed,
    HostDiskFull,
    Place,
    State,
    Ticket,
    any_alive,
    follow,
    prepare,
    probe,
    start,
    stop,
)
from ssh.hostkeys import parse_public_key
from ssh.paramiko_session import ParamikoSession, Target, connect
from tests.ssh.conftest import sh, until


def target_of(host: Host) -> Target:
    return Target(
        name=host.name,
        address=host.address,
        port=host.port,
        user=host.user,
        host_keys=(parse_public_key(host.public_key),),
        key_file=str(host.private_key),
        connect_timeout=30,
    )


@pytest.fixture
def session(module_app01: Host) -> Iterator[ParamikoSession]:
    with connect(target_of(module_app01)) as opened:
        yield opened


@pytest.fixture(params=["auto", "setsid"])
def ticket(request: pytest.FixtureRequest, session: ParamikoSession) -> Ticket:
    place = Place(launcher=request.param)
    prepare(session, place)
    return Ticket(f"R{uuid.uuid4().hex[:8]}", "import", 1, int(time.time()), place=place)


def by(ticket: Ticket) -> str:
    return "systemd" if ticket.place.launcher == "auto" else "setsid"


def root(session: ParamikoSession, script: str) -> str:
    return session.run(sh(script).as_root()).text


def test_a_step_runs_as_root_under_its_launcher_and_is_followed(session: ParamikoSession, ticket: Ticket) -> None:
    started = start(session, ticket, sh("id -un; cat; sleep 1; exit 3", stdin="input\n"))
    chunks = list(follow(session, ticket, 0, stop=lambda: False))
    assert started.launcher in (by(ticket), "")
    assert b"".join(chunk.data for chunk in chunks) == b"root\ninput\n"
    assert (chunks[-1].probe.rc, chunks[-1].probe.word) == (3, "exit")
    with pytest.raises(AlreadyClaimed):
        start(session, ticket, Command(("true",)))


def test_systemd_knows_the_step_by_its_unit_while_it_runs_and_forgets_it_then(
    session: ParamikoSession, ticket: Ticket
) -> None:
    start(session, ticket, Command(("sleep", "3")))
    until(session, ticket, State.RUNNING)
    active = root(session, f"systemctl is-active {ticket.unit}").strip()
    assert active == ("active" if by(ticket) == "systemd" else "inactive")
    assert until(session, ticket, State.ENDED).rc == 0
    time.sleep(0.5)
    assert ticket.unit not in root(session, "systemctl list-units --all --no-legend --plain 'regroup-*'")


CLIENT = """
import sys
from ssh.command import Command
from ssh.detached import Place, Ticket, follow, start
from ssh.hostkeys import parse_public_key
from ssh.paramiko_session import Target, connect

port, user, host_key, key_file, run, fence, launcher, script = sys.argv[1:]
target = Target("h", "127.0.0.1", int(port), user, (parse_public_key(host_key),), key_file=key_file)
ticket = Ticket(run, "import", 1, int(fence), place=Place(launcher=launcher))
with connect(target) as session:
    start(session, ticket, Command(("sh", "-c", script)))
    for chunk in follow(session, ticket, 0, stop=lambda: False):
        sys.stdout.buffer.write(chunk.data)
        sys.stdout.flush()
"""


def test_a_killed_client_is_replaced_with_the_same_log_and_the_effect_once(
    module_app01: Host, session: ParamikoSession, ticket: Ticket, tmp_path: Path
) -> None:
    host, seen = module_app01, tmp_path / "seen"
    effect = f"/var/tmp/effect-{ticket.run}"
    script = f"for n in $(seq 1 60); do echo line $n; sleep 0.1; done; echo effect >>{effect}"
    words = [str(host.port), host.user, host.public_key, str(host.private_key), ticket.run]
    words += [str(ticket.fence), ticket.place.launcher, script]
    with seen.open("wb") as out:
        client = subprocess.Popen([sys.executable, "-c", CLIENT, *words], stdout=out, env={"PYTHONPATH": os.getcwd()})
        deadline = time.monotonic() + 60
        while b"line 5\n" not in seen.read_bytes():
            assert client.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        client.send_signal(signal.SIGKILL)
        client.wait()

    first = seen.read_bytes()
    assert probe(session, ticket).state is State.RUNNING
    rest = list(follow(session, ticket, len(first), stop=lambda: False))
    log = first + b"".join(chunk.data for chunk in rest)
    assert log.decode().splitlines() == [f"line {n}" for n in range(1, 61)]
    assert rest[-1].probe.rc == 0
    assert root(session, f"cat {effect}") == "effect\n"


def test_a_stopped_step_takes_all_its_processes_along(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("trap '' TERM; setsid sleep 987 & sleep 986; true"))
    until(session, ticket, State.RUNNING)
    time.sleep(1)
    assert stop(session, ticket, 1).word == "stopped"
    assert root(session, "pgrep -x -f 'sleep 98[67]'") == ""


def test_a_runner_that_was_killed_is_dead_and_left_nothing_behind(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 985; true"))
    until(session, ticket, State.RUNNING)
    root(session, f"pkill -9 -f '[{ticket.directory[0]}]{ticket.directory[1:]}/run'; sleep 1")
    if by(ticket) == "setsid":  # systemd ends what is left of a unit; else the command lives on
        assert probe(session, ticket).state is State.RUNNING
        assert [left.step for left in any_alive(session, ticket.place)] == ["import"]
        stop(session, ticket, 1)
    assert until(session, ticket, State.DEAD).rc is None
    assert any_alive(session, ticket.place) == []


def test_a_full_disk_claims_nothing(session: ParamikoSession, ticket: Ticket) -> None:
    folder = f"/mnt/{ticket.run}"
    root(session, f"mkdir {folder} && mount -t tmpfs -o size=128k tmpfs {folder}")
    small = replace(ticket, place=replace(ticket.place, root=f"{folder}/regroup"))
    with pytest.raises(HostDiskFull):
        prepare(session, small.place)
    with pytest.raises(HostDiskFull):
        start(session, small, sh("cat", stdin="x" * 300_000))
    assert probe(session, small).state is State.ABSENT
    root(session, f"umount {folder} && rmdir {folder}")
