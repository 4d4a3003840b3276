"""A host that goes down in the middle of a step tells so when it is back."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

from lab import Host
from lab.errors import LabError
from ssh.detached import State, Ticket, any_alive, follow, prepare, probe, read_log, start
from ssh.paramiko_session import connect
from tests.lab.test_detached_steps import root, target_of
from tests.ssh.conftest import sh, until


def test_a_reboot_ends_a_step_as_of_another_boot_and_keeps_a_finished_one(app01: Host) -> None:
    target = target_of(app01)
    ticket = Ticket("R1", "import", 1, 1)
    with connect(target) as session:
        boot = prepare(session)
        start(session, replace(ticket, step="before"), sh("echo kept; exit 4"))
        until(session, replace(ticket, step="before"), State.ENDED)
        start(session, ticket, sh("trap '' TERM; echo begun; while :; do sleep 1; done"))
        until(session, ticket, State.RUNNING)
        root(session, "sync; echo 1 >/proc/sys/kernel/sysrq; (sleep 1; echo b >/proc/sysrq-trigger) >/dev/null 2>&1 &")
    wait_for_reboot(app01, boot)
    with connect(target) as session:
        seen = probe(session, ticket)
        assert (seen.state, seen.rc) == (State.OTHER_BOOT, None)
        assert seen.boot_id != boot
        *_, last = follow(session, ticket, 0, stop=lambda: False)
        assert last.probe.state is State.OTHER_BOOT
        kept = probe(session, replace(ticket, step="before"))
        assert (kept.state, kept.rc) == (State.ENDED, 4)
        assert read_log(session, replace(ticket, step="before"), 0) == b"kept\n"
        assert any_alive(session) == []


def wait_for_reboot(host: Host, boot: str) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        # short tries: a login that the reset cuts off hangs, because nobody is left to say so
        with contextlib.suppress(LabError):
            if host.door.wait_login("cat /proc/sys/kernel/random/boot_id", 15).strip() != boot:
                return
        time.sleep(1)
    raise AssertionError("the host did not reboot")
