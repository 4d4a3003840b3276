"""Sessions for workers that are to be killed: to this very machine, or by SSH to a server of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from inventory.models import Host
from ssh.command import Command
from ssh.paramiko_session import connect
from ssh.session import Result, Session, Unreachable
from ssh.without_sudo import WithoutSudo
from tests.chaos.order import Order
from tests.execution.local_session import LocalSession

SLOW_LAUNCH = ('setsid /bin/sh "$dir/run" setsid', 'setsid /bin/sh -c \'sleep 6; exec /bin/sh "$0" setsid\' "$dir/run"')

NO_SYSTEMD = ("by_systemd || by_setsid", "by_setsid")

BEAT = Lock()
"""Held by a heartbeat, and where a worker stops: one that stopped in the middle of a write would hold SQLite's lock,
and nobody else could write until it went on."""


class Striking(LocalSession):
    """To this machine; the worker signals itself just before it sends its n-th command."""

    sent = 0

    def __init__(self, strike: int, signal: int, quirk: str) -> None:
        self.strike, self.signal, self.quirk = strike, signal, quirk

    def run(self, command: Command) -> Result:
        Striking.sent += 1
        if Striking.sent == self.strike:
            with BEAT:
                os.kill(os.getpid(), self.signal)
        if self.quirk == "away":
            raise Unreachable("The host does not answer.")
        if self.quirk == "slow launch" and isinstance(command.stdin, str) and SLOW_LAUNCH[0] in command.stdin:
            command = replace(command, stdin=command.stdin.replace(*SLOW_LAUNCH).replace(*NO_SYSTEMD))
            self.quirk = ""
        return super().run(command)


def opener(order: Order) -> Callable[[Host], Session]:
    if order.target:
        target = order.target
        return lambda host: WithoutSudo(connect(target))
    return lambda host: Striking(order.strike, order.signal, order.quirk)
