"""P10: a recovery of two volumes, from Run to mounted, against the same commands in one script over SSH.

Both in the same run, in turns, on the same host and a fresh copy of the same disk. The script is what a
person would type: no checks, no undo, no log. `python -m bench.recovery`
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.report import report, spread
from lab import Disk, Host
from tests.product.dashboard import Dashboard, demo
from tests.product.story import MOUNTS, NEW, requested

REPEATS = 5
TARGET = "at most 3 times the bare script (P10)"

BARE = """set -e
mkdir -p /root/rescue {mounts}
for scan in /sys/class/scsi_host/host*/scan; do echo "- - -" > $scan; done
udevadm settle
cat > /root/rescue/vg <<'TEXT'
{text}
TEXT
vgcfgrestore -f /root/rescue/vg {new} < /dev/null
pvscan
vgscan
vgchange -ay --config 'activation/read_only_volume_list=["{new}"]' {new}
mount -o ro /dev/{new}/root {root}
mount -o ro,nouuid /dev/{new}/var {var}
df {mounts}
"""

AWAY = """umount {mounts}
vgchange -an {new}
for disk in /sys/block/sd[b-z]; do echo 1 > $disk/device/delete; done
rm -rf /etc/lvm/backup/{new} /root/rescue
"""


def bare(dashboard: Dashboard, host: Host, disk: Disk) -> float:
    """Seconds for the script, the disk being attached just before it, as in the other."""
    text = dashboard.backup().read_text().replace("\nRootVG {", f"\n{NEW} {{")
    words = {"new": NEW, "text": text, "mounts": " ".join(MOUNTS.values()), **MOUNTS}
    start = time.monotonic()
    host.attach(disk, "scsi0")
    host.run(BARE.format(**words), sudo=True, timeout=120)
    seconds = time.monotonic() - start
    host.run(AWAY.format(**words), sudo=True)
    host.detach(disk.serial)
    return seconds


def regroup(dashboard: Dashboard, host: Host, disk: Disk) -> float:
    """Seconds from Run on an approved change to mounted and verified."""
    number = requested(dashboard, host.name)
    dashboard.act("amir", number, "approve", digest=dashboard.change(number)["digest"], comment="bench")
    start = time.monotonic()
    dashboard.act("olu", number, "run")
    dashboard.until(number, "waiting")
    host.attach(disk, "scsi0")
    dashboard.act("olu", number, "confirm")
    dashboard.until(number, "succeeded")
    seconds = time.monotonic() - start
    dashboard.act("olu", number, "undo")
    dashboard.until(number, "undone")
    host.detach(disk.serial)
    return seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as place, demo(Path(place) / "var") as dashboard:
        host = dashboard.host("app01")
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(REPEATS):
            theirs.append(bare(dashboard, host, dashboard.lab.disk("vm42", fresh=True)))
            ours.append(regroup(dashboard, host, dashboard.lab.disk("vm42", fresh=True)))
        ratio = spread(ours)["median"] / spread(theirs)["median"]  # type: ignore[operator]  # medians are numbers
        figures = {"regroup seconds": spread(ours), "script seconds": spread(theirs), "ratio of medians": ratio}
        report("recovery", figures, TARGET, ratio <= 3)


if __name__ == "__main__":
    main()
