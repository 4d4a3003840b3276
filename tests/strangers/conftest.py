"""A host of which Regroup knows the key, each way to sign in to it, and whoever answers in its place."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from changes import kinds
from inventory.credentials import credential_create
from inventory.models import Credential, Host, HostKey
from inventory.states import KeyState
from ssh.hostkeys import parse_public_key
from tests.execution.toy import ToyKind
from tests.ssh.conftest import make_key
from tests.ssh.listening import Listener, listening

PASSWORD = "hunter2-and-more"
USER = "signs-in"
KEY_EXCHANGE = frozenset({1, 2, 4, 7, 20, 21, *range(30, 35)})
"""Disconnect, ignore, debug, extensions, and the exchange of keys itself (RFC 4250)."""


class Forged(paramiko.Ed25519Key):
    """Shows the true host's public key, and has another private one: whoever stands in the middle can do no better."""

    shown = b""

    def asbytes(self) -> bytes:
        return self.shown


@dataclass
class Place:
    """The true host's key, the host's row, and what was kept of our secrets."""

    true: Path
    host: Host
    secrets: list[bytes]


@pytest.fixture(autouse=True)
def toys(monkeypatch) -> None:
    monkeypatch.setitem(kinds._KINDS, "toy", ToyKind())
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture(scope="session")
def true_key(tmp_path_factory) -> Path:
    return make_key(tmp_path_factory.mktemp("true") / "host")


@pytest.fixture(scope="session")
def our_key(tmp_path_factory) -> Path:
    return make_key(tmp_path_factory.mktemp("ours") / "client")


@pytest.fixture(scope="session")
def agent(tmp_path_factory, our_key: Path) -> Iterator[str]:
    """An ssh-agent that holds our key; where it listens."""
    socket = tmp_path_factory.mktemp("agent") / "socket"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    subprocess.run(["ssh-add", "-q", str(our_key)], check=True, env={**os.environ, "SSH_AUTH_SOCK": str(socket)})
    yield str(socket)
    process.terminate()
    process.wait(60)


@pytest.fixture
def credential(db, our_key: Path, agent: str, monkeypatch) -> Callable[[str], Credential]:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    words = {
        "key": {"secret": our_key.read_text()},
        "password": {"secret": PASSWORD},
        "file": {"key_file": f"{our_key}"},
    }
    return lambda kind: credential_create(f"by {kind}", kind, by=None, **words.get(kind, {}))


@pytest.fixture
def place(db, true_key: Path, our_key: Path) -> Place:
    """app01, its key trusted."""
    host = Host.objects.create(name="app01", address="127.0.0.1", user=USER)
    trust(host, true_key)
    public = parse_public_key(Path(f"{our_key}.pub").read_text())
    return Place(true_key, host, [PASSWORD.encode(), USER.encode(), public.blob()])


def trust(host: Host, key: Path) -> None:
    pinned = parse_public_key(Path(f"{key}.pub").read_text())
    HostKey.objects.create(
        host=host, algorithm=pinned.algorithm, key_base64=pinned.key_base64, fingerprint=pinned.fingerprint(),
        state=KeyState.TRUSTED,
    )  # fmt: skip


@pytest.fixture
def answered_by(place: Place, tmp_path: Path) -> Iterator[Callable[[str], Listener]]:
    """Who answers at the host's address from now on: itself · another key · a forged key · another algorithm."""
    with ExitStack() as stack:

        def answer(who: str) -> Listener:
            listener = stack.enter_context(listening(_key(who, place.true, tmp_path), PASSWORD))
            place.host.port = listener.port
            place.host.save()
            return listener

        yield answer


def _key(who: str, true: Path, folder: Path) -> paramiko.PKey:
    if who == "itself":
        return paramiko.Ed25519Key.from_private_key_file(str(true))
    if who == "another algorithm":
        return paramiko.ECDSAKey.from_private_key_file(str(make_key(folder / "stranger", "ecdsa")))
    key = Forged.from_private_key_file(str(make_key(folder / "stranger")))
    key.shown = parse_public_key(
        Path(f"{true if who == 'a forged key' else folder / 'stranger'}.pub").read_text()
    ).blob()
    return key
