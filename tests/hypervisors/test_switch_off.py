"""The script that switches a VM off, with a virsh of ours: nobody's plug is pulled who was not asked to end."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hypervisors.libvirt.scripts import script

VIRSH = """#!/bin/sh
shift 3
echo "$1" >>"$0.asked"
at=$(grep -c "^$1" "$0.asked")
line=$(sed -n "s/^$1 //p" "$0.says" | sed -n "${at}p")
[ -n "$line" ] || line=$(sed -n "s/^$1 //p" "$0.says" | tail -n 1)
case $line in
fails) echo "error: failed to connect" >&2; exit 1 ;;
*) echo "$line" ;;
esac
"""

Run = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("domstate running", …)`: each answer in its turn, the last one again and again; (status, asked, said)."""
    for name, text in (("virsh", VIRSH), ("sleep", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(*says: str) -> tuple[int, list[str], str]:
        (tmp_path / "virsh.says").write_text("".join(f"{line}\n" for line in says))
        words = ("sh", "-c", script("switch_off"), "regroup", "qemu:///system", "uuid", "10")
        done = subprocess.run(
            words, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, timeout=30
        )
        asked = (tmp_path / "virsh.asked").read_text().split()
        return done.returncode, [word for word in asked if word != "domstate"], done.stdout

    return run


def test_one_that_is_off_is_asked_nothing(run: Run):
    assert run("domstate shut off") == (0, [], "It is off.\n")


def test_one_that_ends_keeps_its_plug(run: Run):
    status, asked, said = run("domstate running", "domstate running", "domstate shut off", "shutdown ok")
    assert (status, asked) == (0, ["shutdown"]) and "ended by itself" in said


def test_one_that_hangs_has_its_plug_pulled_after_it_was_asked(run: Run):
    status, asked, said = run("domstate running", "shutdown ok", "destroy ok")
    assert (status, asked) == (0, ["shutdown", "destroy"]) and "not ended by itself within 10 seconds" in said


def test_a_libvirt_that_comes_back_is_asked_again(run: Run):
    status, asked, _ = run("domstate running", "shutdown fails", "shutdown ok", "destroy ok")
    assert (status, asked) == (0, ["shutdown", "shutdown", "destroy"])


def test_one_that_takes_no_order_is_told_so_and_ended(run: Run):
    status, asked, said = run("domstate paused", "shutdown fails", "destroy ok")
    assert (status, asked) == (0, ["shutdown", "shutdown", "destroy"]) and "cannot be asked to end" in said


def test_where_libvirt_does_not_answer_nothing_is_pulled(run: Run):
    status, asked, _ = run("domstate running", "domstate fails", "shutdown fails", "destroy ok")
    assert status == 1 and "destroy" not in asked
