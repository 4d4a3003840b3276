"""Signing in: each method, and refusals that say why and give no secret away."""

import os
import subprocess
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ssh.command import Command, Secret
from ssh.hostkeys import parse_public_key
from ssh.paramiko_session import Target, connect
from ssh.session import AuthenticationRefused, Unreachable
from tests.ssh.conftest import Sshd, make_key
from tests.ssh.listening import listening


def works(target: Target) -> bool:
    with connect(target) as session:
        return session.run(Command(("echo", "in"))).stdout == b"in\n"


def allow(sshd: Sshd, key: Path) -> None:
    with (sshd.folder / "authorized_keys").open("a") as file:
        file.write(Path(f"{key}.pub").read_text())


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_of_each_type_signs_in(sshd: Sshd, tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path / "key", kind)
    allow(sshd, key)
    assert works(replace(sshd.target, key_text=Secret(key.read_text())))


def test_a_key_file_signs_in(sshd: Sshd) -> None:
    assert works(replace(sshd.target, key_text=None, key_file=str(sshd.client_key)))


def test_an_encrypted_key_signs_in_with_its_passphrase(sshd: Sshd, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key", passphrase="open sesame")
    allow(sshd, key)
    target = replace(sshd.target, key_text=Secret(key.read_text()))
    assert works(replace(target, key_passphrase=Secret("open sesame")))
    with pytest.raises(AuthenticationRefused, match="needs a passphrase"):
        connect(target)
    with pytest.raises(AuthenticationRefused, match="the passphrase is wrong"):
        connect(replace(target, key_passphrase=Secret("open barley")))


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    deadline = time.monotonic() + 60
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    yield
    process.terminate()
    process.wait(60)


@pytest.mark.usefixtures("agent")
def test_a_key_of_the_agent_signs_in(sshd: Sshd, tmp_path: Path) -> None:
    for path in (make_key(tmp_path / "stranger"), sshd.client_key):
        subprocess.run(["ssh-add", "-q", str(path)], check=True, env=dict(os.environ))
    assert works(replace(sshd.target, key_text=None, use_agent=True))


def test_the_next_method_is_tried_after_a_refused_one(sshd: Sshd, tmp_path: Path) -> None:
    stranger = make_key(tmp_path / "stranger")
    target = replace(sshd.target, key_text=Secret(stranger.read_text()), key_file=str(sshd.client_key))
    assert works(target)


def test_a_refused_key_names_user_host_and_method(sshd: Sshd, tmp_path: Path) -> None:
    stranger = make_key(tmp_path / "stranger")
    with pytest.raises(AuthenticationRefused, match="loopback does not let .* in: the stored key was not"):
        connect(replace(sshd.target, key_text=Secret(stranger.read_text())))


def test_a_method_the_host_does_not_allow_is_named(sshd: Sshd) -> None:
    with pytest.raises(AuthenticationRefused, match="the password is not allowed there .*publickey"):
        connect(replace(sshd.target, key_text=None, password=Secret("hunter2")))


def test_a_missing_key_file_is_named(sshd: Sshd) -> None:
    with pytest.raises(AuthenticationRefused, match="the key file /nowhere/key cannot be read"):
        connect(replace(sshd.target, key_text=None, key_file="/nowhere/key"))


def test_nothing_to_sign_in_with_is_said(sshd: Sshd) -> None:
    with pytest.raises(AuthenticationRefused, match="nothing to sign in"):
        connect(replace(sshd.target, key_text=None))


def test_no_secret_is_in_the_error_its_causes_or_its_frames(sshd: Sshd, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key", passphrase="correct horse").read_text()
    target = replace(
        sshd.target, key_text=Secret(key), key_passphrase=Secret("battery staple"), password=Secret("hunter2")
    )
    with pytest.raises(AuthenticationRefused) as caught:
        connect(target)
    error = caught.value
    assert error.__traceback__ is not None
    own_frames = error.__traceback__.tb_next  # without this function's, which does hold them
    shown = "".join(traceback.TracebackException(type(error), error, own_frames, capture_locals=True).format())
    assert "_sign_in" in shown
    assert error.__context__ is None
    for secret in ("battery staple", "hunter2", key.splitlines()[1]):
        assert secret not in shown
        assert secret not in repr(target)


def test_a_host_that_never_answers_the_sign_in_is_unreachable(tmp_path: Path) -> None:
    host = make_key(tmp_path / "host")
    key = parse_public_key(Path(f"{host}.pub").read_text())
    with listening(host, password="x", delay=30) as listener:
        target = Target("slow", "127.0.0.1", listener.port, "rosa", (key,), password=Secret("x"))
        with pytest.raises(Unreachable, match="slow did not answer the sign-in within 3 seconds"):
            connect(replace(target, connect_timeout=3.0))
