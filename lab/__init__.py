"""Real Debian VMs under QEMU for tests, the demo and drills. See lab/README.md.

For programs:

* `Lab(folder)` is one instance: `.start(name)`, `.host(name)`, `.disk(name)`, `.backup_path(scenario)`,
  `.inventory()`, `.stop()`, `.down()`.
* `Host`: `.run(command)`, `.attach(disk)`, `.rescan()`, `.detach(serial)`, `.reboot()`, `.set_link(...)`,
  and where it is: `.address .port .user .private_key .public_key .fingerprint`.
* `attach_disk(folder, host, scenario)` and `detach_disk(...)` work from any process of the same user.
* `SCENARIOS`, `DISKS`: what there is and how it must end.

Everything raises LabError with a sentence; LabUnavailable is the kind that means "install or build first".
"""

from __future__ import annotations

from lab.disks import Disk
from lab.errors import LabError, LabUnavailable
from lab.host import Host
from lab.instance import Lab, attach_disk, detach_disk, tear_down
from lab.old_disks import DISKS, OldDisk, old_disk
from lab.scenarios import SCENARIOS, Scenario, scenario

__all__ = [
    "DISKS",
    "SCENARIOS",
    "Disk",
    "Host",
    "Lab",
    "LabError",
    "LabUnavailable",
    "OldDisk",
    "Scenario",
    "attach_disk",
    "detach_disk",
    "old_disk",
    "scenario",
    "tear_down",
]
