"""The disks of lost VMs: what LVM lays out on them and which files they hold. Values only, hashed into the build."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Volume:
    """A logical volume to make: its name, size in MiB and what is put on it ("ext4", "xfs", "swap")."""

    name: str
    mib: int
    content: str


@dataclass(frozen=True)
class OldDisk:
    """A disk to be made: its owner's host name, volume group, size in MiB, volumes and their files.

    `files` maps a volume's name to {path inside the volume: content}.
    """

    name: str
    owner: str
    group: str
    serial: str
    mib: int
    volumes: tuple[Volume, ...]
    files: Mapping[str, Mapping[str, bytes]] = field(repr=False)

    def sha256(self, volume: str) -> dict[str, str]:
        """{path: SHA-256 in hex} of the files put on `volume`."""
        return {path: hashlib.sha256(data).hexdigest() for path, data in self.files[volume].items()}


def _bytes(seed: str, size: int) -> bytes:
    """`size` bytes that look random and are the same on every machine."""
    blocks = (hashlib.sha256(f"{seed} {n}".encode()).digest() for n in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def _customers() -> bytes:
    rows = (f"{n};Kunde {n};{n * 7919 % 99991:05d};2012-04-{n % 28 + 1:02d}\n" for n in range(4000))
    return ("number;name;postcode;since\n" + "".join(rows)).encode()


_VM42_ROOT = {
    "etc/hostname": b"vm42\n",
    "etc/hosts": b"127.0.0.1 localhost\n192.0.2.42 vm42.example.org vm42\n",
    "etc/fstab": (
        b"/dev/mapper/RootVG-root  /     ext4  defaults  1 1\n"
        b"/dev/mapper/RootVG-var   /var  xfs   defaults  1 2\n"
        b"/dev/mapper/RootVG-swap  swap  swap  defaults  0 0\n"
    ),
    "etc/passwd": b"root:x:0:0:root:/root:/bin/bash\nledger:x:500:500:Ledger:/var/lib/app:/bin/bash\n",
    "etc/motd": b"vm42: the ledger. Ask Bea before touching anything.\n",
}
_VM42_VAR = {
    "lib/app/customers.csv": _customers(),
    "lib/app/ledger.db": _bytes("ledger", 3 * 1024 * 1024),
    "lib/app/uploads/Rechnung März 2012.pdf": _bytes("rechnung", 180_000),
    "lib/app/empty.lock": b"",
    "log/app.log": b"".join(b"2012-04-%02d 02:00:00 nightly close ok\n" % day for day in range(1, 26)),
}

DISKS = (
    OldDisk(
        name="vm42",
        owner="vm42",
        group="RootVG",
        serial="vm42-root",
        mib=512,
        volumes=(Volume("root", 128, "ext4"), Volume("var", 320, "xfs"), Volume("swap", 32, "swap")),
        files={"root": _VM42_ROOT, "var": _VM42_VAR},
    ),
    OldDisk(
        name="db07",
        owner="db07",
        group="DataVG",
        serial="db07-data",
        mib=128,
        volumes=(Volume("data", 64, "ext4"),),
        files={"data": {"README": b"Not the disk you are waiting for.\n", "dump.sql": _bytes("dump", 90_000)}},
    ),
)


def old_disk(name: str) -> OldDisk:
    """The old disk called `name`; KeyError with the known names if there is none."""
    found = {disk.name: disk for disk in DISKS}
    if name not in found:
        raise KeyError(f"no lab disk is called {name!r}; there are {', '.join(found)}")
    return found[name]
