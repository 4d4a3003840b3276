"""How the script looks at what fstab names: nothing of the network, and nothing without a limit."""

from __future__ import annotations

import os
import subprocess

import pytest

from readiness.facts.look import AskContents
from readiness.scripts import script
from ssh.session import Result

FSTAB = """\
/dev/null /on/null ext4 defaults 0 0
/dev/nothing-of-this-name /mnt ext4 defaults 0 0
//nas/share /srv/share cifs defaults 0 0
nas:/export /srv/export nfs hard 0 0
/srv/brick /srv/vol glusterfs defaults 0 0
/slow/place /slow/point none bind 0 0
/ /mounted/already none bind 0 0
"""


@pytest.fixture
def looked(tmp_path):
    """What part_specs prints of FSTAB, and which paths `test` was asked about. `/slow` answers too late."""
    (tmp_path / "fstab").write_text(FSTAB)
    (tmp_path / "mountinfo").write_text("27 1 254:0 / /mounted/already rw - nfs nas:/x rw\n")
    asked = tmp_path / "asked"
    tool = tmp_path / "timeout"
    tool.write_text(f'#!/bin/sh\nshift\necho "$*" >>{asked}\ncase "$*" in */slow*) exit 124 ;; esac\nexec "$@"\n')
    tool.chmod(0o755)
    text = script("parts.lib", "look").partition("\npart host part_host")[0] + "\npart_specs\n"
    text = text.replace("/etc/fstab", str(tmp_path / "fstab")).replace(
        "/proc/self/mountinfo", str(tmp_path / "mountinfo")
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", text, "regroup", "1"], env=env, capture_output=True, text=True, timeout=30)
    return done.stdout.splitlines(), asked.read_text()


def test_devices_are_told_shares_are_left_alone_and_what_is_slow_is_not_known(looked):
    rows = [line.split("\t") for line in looked[0]]
    assert rows == [
        ["/dev/null", "/on/null", "/dev/null", "none"],
        ["/dev/nothing-of-this-name", "/mnt", "", "dir"],
        ["/", "/mounted/already", "/", "dir"],
    ]


def test_neither_a_share_nor_what_is_mounted_is_looked_at(looked):
    asked = looked[1]
    assert "/slow/place" in asked and "/on/null" in asked
    assert not [word for word in ("nas", "/srv", "/mounted/already") if word in asked]


def test_an_initial_file_system_of_which_nothing_can_be_listed_is_damaged(tmp_path):
    for name, text in (("lsinitramfs", "exit 1"), ("timeout", 'shift; exec "$@"'), ("ionice", 'shift; exec "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ask = AskContents(str(tmp_path / "timeout"), "", 5)
    done = subprocess.run(ask.command().argv[3:], env=env, capture_output=True, timeout=30)
    found = ask.parse(Result(done.returncode, done.stdout, done.stderr))
    assert (found.damaged, found.count, found.why) == (True, 0, "")


def test_lines_of_grubs_passwords_do_not_leave_the_host(tmp_path):
    (tmp_path / "grub.cfg").write_text("set a=1\n  password_pbkdf2 root geheim\npassword geheim\n")
    text = script("parts.lib", "look").partition("\npart host part_host")[0] + f"\ntext {tmp_path}/grub.cfg 999\n"
    done = subprocess.run(["sh", "-c", text, "regroup", "1"], capture_output=True, text=True, timeout=30)
    assert "|set a=1" in done.stdout and "geheim" not in done.stdout
