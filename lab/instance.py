"""A lab instance: a state folder with its hosts and its copies of the old disks.

Several instances live side by side (a person's demo, a test run), each with its own `app01`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from lab.bond_host import BondHost
from lab.bond_hosts import BOND_HOSTS, bond_identity
from lab.cache import Build, require_build
from lab.disks import Disk, copy_sparse
from lab.errors import LabError
from lab.host import Host
from lab.old_disks import DISKS, old_disk
from lab.qemu import ProcessMark
from lab.recipe import HOSTS, ROOT_GROUP, host_identity
from lab.scenarios import SCENARIOS, scenario
from lab.switch import Switch

TEST_LIFE = 3600.0
MARKER = "regroup-lab"


class Lab:
    """The lab whose state is in `folder` (made when missing, private to the user).

    LabUnavailable when QEMU is missing or the lab is not built; LabError when the folder is somebody
    else's.
    """

    def __init__(self, folder: Path, build: Build | None = None) -> None:
        self.build = build or require_build()
        os.utime(self.build.folder)  # used just now: a later build does not clear it away
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        marker = self.folder / MARKER
        if not marker.exists():
            if any(self.folder.iterdir()):
                raise LabError(f"{self.folder} holds other things; give the lab a folder of its own")
            marker.write_text("The state of a Regroup lab; `python -m lab down` removes it.\n")

    def host(self, name: str) -> Host:
        """The host called `name`, running or not; KeyError with the known names if there is none."""
        if bond_identity(name):
            return self.bond_host(name)
        return Host(self.build, host_identity(name), self.folder / name)

    def bond_host(self, name: str) -> BondHost:
        """The bond host called `name`, running or not; KeyError with the known names if there is none."""
        identity = bond_identity(name)
        if identity is None:
            raise KeyError(f"no bond host is called {name!r}; there are {', '.join(h.name for h in BOND_HOSTS)}")
        return BondHost(self.build, identity, self.folder / name)

    @property
    def switch(self) -> Switch:
        """The switches that this instance's bond hosts are plugged into."""
        return Switch(self.folder / "switch")

    def hosts(self) -> list[Host]:
        """app01 and app02, and the bond hosts that were started here."""
        started = [host.name for host in BOND_HOSTS if (self.folder / host.name).is_dir()]
        return [self.host(name) for name in (*(identity.name for identity in HOSTS), *started)]

    def start(self, name: str, max_life: float = TEST_LIFE, die_with_parent: bool = True) -> Host:
        """Start `name` and return it once a login works (seconds).

        It ends after `max_life` seconds and, with `die_with_parent`, with the thread that called this.
        """
        host = self.host(name)
        host.start(max_life, die_with_parent)
        return host

    def start_bond_host(self, name: str, max_life: float = TEST_LIFE, die_with_parent: bool = True) -> BondHost:
        """As `start`, for a bond host; one that never ran on this machine is made first (half a minute)."""
        host = self.bond_host(name)
        host.start(max_life, die_with_parent)
        return host

    def disk(self, name: str, fresh: bool = False) -> Disk:
        """This instance's own copy of an old disk, attachable to its hosts.

        A copy made earlier is given again with whatever was done to it, unless `fresh`.
        """
        described = old_disk(name)
        disk = Disk(self.folder / "disks" / f"{name}.raw", described.serial)
        disk.path.parent.mkdir(exist_ok=True, mode=0o700)
        if fresh and disk.path.exists() and disk.in_use():
            raise LabError(f"disk {disk.serial} is attached to a VM; detach it before making it fresh")
        if fresh or not disk.path.exists():
            copy_sparse(self.build.disk(name), disk.path)
            disk.path.chmod(0o600)
        return disk

    def backup_path(self, scenario_name: str) -> Path:
        """The file whose text is handed in as the LVM backup in this scenario."""
        owner = scenario(scenario_name).backup_of
        groups = {disk.owner: disk.group for disk in DISKS}
        return self.build.backup(owner, groups.get(owner, ROOT_GROUP))

    def stop(self) -> None:
        """Stop every host; the disks stay."""
        for host in self.hosts():
            host.stop()

    def down(self) -> None:
        """Stop every host and remove the state folder."""
        tear_down(self.folder)

    def inventory(self) -> dict[str, Any]:
        """What a loader needs: {"hosts": [...], "scenarios": [...]}, plain values.

        A host: name, address, port (None when it never ran), user, private_key, public_key, fingerprint,
        machine_id, running; a bond host that was started here has manager and inside (its address on the segment)
        too. A scenario: name, title, lost_vm, target, serial, backup, outcome, because.
        """
        return {
            "hosts": [_host_row(host) for host in self.hosts()],
            "scenarios": [
                {
                    "name": situation.name,
                    "title": situation.title,
                    "lost_vm": situation.lost_vm,
                    "target": situation.target,
                    "serial": old_disk(situation.disk).serial,
                    "backup": str(self.backup_path(situation.name)),
                    "outcome": situation.outcome,
                    "because": situation.because,
                }
                for situation in SCENARIOS
            ],
        }


def _host_row(host: Host) -> dict[str, Any]:
    bond = {"manager": host.manager, "inside": host.inside} if isinstance(host, BondHost) else {}
    return bond | {
        "name": host.name,
        "address": host.address,
        "port": host.known_port(),
        "user": host.user,
        "private_key": str(host.private_key),
        "public_key": host.public_key,
        "fingerprint": host.fingerprint,
        "machine_id": host.machine_id,
        "running": host.running() is not None,
    }


def tear_down(folder: Path) -> list[str]:
    """End whatever still runs of the lab in `folder` and remove the folder; the names of the hosts ended.

    Needs no build and no QEMU, and also cleans up after an instance whose starter was killed. Only
    processes that the lab itself recorded are ended. LabError when the folder is not a lab's.
    """
    if not folder.exists():
        return []
    if not (folder / MARKER).exists():
        raise LabError(f"{folder} is not a lab's state folder; nothing was removed")
    ended = []
    for record in sorted(folder.glob("*/pid")):
        mark = ProcessMark.load(record)
        if mark:
            mark.end()
            if record.parent.name != "switch":
                ended.append(record.parent.name)
    shutil.rmtree(folder)
    return ended


def attach_disk(folder: Path, host: str, scenario_name: str, bus: str = "scsi0") -> str:
    """Attach a scenario's old disk to a running host of the lab in `folder`; the disk's serial.

    Works from any process of the same user. Does nothing if it is attached already.
    """
    lab = Lab(folder)
    disk = lab.disk(scenario(scenario_name).disk)
    if disk.serial not in lab.host(host).attached():
        lab.host(host).attach(disk, bus)
    return disk.serial


def detach_disk(folder: Path, host: str, scenario_name: str) -> str:
    """Pull a scenario's old disk out of a host of the lab in `folder`; the disk's serial.

    Works from any process of the same user. Does nothing if it is not attached.
    """
    lab = Lab(folder)
    serial = old_disk(scenario(scenario_name).disk).serial
    if serial in lab.host(host).attached():
        lab.host(host).detach(serial)
    return serial
