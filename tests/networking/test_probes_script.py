"""Whom the probes take for reachable, by a `ping` and an `ip` of the test's own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from networking.scripts import script

PING = """#!/bin/sh
case "$*" in
*-4*-w*old) exit 2 ;;
*-w*answers | *-w*old) exit 0 ;;
esac
exit 1
"""
IP = """#!/bin/sh
[ "$4" != near ] || echo "near dev eth0 lladdr 52:54:00:00:00:01 REACHABLE"
[ "$4" != far ] || echo "far dev eth0 FAILED"
"""


@pytest.mark.parametrize(("address", "said"), [("answers", "yes"), ("old", "yes"), ("near", "arp"), ("far", "no")])
def test_an_address_answers_or_is_on_the_link_or_is_not_there(tmp_path: Path, address: str, said: str) -> None:
    for name, text in (("ping", PING), ("ip", IP)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", script("probes"), "sh", address], env=env, capture_output=True, text=True)
    assert done.stdout == f"{address} {said}\n"
