"""The host's script finds our connection in the processes above it, where sudo dropped it; else by their socket."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from networking.facts.session import parse_session
from networking.scripts import script
from ssh.sections import parts

ABOVE = 'env -u SSH_CONNECTION sh -c "$1" regroup; :'
"""As sshd's shell does: it knows the connection, and starts something that was robbed of it."""

SS = """#!/bin/sh
echo 'State Recv-Q Send-Q Local Address:Port Peer Address:Port Process'
echo 'ESTAB 0 0 10.9.9.9:22 10.9.9.8:555 users:(("sshd",pid=1234567,fd=4))'
echo "ESTAB 0 0 10.0.2.15:22 10.0.2.2:40604 users:((\\"sshd\\",pid=$OUTER,fd=4))"
"""


def session_part(words: list[str], environment: dict[str, str]) -> str:
    """What `part_session` alone says."""
    library = script("network.lib", "files.lib", "network").partition("\npart host")[0]
    text = f"{library}\npart session part_session"
    done = subprocess.run([*words, text], env=environment, capture_output=True, text=True, timeout=60, check=True)
    return parts(done.stdout, "test")["session"][1]


def test_what_sshd_told_the_shell_above_is_found():
    environment = {"PATH": os.environ["PATH"], "SSH_CONNECTION": "10.0.2.2 40604 10.0.2.15 22"}
    said = session_part(["sh", "-c", ABOVE, "above"], environment)
    assert "connection=10.0.2.2 40604 10.0.2.15 22" in said.splitlines()
    assert parse_session(said, ())[1] == "10.0.2.2"


def test_a_session_that_still_has_it_is_believed_first():
    environment = {"PATH": os.environ["PATH"], "SSH_CONNECTION": "10.0.2.3 1 10.0.2.15 22"}
    said = session_part(["sh", "-c"], environment)
    assert said.splitlines()[0] == "connection=10.0.2.3 1 10.0.2.15 22"


@pytest.mark.skipif("SSH_CONNECTION" in os.environ, reason="this very test runs over SSH, and its script finds that")
def test_where_nobody_was_told_the_socket_of_one_above_is_found(tmp_path: Path):
    (tmp_path / "ss").write_text(SS)
    (tmp_path / "ss").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = session_part(["sh", "-c", 'OUTER=$$; export OUTER; sh -c "$1" regroup; :', "above"], environment)
    assert said.splitlines() == ["socket=10.0.2.15:22 10.0.2.2:40604"]
    assert parse_session(said, ())[1] == "10.0.2.2"
