"""The host's key is compared before anything of ours is sent."""

from dataclasses import replace
from pathlib import Path

import pytest

from ssh.command import Command, Secret
from ssh.hostkeys import PinnedKey, parse_public_key
from ssh.paramiko_session import Target, connect, scan
from ssh.session import HostKeyChanged, HostKeyUnknown
from tests.ssh.conftest import Sshd, make_key
from tests.ssh.listening import SERVICE_REQUEST, USERAUTH_REQUEST, listening


def public(path: Path) -> PinnedKey:
    return parse_public_key(Path(f"{path}.pub").read_text())


def test_a_host_without_a_trusted_key_is_refused_with_its_fingerprint(sshd: Sshd) -> None:
    with pytest.raises(HostKeyUnknown) as caught:
        connect(replace(sshd.target, host_keys=()))
    assert not isinstance(caught.value, HostKeyChanged)
    assert caught.value.fingerprint == sshd.keys["ed25519"].fingerprint()
    assert PinnedKey(caught.value.algorithm, caught.value.key) == sshd.keys["ed25519"]
    assert caught.value.fingerprint in str(caught.value)


def test_a_changed_key_is_refused_and_both_fingerprints_are_told(sshd: Sshd, tmp_path: Path) -> None:
    other = public(make_key(tmp_path / "other"))
    with pytest.raises(HostKeyChanged) as caught:
        connect(replace(sshd.target, host_keys=(other,)))
    assert other.fingerprint() in str(caught.value)
    assert sshd.keys["ed25519"].fingerprint() in str(caught.value)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_host_with_several_keys_is_asked_for_the_pinned_one(sshd: Sshd, kind: str) -> None:
    with connect(replace(sshd.target, host_keys=(sshd.keys[kind],))) as session:
        assert session.server_key == sshd.keys[kind]
        assert session.run(Command(("echo", "in"))).stdout == b"in\n"


def test_one_of_several_trusted_keys_is_enough(sshd: Sshd, tmp_path: Path) -> None:
    old = public(make_key(tmp_path / "old"))
    with connect(replace(sshd.target, host_keys=(old, sshd.keys["ed25519"]))) as session:
        assert session.is_alive()


@pytest.mark.parametrize("pinned", [False, True])
def test_a_host_with_a_wrong_key_gets_no_sign_in_message(tmp_path: Path, pinned: bool) -> None:
    keys = (public(make_key(tmp_path / "other")),) if pinned else ()
    host = make_key(tmp_path / "host")
    with listening(host, password="hunter2") as listener, pytest.raises(HostKeyUnknown):
        connect(Target("h", "127.0.0.1", listener.port, "rosa", keys, password=Secret("hunter2")))
    assert listener.messages
    assert not {SERVICE_REQUEST, USERAUTH_REQUEST} & set(listener.messages)
    assert listener.sign_ins == []


def test_the_same_host_with_the_right_key_does_get_them(tmp_path: Path) -> None:
    host = make_key(tmp_path / "host")
    with listening(host, password="hunter2") as listener:
        target = Target("h", "127.0.0.1", listener.port, "rosa", (public(host),), password=Secret("hunter2"))
        connect(target).close()
    assert {SERVICE_REQUEST, USERAUTH_REQUEST} <= set(listener.messages)
    assert listener.sign_ins == [("password", "rosa")]


def test_a_scan_reads_the_key_and_sends_no_sign_in(tmp_path: Path) -> None:
    host = make_key(tmp_path / "host")
    with listening(host) as listener:
        assert scan("127.0.0.1", listener.port) == public(host)
    assert not {SERVICE_REQUEST, USERAUTH_REQUEST} & set(listener.messages)
    assert listener.sign_ins == []
