"""Somebody changes the recovered group: the undo refuses and says why, until nothing is in the way."""

from __future__ import annotations

import pytest

from lab import Disk, Host, Lab
from tests.lab.recovery_walker import StepFailed
from tests.lab.test_recovery_story import asked, planned


def test_an_undo_refuses_what_somebody_did_since(lab: Lab, app01: Host, vm42_disk: Disk) -> None:
    walker = planned(app01, asked(lab.backup_path("story").read_text()))
    walker.walk(before={"attach": lambda: app01.attach(vm42_disk)})

    sleeper = app01.run("cd /recovered/vm42/var && (sleep 600 </dev/null >/dev/null 2>&1 & echo $!)", sudo=True).strip()
    with pytest.raises(StepFailed, match=rf"At work in /recovered/vm42/var: sleep \(pid {sleeper}\)"):
        walker.undo()
    app01.run(f"kill {sleeper}", sudo=True)

    # Without LVM's read-only rule the same command makes the volumes writable.
    app01.run("vgchange -ay vm42_RootVG && mount -o remount,rw /recovered/vm42/root", sudo=True)
    with pytest.raises(StepFailed, match="mounted root on /recovered/vm42/root for writing since"):
        walker.undo()
    app01.run("echo new > /recovered/vm42/root/new && sync && mount -o remount,ro /recovered/vm42/root", sudo=True)
    with pytest.raises(StepFailed, match="can be written to now, though the plan made it read-only"):
        walker.undo()
    read_only = 'activation/read_only_volume_list=["vm42_RootVG"]'
    app01.run(f"vgchange -ay --config '{read_only}' vm42_RootVG", sudo=True)
    with pytest.raises(StepFailed, match="sectors were written to sdb since the restore"):
        walker.undo()
