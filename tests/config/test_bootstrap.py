"""bootstrap.sh finds a way to a virtual environment, or names the one command that root must run.

The tools on its PATH are small scripts that say no where a bare machine would; Python is the real one.
Nothing is downloaded: the lock file of the copy is empty.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.conftest import PROJECT

REAL = Path(sys.executable).resolve()


class Bare:
    """A copy of the scripts, and a PATH that holds only what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bin = folder / "project", folder / "bin"
        shutil.copytree(PROJECT / "scripts", self.root / "scripts")
        (self.root / "requirements").mkdir()
        for name in ("base", "dev"):
            (self.root / "requirements" / f"{name}.txt").write_text("")
        self.bin.mkdir()
        for name in ("sh", "dirname", "cksum", "cat", "rm"):
            (self.bin / name).symlink_to(shutil.which(name) or name)
        self.tool("id", "echo 1000")

    def tool(self, name: str, body: str) -> None:
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def python(self, refuses: str = "", name: str = "python3") -> None:
        """A python3 that exits 1 for command lines with one of these words."""
        lines = [f'case " $* " in *" {word} "*) exit 1;; esac' for word in refuses.split(",") if word]
        # What ensurepip would put into the environment takes seconds, and the system's pip serves as well.
        lines.append(f'case "$*" in "-m venv .venv") exec {REAL} -m venv --without-pip .venv;; esac')
        self.tool(name, "\n".join([*lines, f'exec {REAL} "$@"']))

    def run(self, set_name: str = "base", **environment: str) -> subprocess.CompletedProcess[str]:
        words = ["sh", "scripts/bootstrap.sh", set_name]
        surroundings = {"PATH": str(self.bin), "HOME": os.environ.get("HOME", "/"), **environment}
        return subprocess.run(words, cwd=self.root, env=surroundings, capture_output=True, text=True, timeout=300)

    @property
    def made(self) -> bool:
        return (self.root / ".venv" / "bin" / "python").exists()


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Bare(tmp_path)


def test_a_python_with_venv_is_enough(bare: Bare) -> None:
    bare.python()
    done = bare.run()
    assert (done.returncode, bare.made) == (0, True), done.stderr


def test_the_second_call_does_nothing(bare: Bare) -> None:
    bare.python()
    bare.run()
    done = bare.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_lock_is_installed(bare: Bare) -> None:
    bare.python()
    bare.run()
    (bare.root / "requirements" / "base.txt").write_text("# changed\n")
    assert "Installing" in bare.run().stderr


def test_the_development_set_serves_where_the_base_is_wanted(bare: Bare) -> None:
    bare.python()
    bare.run("dev")
    assert bare.run("base").stderr == ""


def test_without_ensurepip_the_pip_of_the_system_fills_the_environment(bare: Bare) -> None:
    bare.tool(
        "python3",
        f'case "$*" in *"venv --without-pip"*) ;; *"-m venv"*) exit 1;; esac\nexec {REAL} "$@"',
    )
    done = bare.run()
    assert (done.returncode, bare.made) == (0, True), done.stderr
    assert not (bare.root / ".venv" / "bin" / "pip").exists()


def test_an_ordinary_user_is_told_the_command_for_root(bare: Bare) -> None:
    bare.python(refuses="venv,pip")
    bare.tool("apt-get", "exit 1")
    done = bare.run()
    assert done.returncode == 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"    sudo apt-get install -y python{version}-venv\n" in done.stderr
    assert not bare.made


def test_root_has_it_installed(bare: Bare) -> None:
    bare.tool("id", "echo 0")
    bare.tool("ls", "exit 0")
    marker = bare.root / "installed"
    bare.tool("apt-get", f'echo "$@" >> {marker}')
    bare.tool(
        "python3",
        f'case "$*" in *"-m pip"*) exit 1;; *"-m venv"*) [ -e {marker} ] || exit 1;; esac\nexec {REAL} "$@"',
    )
    done = bare.run()
    assert (done.returncode, bare.made) == (0, True), done.stderr
    assert marker.read_text().startswith("install -y -q --no-install-recommends python3")


def test_a_python_that_is_too_old_is_refused_with_the_command(bare: Bare) -> None:
    bare.tool("python3", "exit 1")
    done = bare.run()
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "sudo apt-get install -y python3" in done.stderr


def test_a_newer_python_is_found_beside_an_old_one(bare: Bare) -> None:
    bare.tool("python3", "exit 1")
    bare.python(name="python3.11")
    assert bare.run().returncode == 0


def test_a_broken_environment_is_made_anew(bare: Bare) -> None:
    bare.python()
    bare.run()
    python = bare.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert bare.run().returncode == 0
    assert python.exists()


def test_packages_that_are_missing_are_named_in_one_command(bare: Bare) -> None:
    for name in ("sort", "tr"):
        (bare.bin / name).symlink_to(shutil.which(name) or name)
    script = bare.root / "scripts" / "debian.sh"
    script.write_text(
        script.read_text().replace("PATH=$PATH:/usr/sbin:/sbin", "").replace("chromium chromium", "chrome-x chromium")
    )
    words = ["sh", "scripts/debian.sh", "need", "test", "browser"]
    done = subprocess.run(words, cwd=bare.root, env={"PATH": str(bare.bin)}, capture_output=True, text=True)
    assert done.returncode == 1
    command = next(line for line in done.stderr.splitlines() if "sudo apt-get" in line)
    assert {"chromium", "openssh-server", "lvm2"} <= set(command.split())
