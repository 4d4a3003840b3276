"""A full disk on the host is told in one sentence, and claims nothing."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssh.command import Command
from ssh.detached import HostDiskFull, Place, State, Ticket, bury, prepare, probe, put_file, start
from tests.ssh.conftest import sh
from tests.ssh.local import LocalSession


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Place]:
    """Our directory on a file system of 256 KiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root; the lab tests it too")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    (folder / "host").mkdir()
    yield Place(root=f"{folder}/host", sudo=False)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(place: Place) -> None:
    subprocess.run(["dd", "if=/dev/zero", f"of={place.root}/../ballast", "bs=4k"], capture_output=True)


@pytest.fixture
def ticket(small: Place) -> Ticket:
    return Ticket("R1", "import", 1, 1, place=small)


def test_a_small_disk_is_refused_before_anything(small: Place) -> None:
    with pytest.raises(HostDiskFull, match="has only 0 MiB free"):
        prepare(LocalSession(), small)


def test_an_upload_that_does_not_fit_claims_nothing_and_leaves_nothing(ticket: Ticket) -> None:
    with pytest.raises(HostDiskFull, match="no space left for"):
        start(LocalSession(), ticket, sh("cat", stdin="x" * 400_000))
    assert probe(LocalSession(), ticket).state is State.ABSENT
    assert [path.name for path in Path(ticket.place.root).iterdir()] == [ticket.run]
    assert list((Path(ticket.place.root) / ticket.run).iterdir()) == []


def test_a_disk_that_is_full_after_the_upload_claims_nothing(ticket: Ticket) -> None:
    data = "x" * 150_000  # fits once, and not a second time
    with pytest.raises(HostDiskFull):
        start(LocalSession(), ticket, sh("cat", stdin=data))
    assert probe(LocalSession(), ticket).state is State.ABSENT
    start(LocalSession(), ticket, Command(("true",)))


def test_a_full_disk_refuses_a_start(ticket: Ticket) -> None:
    fill(ticket.place)
    with pytest.raises(HostDiskFull):
        start(LocalSession(), ticket, Command(("true",)))
    assert probe(LocalSession(), ticket).state is State.ABSENT


def test_a_disk_that_fills_up_during_a_step_does_not_take_the_verdict(ticket: Ticket) -> None:
    session = LocalSession()
    start(session, ticket, sh("sleep 0.5; exit 6"))
    fill(ticket.place)
    for _ in range(50):
        seen = probe(session, ticket)
        if seen.state is not State.RUNNING:
            break
        session.run(Command(("sleep", "0.1")))
    assert (seen.state, seen.rc) == (State.ENDED, 6)


def test_a_file_that_does_not_fit_is_told(ticket: Ticket) -> None:
    with pytest.raises(HostDiskFull):
        put_file(LocalSession(), f"{ticket.place.root}/file", b"x" * 400_000, place=ticket.place)


def test_a_burial_on_a_full_disk_is_told(ticket: Ticket) -> None:
    fill(ticket.place)
    with pytest.raises(HostDiskFull):
        bury(LocalSession(), ticket)
