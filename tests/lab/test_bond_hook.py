"""Where NetworkManager runs ifenslave's hook, which takes ports out of their bond, a bond is refused."""

from __future__ import annotations

from typing import Any

from changes.plan import Plan, Refusal
from networking.kind import KIND
from ssh.facts import SessionAsk
from tests.lab.recovery_walker import reach
from tests.lab.test_bond_change import asked

HOOK = "/etc/network/if-post-down.d/ifenslave"


def answer(host: Any) -> Plan | Refusal:
    with reach(host) as session:
        return KIND.plan(asked(host), KIND.gather(asked(host), SessionAsk(session)))


def test_it_is_seen_and_refused_with_what_to_do(net_host: Any) -> None:
    host = net_host("keyfile")
    assert isinstance(answer(host), Plan)
    host.run(f"mkdir -p {HOOK.rpartition('/')[0]}; printf '#!/bin/sh\\n' >{HOOK}; chmod 755 {HOOK}", sudo=True)
    said = answer(host)
    assert isinstance(said, Refusal)
    assert "Purge ifenslave (apt purge ifenslave" in said.reasons[0]
    host.run(f"chmod 644 {HOOK}", sudo=True)
    assert isinstance(answer(host), Plan)
