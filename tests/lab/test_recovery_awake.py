"""udev wakes a group with another name than the running one's at once; it is put to sleep, and given back by hand."""

from __future__ import annotations

import re
from pathlib import Path

from lab import Disk, Host, Lab
from tests.lab.test_recovery_story import planned


def by_hand(host: Host, run_dir: str, uuid: str) -> None:
    """The way back as docs/recovery.md has it for when Regroup is gone: its very commands, with this disk's names."""
    page = Path("docs/recovery.md").read_text().partition("## By hand")[2].partition("\n## ")[0]
    device = host.run("lsblk -dno NAME,SERIAL | awk '$2 == \"db07-data\" { print $1 }'").strip()
    names = {"/var/lib/regroup/<run>": run_dir, "<PV UUID>": uuid, "sdX": device}
    commands = "\n".join(re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    for word, name in {**names, "vm42_RootVG": "db07_DataVG", "/recovered/vm42/": "/recovered/db07/"}.items():
        assert word in commands
        commands = commands.replace(word, name)
    said = host.run(f"set -e\n{commands}", sudo=True)
    noted, now = (
        re.search(rf"^{uuid} \S+ (\w+)$", said, re.MULTILINE),
        re.search(rf"^(\w+)  {uuid}$", said, re.MULTILINE),
    )
    assert noted and now and noted[1] == now[1], said


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

    by_hand(app01, walker.run_dir, uuid=walker.plan.target["pv_uuids"][0])
    app01.detach(db07_disk.serial)
    assert db07_disk.sha256() == before
