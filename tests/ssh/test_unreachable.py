"""A host that cannot be reached, or only by methods we refuse, gives one clear sentence."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssh.paramiko_session import Target, connect, scan
from ssh.session import Unreachable
from tests.ssh.conftest import free_port, running_sshd


def target(port: int, address: str = "127.0.0.1") -> Target:
    return Target("db1", address, port, "rosa", connect_timeout=1.0)


@pytest.fixture
def silent() -> Iterator[int]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[1]


def test_a_closed_port_is_told() -> None:
    with pytest.raises(Unreachable, match="db1 cannot be reached at .* refused") as caught:
        connect(target(free_port()))
    assert caught.value.sent is False


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(Unreachable, match="The name db1.invalid of db1 cannot be resolved"):
        connect(target(22, "db1.invalid"))


def test_a_host_that_is_silent_is_given_up_in_time(silent: int) -> None:
    begin = time.monotonic()
    with pytest.raises(Unreachable, match="db1 does not speak SSH"):
        connect(target(silent))
    assert time.monotonic() - begin < 30


def test_a_scan_of_a_silent_host_is_given_up_in_time(silent: int) -> None:
    with pytest.raises(Unreachable, match="does not speak SSH"):
        scan("127.0.0.1", silent, timeout=1.0)


def test_a_host_that_speaks_something_else_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        door.settimeout(5)
        client = target(port)

        def greet() -> None:
            sock, _ = door.accept()
            sock.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 200)
            sock.close()

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(Unreachable, match="does not speak SSH"):
            connect(client)
        thread.join()


@pytest.mark.parametrize(
    "only",
    [
        "KexAlgorithms diffie-hellman-group14-sha1",
        "HostKeyAlgorithms ssh-rsa",
        "Ciphers aes128-cbc",
        "MACs hmac-sha1\nCiphers aes128-ctr",
    ],
)
def test_a_host_with_only_weak_methods_is_refused_as_too_old(tmp_path: Path, only: str) -> None:
    words = "OpenSSH 5.3 on RHEL 6.*OpenSSH 7.4"
    with running_sshd(tmp_path / "old", ("rsa",), only) as old, pytest.raises(Unreachable, match=words):
        connect(old.target)


@pytest.mark.parametrize("only", ["Ciphers aes128-ctr", "Ciphers aes256-gcm@openssh.com"])
def test_a_host_with_the_methods_of_rhel_7_is_reached(tmp_path: Path, only: str) -> None:
    with running_sshd(tmp_path / "rhel7", ("ed25519",), only) as host, connect(host.target) as session:
        assert session.is_alive()
