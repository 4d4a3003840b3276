"""What must not happen on a real host is refused: at plan time, or before the first write."""

from __future__ import annotations

import pytest

from changes.plan import Refusal
from lab import Disk, Host, Lab
from recovery.kind import KIND
from ssh.facts import SessionAsk
from tests.lab.recovery_walker import StepFailed, reach
from tests.lab.test_recovery_story import asked, planned


def test_the_hosts_own_backup_is_refused_at_plan_time(lab: Lab, app02: Host) -> None:
    params = asked(lab.backup_path("wrong-file").read_text(), host="app02")
    made = KIND.plan(params, KIND.gather(params, SessionAsk(reach(app02))))
    assert isinstance(made, Refusal)
    assert "this host's own running root volume group" in made.reasons[0]


def test_an_old_disk_that_is_attached_before_the_plan_is_to_be_detached(lab: Lab, app01: Host, vm42_disk: Disk) -> None:
    app01.attach(vm42_disk)
    app01.rescan()
    params = asked(lab.backup_path("story").read_text())
    made = KIND.plan(params, KIND.gather(params, SessionAsk(reach(app01))))
    assert isinstance(made, Refusal)
    assert "Detach its disk first" in made.reasons[0]

    # A node as multipathd makes it: a path to the disk, which has its own name and number.
    app01.run(
        "modprobe dm-multipath; dmsetup create mpatha --table '0 2048 multipath 0 0 1 1 round-robin 0 1 0 8:16'",
        sudo=True,
    )
    named = {**params, "metadata": "", "disk": "vm42-root"}
    made = KIND.plan(named, KIND.gather(named, SessionAsk(reach(app01))))
    assert isinstance(made, Refusal)
    assert "is in use by mpatha, which is no logical volume" in made.reasons[0]
    other = {**params, "host": "app01"}
    made = KIND.plan(other, KIND.gather(other, SessionAsk(reach(app01))))
    assert isinstance(made, Refusal)
    assert any("app01 uses multipath" in reason for reason in made.reasons)


def test_another_disk_is_named_and_the_right_one_goes_on(
    lab: Lab, app01: Host, vm42_disk: Disk, db07_disk: Disk
) -> None:
    walker = planned(app01, asked(lab.backup_path("story").read_text()))
    with pytest.raises(StepFailed) as no:
        walker.walk(before={"attach": lambda: app01.attach(db07_disk)})
    assert (no.value.key, no.value.verdict.not_yet) == ("rescan", True)
    assert "serial db07-data" in str(no.value)
    assert "volume group DataVG" in str(no.value)

    app01.attach(vm42_disk)
    walker.walk(upto="identify")
    assert walker.found["identify"]["disks"].popitem()[1]["serial"] == "vm42-root"


def test_a_stale_file_is_refused_before_anything_is_written(lab: Lab, app01: Host, vm42_disk: Disk) -> None:
    before = vm42_disk.sha256()
    text = lab.backup_path("story").read_text()
    stale = text.replace("seqno = 4", "seqno = 3")
    assert stale != text
    walker = planned(app01, asked(stale))
    with pytest.raises(StepFailed, match="The file is older than the disk by 1 change"):
        walker.walk(before={"attach": lambda: app01.attach(vm42_disk)})
    walker.undo()
    app01.detach(vm42_disk.serial)
    assert vm42_disk.sha256() == before
