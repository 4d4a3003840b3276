"""Whole files are written below our directory and read from anywhere, verified."""

import stat
from pathlib import Path

import pytest

from ssh.command import Command
from ssh.detached import (
    DetachedError,
    FileTooLarge,
    NoSuchFile,
    Ticket,
    UploadDamaged,
    get_file,
    put_file,
)
from ssh.paramiko_session import ParamikoSession
from ssh.session import Result

EVERY_BYTE = bytes(range(256)) * 1000


def test_every_byte_and_the_mode_arrive(session: ParamikoSession, ticket: Ticket) -> None:
    path = f"{ticket.place.root}/{ticket.run}/NewVG.conf"
    put_file(session, path, EVERY_BYTE, 0o640, place=ticket.place)
    assert Path(path).read_bytes() == EVERY_BYTE
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o640
    assert get_file(session, path, place=ticket.place) == EVERY_BYTE


def test_an_existing_file_is_replaced_and_no_part_is_left(session: ParamikoSession, ticket: Ticket) -> None:
    path = f"{ticket.place.root}/{ticket.run}/file"
    for text in (b"one", b"two"):
        put_file(session, path, text, place=ticket.place)
    assert Path(path).read_bytes() == b"two"
    assert [entry.name for entry in Path(path).parent.iterdir()] == ["file"]


@pytest.mark.parametrize("path", ["/etc/passwd", "{root}", "{root}/../x", "{root}/a b", "{root}/.hidden"])
def test_a_path_elsewhere_is_refused(session: ParamikoSession, ticket: Ticket, path: str) -> None:
    with pytest.raises(ValueError, match="Files are written below"):
        put_file(session, path.format(root=ticket.place.root), b"", place=ticket.place)


def test_a_directory_in_the_way_is_told(session: ParamikoSession, ticket: Ticket) -> None:
    (Path(ticket.place.root) / "d").mkdir()
    with pytest.raises(DetachedError, match="is a directory"):
        put_file(session, f"{ticket.place.root}/d", b"", place=ticket.place)


def test_a_missing_file_is_told(session: ParamikoSession, ticket: Ticket) -> None:
    with pytest.raises(NoSuchFile, match="/etc/no such file"):
        get_file(session, "/etc/no such file", place=ticket.place)


def test_a_larger_file_than_wanted_is_not_sent(session: ParamikoSession, ticket: Ticket) -> None:
    with pytest.raises(FileTooLarge, match=f"has {Path('/etc/passwd').stat().st_size} bytes"):
        get_file(session, "/etc/passwd", limit=10, place=ticket.place)


class Shortening:
    """A host whose file loses its end while it is read."""

    def __init__(self, session: ParamikoSession) -> None:
        self.session = session

    def run(self, command: Command) -> Result:
        result = self.session.run(command)
        return Result(result.status, result.stdout[:-1], result.stderr)


def test_a_file_that_changes_while_it_is_read_is_told(session: ParamikoSession, ticket: Ticket) -> None:
    with pytest.raises(UploadDamaged, match="changed on the host"):
        get_file(Shortening(session), "/etc/passwd", place=ticket.place)  # type: ignore[arg-type]  # only run is used
