"""udev wakes a group with another name than the running one's as soon as its disk appears; it is put to sleep."""

from __future__ import annotations

from lab import Disk, Host, Lab
from tests.lab.test_recovery_story import planned


def test_a_group_that_udev_activated_for_writing_is_recovered_read_only(lab: Lab, app01: Host, db07_disk: Disk) -> None:
    before = db07_disk.sha256()
    text = lab.build.backup("db07", "DataVG").read_text()
    volumes = [{"lv": "data", "mount_point": "/recovered/db07/data"}]
    params = {"vm": "db07", "host": "app01", "metadata": text, "new_vg": "db07_DataVG", "volumes": volumes}
    walker = planned(app01, params)
    walker.walk(upto="identify", before={"attach": lambda: app01.attach(db07_disk)})
    app01.run("udevadm settle; sleep 3", sudo=True)
    assert "DataVG-data" in app01.run("dmsetup ls", sudo=True)

    walker.walk()
    assert "DataVG-data (" not in app01.run("dmsetup ls", sudo=True).replace("db07_DataVG-data (", "")
    assert app01.run("blockdev --getro /dev/mapper/db07_DataVG-data", sudo=True).strip() == "1"
    assert app01.run("cat /recovered/db07/data/README", sudo=True) == "Not the disk you are waiting for.\n"

    walker.undo()
    app01.detach(db07_disk.serial)
    assert db07_disk.sha256() == before
