"""The host's side is plain POSIX sh: dash, bash and busybox, with the system's tools or busybox's."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ssh import host_scripts
from ssh.detached import AlreadyClaimed, Place, State, Ticket, any_alive, follow, prepare, start, stop
from tests.ssh.conftest import sh, until
from tests.ssh.local import PATH, LocalSession


@pytest.fixture(params=["dash", "bash", "busybox sh", "busybox all"])
def session(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalSession:
    """This machine, its sh (also the one the scripts name) being one of these."""
    name, _, rest = request.param.partition(" ")
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "sh").symlink_to(program)  # bash called sh is in its POSIX mode, as on RHEL
    path = PATH
    if rest == "all":
        path = str(tools)
        listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
        for applet in {*listed.split(), "flock"} - {"sh"}:
            found = program if applet in listed.split() else shutil.which(applet)  # Debian's lacks flock
            (tools / applet).symlink_to(str(found))
    whole = host_scripts.text_of
    monkeypatch.setattr(
        host_scripts,
        "text_of",
        lambda name: whole(name).replace("/bin/sh", f"{tools}/sh").replace(PATH, path),
    )
    return LocalSession(f"{tools}/sh", path)


@pytest.fixture
def ticket(session: LocalSession, tmp_path: Path) -> Ticket:
    place = Place(root=f"{tmp_path}/host", sudo=False)
    prepare(session, place)
    return Ticket("R1", "import", 1, 1, place=place)


def test_a_step_runs_and_is_followed_to_its_verdict(session: LocalSession, ticket: Ticket) -> None:
    script = "for n in 1 2 3; do echo line $n; sleep 0.1; done; cat; exit 3"
    start(session, ticket, sh(script, stdin="input\n"))
    chunks = list(follow(session, ticket, 0, stop=lambda: False))
    assert b"".join(chunk.data for chunk in chunks) == b"line 1\nline 2\nline 3\ninput\n"
    assert (chunks[-1].probe.rc, chunks[-1].probe.word) == (3, "exit")
    with pytest.raises(AlreadyClaimed):
        start(session, ticket, sh("true"))


def test_a_step_is_listed_and_stopped(session: LocalSession, ticket: Ticket) -> None:
    start(session, ticket, sh("echo begun; sleep 60; true"))
    until(session, ticket, State.RUNNING)
    assert [left.state for left in any_alive(session, ticket.place)] == [State.RUNNING]
    assert stop(session, ticket, 2).word == "stopped"


def test_a_step_over_its_time_is_ended(session: LocalSession, ticket: Ticket) -> None:
    start(session, ticket, sh("sleep 60; true"), timeout=1)
    *_, last = follow(session, ticket, 0, stop=lambda: False)
    assert (last.probe.rc, last.probe.word) == (124, "timeout")
