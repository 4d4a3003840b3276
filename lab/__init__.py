"""Real Debian VMs under QEMU for tests, the demo and drills. See lab/README.md.

For programs:

* `Lab(folder)` is one instance: `.start(name)`, `.host(name)`, `.disk(name)`, `.backup_path(scenario)`,
  `.inventory()`, `.stop()`, `.down()`.
* `Host`: `.run(command)`, `.attach(disk)`, `.rescan()`, `.detach(serial)`, `.reboot()`, `.set_link(...)`,
  and where it is: `.address .port .user .private_key .public_key .fingerprint`.
* `BondHost`, by `.start_bond_host(name)`: management over eth0 itself, NICs on `Switch` (`.switch`); `measured(...)`
  gives the gap that a peer sees.
* `attach_disk(folder, host, scenario)` and `detach_disk(...)` work from any process of the same user.
* `SCENARIOS`, `DISKS`: what there is and how it must end.

Everything raises LabError with a sentence; LabUnavailable is the kind that means "install or build first".
"""

from __future__ import annotations

from lab.bond_host import BondHost
from lab.bond_hosts import BOND_HOSTS
from lab.disks import Disk
from lab.errors import LabError, LabUnavailable
from lab.gaps import Gaps, measured
from lab.host import Host
from lab.instance import Lab, attach_disk, detach_disk, tear_down
from lab.old_disks import DISKS, OldDisk, old_disk
from lab.scenarios import SCENARIOS, Scenario, scenario
from lab.switch import Switch

__all__ = [
    "BOND_HOSTS",
    "DISKS",
    "SCENARIOS",
    "BondHost",
    "Disk",
    "Gaps",
    "Host",
    "Lab",
    "LabError",
    "LabUnavailable",
    "OldDisk",
    "Scenario",
    "Switch",
    "attach_disk",
    "detach_disk",
    "measured",
    "old_disk",
    "scenario",
    "tear_down",
]
