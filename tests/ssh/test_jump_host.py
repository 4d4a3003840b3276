"""A host behind a jump host: both keys are verified, and both sentences name the right one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ssh.command import Command
from ssh.paramiko_session import connect, scan
from ssh.session import HostKeyChanged, HostKeyUnknown, Unreachable
from tests.ssh.conftest import Sshd, free_port, running_sshd


@pytest.fixture(scope="module")
def jump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("jump"), extra="PermitOpen 127.0.0.1:*") as server:
        yield server


def test_commands_run_on_the_host_behind(sshd: Sshd, jump: Sshd) -> None:
    inner = replace(sshd.target, jump=replace(jump.target, name="bastion"))
    with connect(inner) as session:
        port = session.run(Command(("sh", "-c", "echo $SSH_CONNECTION"))).text.split()[3]
    assert port == str(sshd.port)


def test_closing_the_session_ends_the_jump_too(sshd: Sshd, jump: Sshd) -> None:
    session = connect(replace(sshd.target, jump=jump.target))
    way = session._jump
    session.close()
    assert way is not None
    assert not way.is_alive()


def test_a_changed_key_of_the_jump_host_stops_everything(sshd: Sshd, jump: Sshd) -> None:
    wrong = replace(jump.target, name="bastion", host_keys=(sshd.keys["ed25519"],))
    with pytest.raises(HostKeyChanged, match="bastion shows another host key"):
        connect(replace(sshd.target, jump=wrong))


def test_a_changed_key_of_the_host_behind_is_seen(sshd: Sshd, jump: Sshd) -> None:
    inner = replace(sshd.target, host_keys=(jump.keys["ed25519"],), jump=jump.target)
    with pytest.raises(HostKeyChanged, match="loopback shows another host key"):
        connect(inner)


def test_an_untrusted_jump_host_is_not_used(sshd: Sshd, jump: Sshd) -> None:
    with pytest.raises(HostKeyUnknown, match="bastion has no trusted host key"):
        connect(replace(sshd.target, jump=replace(jump.target, name="bastion", host_keys=())))


def test_a_host_that_the_jump_host_cannot_reach_is_told_with_the_way(sshd: Sshd, jump: Sshd) -> None:
    inner = replace(sshd.target, port=free_port(), jump=replace(jump.target, name="bastion"))
    with pytest.raises(Unreachable, match="loopback cannot be reached at .* through bastion"):
        connect(inner)


def test_a_key_is_scanned_through_a_jump_host(sshd: Sshd, jump: Sshd, tmp_path: Path) -> None:
    assert scan("127.0.0.1", sshd.port, jump=jump.target) == sshd.keys["ed25519"]
