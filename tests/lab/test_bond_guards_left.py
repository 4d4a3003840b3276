"""A boot of a host on which the guards of several changes were left: what is undecided goes back, and nothing hangs."""

from __future__ import annotations

from lab import Host
from tests.lab.recovery_walker import reach
from tests.networking.guarded import Guarded

FILE = "/etc/regroup-test.conf"
LONG = 600
"""Seconds to a revert that is not to come by time, however busy the machine is."""


def test_a_boot_goes_back_from_what_is_undecided_whatever_guards_are_left(app01: Host) -> None:
    with reach(app01) as session:
        back, confirmed, lost, undecided = changes = tuple(Guarded(session, seconds=LONG) for _ in range(4))
        for change in changes:
            change.saved({FILE: None}).ok(change.guard.boot_guard())
        for change in (back, confirmed, undecided):
            change.armed()
        back.revert("hand")
        confirmed.ok(confirmed.guard.confirm())
        assert undecided.applied({FILE: "new\n"}, "true")[0] == 0
        app01.run(f"rm -r {lost.root}/{lost.run}", sudo=True)
    app01.reboot()
    with reach(app01) as session:
        undecided.session = session
        state = undecided.until(lambda state: state.reverted)
    assert (state.decided, state.reverted["how"], state.boot_guard) == ("revert", "boot", False), state
    assert "regroup" not in app01.run(f"ls {FILE} 2>/dev/null; systemctl --failed; systemctl list-jobs")
