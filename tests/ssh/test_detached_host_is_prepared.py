"""A host is made ready once, and what it lacks is named before anything is tried."""

import fcntl
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ssh import detached, host_scripts
from ssh.detached import HostDiskFull, HostNotReady, Place, Ticket, prepare, start
from ssh.paramiko_session import ParamikoSession
from ssh.session import SessionError
from tests.ssh.conftest import sh
from tests.ssh.local import LocalSession


def test_it_makes_a_private_directory_and_tells_the_boot(session: ParamikoSession, place: Place) -> None:
    boot = prepare(session, place)
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert stat.S_IMODE(Path(place.root).stat().st_mode) == 0o700


def test_it_may_be_done_again(session: ParamikoSession, place: Place) -> None:
    Path(place.root).mkdir(mode=0o755)
    assert prepare(session, place) == prepare(session, place)
    assert stat.S_IMODE(Path(place.root).stat().st_mode) == 0o700


def test_many_may_do_it_at_once(session: ParamikoSession, place: Place) -> None:
    with ThreadPoolExecutor(8) as threads:
        boots = set(threads.map(lambda _: prepare(session, place), range(24)))
    assert len(boots) == 1
    assert [path.name for path in Path(place.root).iterdir()] == ["boot"]


def test_too_little_room_is_told_in_mebibytes(
    session: ParamikoSession, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detached, "FREE_KIB", 1 << 50)
    with pytest.raises(HostDiskFull, match=r"has only \d+ MiB free for"):
        prepare(session, place)


def test_missing_tools_are_named(tmp_path: Path, place: Place) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in os.listdir("/usr/bin"):
        if name not in ("flock", "setsid"):
            (tools / name).symlink_to(f"/usr/bin/{name}")
    with pytest.raises(HostNotReady, match="lacks what a run needs: flock setsid"):
        prepare(LocalSession(path=str(tools)), place)


def test_a_symbolic_link_in_place_of_our_directory_is_refused(
    session: ParamikoSession, place: Place, tmp_path: Path
) -> None:
    Path(place.root).symlink_to(tmp_path)
    with pytest.raises(HostNotReady, match="is a symbolic link"):
        prepare(session, place)


def test_a_file_in_place_of_our_directory_is_refused(session: ParamikoSession, place: Place) -> None:
    Path(place.root).write_text("")
    with pytest.raises(HostNotReady, match="File exists"):
        prepare(session, place)


def test_a_lock_that_is_held_is_told_with_its_path(
    ticket: Ticket, session: ParamikoSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = host_scripts.text_of
    monkeypatch.setattr(host_scripts, "text_of", lambda name: whole(name).replace("-lt 100", "-lt 3"))
    with open(f"{ticket.place.root}/lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(HostNotReady, match="holds the lock .*/host/lock"):
            start(session, ticket, sh("true"))


def test_an_account_without_a_shell_is_told_in_its_own_words(place: Place) -> None:
    session = LocalSession("/usr/sbin/nologin")
    with pytest.raises(SessionError, match="broke off what we asked of it"):
        prepare(session, place)
