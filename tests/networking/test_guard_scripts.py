"""The guard's scripts, run by this machine's own shells on files of the test's own. Bonds and boots: tests/lab."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from changes.plan import Call
from ssh.command import Command
from ssh.session import Result
from tests.execution.local_session import LocalSession
from tests.networking.guarded import Guarded

BOTH = pytest.mark.parametrize("host", ["dash", "bash"], indirect=True)
"""Red Hat's sh is bash; the whole way is tried with both."""


class Shell(LocalSession):
    """This machine, where `sh` is the shell that is tried."""

    def __init__(self, folder: Path, shell: str) -> None:
        (folder / "sh").symlink_to(shutil.which(shell) or "")
        self.path = str(folder)

    def run(self, command: Command) -> Result:
        done = subprocess.run(
            command.argv,
            input=command.payload(),
            capture_output=True,
            timeout=command.timeout,
            env={"PATH": f"{self.path}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        )
        return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Guarded]:
    (tmp_path / "bin").mkdir()
    made = Guarded(Shell(tmp_path / "bin", getattr(request, "param", "dash")), str(tmp_path / "regroup"))
    yield made
    if made.look().armed and not made.look().decided:
        made.do(made.guard.confirm())
    made.do(made.guard.tidy())


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A file that stands before; the one that is written beside it is `plain.with_name("new")`."""
    file = tmp_path / "etc" / "plain"
    file.parent.mkdir()
    file.write_text("as before\n")
    file.chmod(0o600)
    return file


def ready(host: Guarded, plain: Path, **scripts: str) -> Guarded:
    return host.saved({str(plain): "as before\n", str(plain.with_name("new")): None}, **scripts)


def apply(host: Guarded, plain: Path, text: str = "true") -> tuple[int, str]:
    return host.applied({str(plain): "changed\n", str(plain.with_name("new")): "no end of line"}, text)


def untouched(plain: Path) -> bool:
    there = sorted(path.name for path in plain.parent.iterdir())
    return there == ["plain"] and plain.read_text() == "as before\n" and plain.stat().st_mode & 0o777 == 0o600


def test_files_are_written_whole_with_their_modes(host, plain):
    ready(host, plain).armed("setsid")
    assert apply(host, plain, f"cat {plain} > {plain}.seen")[0] == 0
    new = plain.with_name("new")
    assert (plain.read_text(), new.read_text(), new.stat().st_mode & 0o777) == ("changed\n", "no end of line", 0o640)
    assert plain.with_name("plain.seen").read_text() == "changed\n"
    assert not [path for path in plain.parent.iterdir() if "regroup" in path.name]


@BOTH
def test_without_a_confirmation_everything_is_as_before(host, plain):
    host.seconds = 3
    ready(host, plain).armed("setsid")
    assert host.look().alive
    assert apply(host, plain)[0] == 0
    state = host.until(lambda state: state.reverted)
    assert untouched(plain), state.log
    assert (state.decided, state.reverted["how"], state.reverted["status"]) == ("revert", "timer", "0")
    assert "reloaded" in state.log
    assert int(state.reverted["begun"]) - int(state.armed["begun"]) >= 3
    assert host.do(host.guard.confirm())[0] == 1


@BOTH
def test_what_is_confirmed_stays_however_late_the_revert_comes(host, plain):
    ready(host, plain).armed("setsid")
    apply(host, plain)
    host.ok(host.guard.confirm())
    for how in ("timer", "boot", "hand"):
        host.revert(how)
    assert plain.read_text() == "changed\n"
    assert host.look().decided == "confirm"
    assert not host.look().reverted
    host.ok(host.guard.tidy())
    assert not host.look().alive


def test_confirm_and_revert_never_both_win(host, plain):
    ready(host, plain)
    lib = host.guard.confirm().script.partition("# confirm GUARD")[0]
    race = f"{lib}\nfor n in 1 2 3 4; do decide confirm && echo confirm & decide revert && echo revert & done; wait"
    for _ in range(5):
        assert host.ok(Call((host.guard.directory,), script=race)).split() == [host.look().decided]
        shutil.rmtree(f"{host.guard.directory}/decided")


def test_an_apply_that_hangs_is_ended_before_the_host_goes_back(host, plain):
    host.seconds = 2
    ready(host, plain).armed("setsid")
    status, _ = apply(host, plain, "sleep 294 & sleep 295")
    assert status != 0
    state = host.until(lambda state: state.reverted)
    assert "ending the apply" in state.log
    assert untouched(plain)
    assert not {"sleep 294", "sleep 295"} & set(subprocess.check_output(["ps", "-eo", "args"], text=True).split("\n"))


def test_an_apply_that_fails_goes_back_at_once(host, plain):
    ready(host, plain).armed("setsid")
    status, said = apply(host, plain, "exit 7")
    assert (status, "goes back now" in said) == (7, True)
    state = host.look()
    assert (state.decided, state.reverted["how"], state.applied["status"]) == ("revert", "apply", "7")
    assert untouched(plain)


def test_a_way_back_that_the_manager_refuses_still_gives_the_files_back_and_says_so(host, plain):
    ready(host, plain, reload="echo no such thing; exit 3").armed("setsid")
    apply(host, plain, "exit 7")
    state = host.look()
    assert untouched(plain)
    assert state.reverted["status"] == "1"
    assert "the network manager said no: 3" in state.log


def test_nothing_is_written_while_no_revert_is_armed(host, plain):
    status, said = apply(ready(host, plain), plain)
    assert (status, "No revert is armed" in said) == (1, True)
    assert untouched(plain)


def test_nothing_is_written_once_it_is_decided(host, plain):
    ready(host, plain).armed("setsid")
    host.ok(host.guard.confirm())
    assert apply(host, plain)[0] == 1
    assert untouched(plain)


def test_an_apply_is_not_begun_twice(host, plain):
    ready(host, plain).armed("setsid")
    apply(host, plain)
    status, said = apply(host, plain)
    assert (status, "not begun twice" in said) == (1, True)


def test_a_way_back_that_was_killed_is_gone_again(host, plain):
    mark, reverting = f"{host.guard.directory}/once", f"{host.guard.directory}/reverting"
    kill = f"[ -e {mark} ] || {{ touch {mark}; kill -9 $PPID $(sed 's/pid=//; s/ .*//' {reverting}); exit 1; }}"
    ready(host, plain, reload=kill).armed("setsid")
    apply(host, plain)
    host.revert("timer")
    assert host.look().on_its_way_back
    host.revert("timer")
    assert "gone again" in host.look().log
    assert host.look().reverted["status"] == "0"
    assert untouched(plain)


def test_a_revert_with_nothing_applied_leaves_the_network_alone(host, plain):
    ready(host, plain).armed("setsid")
    host.revert("timer")
    state = host.look()
    assert "nothing was applied" in state.log
    assert "reloaded" not in state.log
    assert state.reverted["status"] == "0"


def test_what_was_armed_and_never_applied_is_tidied_away(host, plain):
    ready(host, plain).armed("setsid")
    host.ok(host.guard.tidy())
    assert not host.look().alive
    assert apply(host, plain)[0] == 1


def test_what_was_applied_is_not_tidied_away_before_it_is_decided(host, plain):
    ready(host, plain).armed("setsid")
    apply(host, plain)
    assert host.do(host.guard.tidy())[0] == 1
    assert host.look().alive


def test_a_change_without_files_has_a_way_back_too(host):
    host.saved({}).armed("setsid")
    assert host.look().saved
    assert host.applied({}, "exit 7")[0] == 7
    assert "reloaded" in host.look().log


def test_a_file_that_changed_since_the_plan_stops_the_snapshot(host, plain):
    plain.write_text("other\n")
    status, said = host.do(host.guard.snapshot({str(plain): "as before\n"}, {}))
    assert (status, "is not as it was planned from" in said) == (1, True)


def test_a_file_that_came_since_the_plan_stops_the_snapshot(host, plain):
    status, said = host.do(host.guard.snapshot({str(plain): None}, {}))
    assert (status, "is there by now" in said) == (1, True)


def test_a_way_back_that_no_shell_can_read_stops_the_snapshot(host, plain):
    assert host.do(host.guard.snapshot({str(plain): "as before\n"}, {"reload.sh": "if true; then"}))[0] != 0
    assert not host.look().saved


@BOTH
def test_an_upload_that_is_not_what_was_approved_is_not_put_in_place(host, plain):
    ready(host, plain).armed("setsid")
    call = host.guard.apply([], "true")
    forged = Call(call.argv, call.script, call.stdin + f"file 0644 3 {'0' * 64} {plain}\nbad")
    assert host.do(forged)[0] != 0
    assert untouched(plain)


def test_arming_twice_is_arming_once(host, plain):
    ready(host, plain).armed("setsid")
    first = host.look().armed
    assert "Armed already" in host.ok(host.guard.arm("setsid"))
    assert host.look().armed == first


def test_at_is_for_times_of_minutes(host, plain):
    status, said = ready(host, plain).do(host.guard.arm("at"))
    assert (status, "could not be armed" in said) == (1, True)
