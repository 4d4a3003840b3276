"""`sudo -n` refusing is told apart from the command refusing, with what to do about it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ssh import sudo
from ssh.command import Command
from ssh.detached import Place, prepare
from ssh.paramiko_session import Target, connect
from ssh.session import Result, SudoRefused
from tests.ssh.conftest import running_sshd

# The words of sudo 1.8 and 1.9 as its sources have them; below some are drawn from the real one.
SAID = [
    ("sudo: a password is required", "wants a password from rosa.*rosa ALL=.root. NOPASSWD: ALL"),
    ("sudo: sorry, a password is required to run sudo", "wants a password"),
    ("sudo: no tty present and no askpass program specified", "wants a password"),
    ("sudo: sorry, you must have a tty to run sudo", "wants a terminal .requiretty.*Defaults:rosa !requiretty"),
    ("Sorry, user rosa is not allowed to execute '/usr/bin/env id' as root on db1.", "does not allow rosa"),
    ("Sorry, user rosa may not run sudo on db1.", "does not allow rosa"),
    ("rosa is not in the sudoers file.  This incident will be reported.", "rosa is not in sudoers on db1"),
    (
        "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set or an NFS "
        "file system without root privileges?",
        "cannot become root",
    ),
    ("sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set", "cannot become root"),
    (
        'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
        "cannot become root",
    ),
    ("sudo: account validation failure, is your account locked?", "locked or expired"),
    ("sudo: PAM account management error: Permission denied", "locked or expired"),
    ("sudo: /etc/sudoers is world writable\nsudo: no valid sudoers sources found, quitting", "visudo"),
    (
        "sudo: unable to resolve host db1: Name or service not known\nsudo: a password is required",
        "wants a password",
    ),
]


@pytest.mark.parametrize(("said", "sentence"), SAID)
def test_each_refusal_of_sudo_becomes_its_sentence(said: str, sentence: str) -> None:
    with pytest.raises(SudoRefused, match=sentence):
        sudo.check(Result(1, b"", said.encode() + b"\n"), "db1", "rosa")


@pytest.mark.parametrize("locale_words", ["No such file or directory", "Datei oder Verzeichnis nicht gefunden"])
def test_a_missing_sudo_is_told_in_any_language(locale_words: str) -> None:
    said = f"env: \u2018sudo\u2019: {locale_words}\n".encode()
    with pytest.raises(SudoRefused, match="sudo is not installed on db1"):
        sudo.check(Result(127, b"", said), "db1", "rosa")


@pytest.mark.parametrize(
    "result",
    [
        Result(0, b"", b"sudo: unable to resolve host db1: Name or service not known\n"),
        Result(1, b"", b"sudo: unable to resolve host db1: Name or service not known\ncat: x: No such file\n"),
        Result(1, b"output", b"sudo: a password is required\n"),
        Result(5, b"", b'  Volume group "sudo" not found\n'),
        Result(127, b"", b"env: \xe2\x80\x98vgs\xe2\x80\x99: No such file or directory\n"),
    ],
)
def test_an_answer_of_the_command_itself_is_no_refusal(result: Result) -> None:
    sudo.check(result, "db1", "rosa")


@pytest.fixture(scope="module")
def rosa() -> Iterator[Target]:
    """An ordinary user made for these tests, whom a real sshd lets in."""
    if os.geteuid() != 0 or not shutil.which("sudo") or not shutil.which("useradd"):
        pytest.skip("needs root, sudo and useradd to try real sudo rules; the lab tests sudo too")
    name = f"rgt{os.getpid()}"
    subprocess.run(["useradd", "-M", "-s", "/bin/sh", "-p", "*", name], check=True)
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)  # sshd reads authorized_keys as the user
    try:
        with running_sshd(folder) as server:
            yield replace(server.target, user=name)
    finally:
        shutil.rmtree(folder)
        remove_user(name)


def remove_user(name: str) -> None:
    """userdel refuses for a moment while sshd still ends the user's last session."""
    for _ in range(100):
        if subprocess.run(["userdel", name], capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(f"the user {name} of this test could not be removed")


@pytest.fixture
def rule(rosa: Target) -> Iterator[Callable[[str], None]]:
    """Puts one line for rosa into sudo's rules."""
    path = Path(f"/etc/sudoers.d/{rosa.user}")

    def write(line: str) -> None:
        path.touch(mode=0o440)
        path.write_text(line.format(user=rosa.user) + "\n")

    yield write
    path.unlink(missing_ok=True)


WHO = Command(("id", "-un"), sudo=True)


def test_real_sudo_without_a_rule_is_recognised(rosa: Target) -> None:
    with connect(rosa) as session, pytest.raises(SudoRefused, match=f"{rosa.user} ALL=.root. NOPASSWD"):
        session.run(WHO)


def test_real_sudo_that_wants_a_password_is_recognised(rosa: Target, rule: Callable[[str], None]) -> None:
    rule("{user} ALL=(root) ALL")
    with connect(rosa) as session, pytest.raises(SudoRefused, match="wants a password"):
        session.run(WHO)


def test_real_sudo_with_a_rule_for_something_else_is_recognised(rosa: Target, rule: Callable[[str], None]) -> None:
    rule("{user} ALL=(root) NOPASSWD: /bin/true")
    with connect(rosa) as session, pytest.raises(SudoRefused):
        session.run(WHO)


def test_real_sudo_that_wants_a_terminal_is_recognised(rosa: Target, rule: Callable[[str], None]) -> None:
    rule("Defaults:{user} requiretty\n{user} ALL=(root) NOPASSWD: ALL")
    with connect(rosa) as session, pytest.raises(SudoRefused, match="requiretty"):
        session.run(WHO)


def test_the_line_in_the_hint_is_the_one_that_helps(rosa: Target, rule: Callable[[str], None]) -> None:
    hint = sudo.HINT.partition(": ")[2]
    rule(hint)
    with connect(rosa) as session:
        assert session.run(WHO).stdout == b"root\n"


def test_a_host_is_prepared_by_an_ordinary_user_through_sudo(
    rosa: Target, rule: Callable[[str], None], tmp_path: Path
) -> None:
    place = Place(root=f"{tmp_path}/host")
    with connect(rosa) as session:
        with pytest.raises(SudoRefused):
            prepare(session, place)
        rule(sudo.HINT.partition(": ")[2])
        prepare(session, place)
    owner = pwd.getpwuid(Path(place.root).stat().st_uid).pw_name
    assert owner == "root"
