"""What the lab starts ends by itself and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import Host, Lab, LabError, tear_down
from tests.config.conftest import until

START = """
import sys, time
from pathlib import Path
from lab import Lab
Lab(Path(sys.argv[1])).start(sys.argv[3], die_with_parent=sys.argv[2] == "dies")
print("up", flush=True)
time.sleep(300)
"""


both_kinds = pytest.mark.parametrize("name", ["app02", "ping01"])
"""A host by itself, and one whose NICs are on the lab's switch, which is a process more."""


def started(folder: Path, dies: str, name: str) -> subprocess.Popen[str]:
    """A process of its own that has started `name` in `folder`."""
    words = [sys.executable, "-c", START, str(folder), dies, name]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def kill_9(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def ended(host: Host, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while host.running() and time.monotonic() < deadline:
        time.sleep(0.1)
    return host.running() is None


def using(folder: Path) -> list[int]:
    """The processes that have a file below `folder` open or as their working directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = [process / "cwd", *(process / "fd").iterdir()]
            if any(os.readlink(link).startswith(str(folder)) for link in links):
                found.append(int(process.name))
        except OSError:
            continue
    return found


@both_kinds
def test_a_host_ends_with_the_process_that_started_it_even_by_kill_9(lab: Lab, tmp_path: Path, name: str) -> None:
    starter = started(tmp_path / "lab", "dies", name)
    kill_9(starter)
    assert ended(Lab(tmp_path / "lab", lab.build).host(name), timeout=60)
    assert until(lambda: using(tmp_path / "lab") == [])


@pytest.mark.parametrize("name", ["app02", pytest.param("ping01", marks=pytest.mark.repeated)])
def test_down_ends_a_host_whose_starter_is_gone_and_removes_the_folder(lab: Lab, tmp_path: Path, name: str) -> None:
    kill_9(started(tmp_path / "lab", "stays", name))
    host = Lab(tmp_path / "lab", lab.build).host(name)
    assert host.run("hostname").strip() == name
    assert tear_down(tmp_path / "lab") == [name]
    assert (host.running(), using(tmp_path / "lab"), (tmp_path / "lab").exists()) == (None, [], False)


def test_down_leaves_another_process_alone_that_got_the_same_number(lab: Lab, tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "60"])
    folder = Lab(tmp_path / "lab", lab.build).folder
    (folder / "app01").mkdir()
    (folder / "app01" / "pid").write_text(f'{{"pid": {other.pid}, "started": 1}}')
    assert tear_down(folder) == []
    alive = other.poll() is None
    other.kill()
    other.wait()
    assert alive


def test_a_host_ends_when_its_time_is_up(lab: Lab, tmp_path: Path) -> None:
    instance = Lab(tmp_path / "lab", lab.build)
    host = instance.start("app02", max_life=20)
    assert ended(host, timeout=90)
    instance.down()


def test_a_host_never_runs_twice_in_one_instance(app01: Host, lab: Lab) -> None:
    with pytest.raises(LabError, match="already runs"):
        lab.start("app01")
    assert app01.run("hostname").strip() == "app01"


def test_two_instances_each_have_an_app01_of_their_own(app01: Host, lab: Lab, tmp_path: Path) -> None:
    other = Lab(tmp_path / "lab", lab.build)
    second = other.start("app01")
    app01.run("touch /run/first", sudo=True)
    assert second.run("ls /run/first", check=False) == ""
    assert second.port != app01.port
    other.down()


def test_a_host_keeps_its_port_when_it_is_started_again(app01: Host, lab: Lab) -> None:
    port = app01.port
    app01.stop()
    assert lab.start("app01").port == port


def test_only_a_labs_own_folder_is_ever_removed(tmp_path: Path) -> None:
    (tmp_path / "letters").touch()
    with pytest.raises(LabError, match="is not a lab's state folder"):
        tear_down(tmp_path)
    assert (tmp_path / "letters").exists()
