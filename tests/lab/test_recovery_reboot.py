"""The host is restarted in the middle of a recovery: what was lost is said, and the undo gives the disk back whole."""

from __future__ import annotations

import pytest

from lab import Disk, Host
from tests.lab.recovery_walker import StepFailed, Walker, reach
from tests.lab.test_recovery_from_the_disk import from_disk
from tests.lab.test_recovery_story import planned, running


def test_after_a_restart_nothing_is_mounted_and_the_undo_gives_the_disk_back(app01: Host, vm42_disk: Disk) -> None:
    before, as_it_was = vm42_disk.sha256(), running(app01)
    app01.attach(vm42_disk)
    walker = planned(app01, from_disk())
    walker.walk(upto="mount-root")

    app01.reboot()
    assert "(8, 0)" in app01.run("dmsetup deps RootVG-root", sudo=True)
    assert app01.run("blockdev --getro /dev/mapper/vm42_RootVG-var", sudo=True).strip() == "0"
    again = Walker(reach(app01), walker.plan, walker.run_dir, walker.found, walker.done)
    with pytest.raises(StepFailed, match="Volume var is writable, which is not what the plan says"):
        again.walk()
    again.undo()
    app01.detach(vm42_disk.serial)
    assert running(app01) == as_it_was
    assert vm42_disk.sha256() == before
