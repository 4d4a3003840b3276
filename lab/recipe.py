"""What the lab's hosts are made of: packages, identities, volume groups, hardware. Values only.

The values here, the old disks' and the scripts under `guest/` are hashed into the name of the cached
build, so a change makes a new build and never a half-changed old one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lab.old_disks import DISKS, Volume

VERSION = 1  # raise it when image.py or freeze.py makes something else from the same values
SUITE = "bookworm"
PACKAGES = (
    "linux-image-cloud-amd64",  # Debian's kernel without bare-metal drivers: 15 MB of initrd instead of 40
    "systemd-sysv",
    "lvm2",
    "openssh-server",
    "sudo",
    "iproute2",
    "iputils-ping",
    "ethtool",
    "ifenslave",
    "xfsprogs",
    "e2fsprogs",
    "util-linux",
    "fdisk",
    "udev",
    "dbus",
    "kmod",
    "procps",
    "less",
    "zstd",
    # For the hosts of bonds, on every host and asleep there: a host has one network manager (managers.py).
    "network-manager",
    "netplan.io",
    "ifupdown",
    "iputils-arping",
    "lldpd",
    "at",
)
EXCLUDED_PATHS = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*", "/usr/share/info/*")

USER = "regroup"
GUEST = Path(__file__).parent / "guest"
MIB = 1024 * 1024


@dataclass(frozen=True)
class HostIdentity:
    """What makes a lab host that host, fixed before it is frozen: name, machine-id, MAC addresses."""

    name: str
    index: int

    @property
    def machine_id(self) -> str:
        return hashlib.sha256(f"regroup-lab machine-id {self.name}".encode()).hexdigest()[:32]

    def mac(self, port: int) -> str:
        """The address of `port`: 0 is eth0 (10 Gb/s), 1 is eth1 (1 Gb/s), 2 is eth2 (management)."""
        return f"52:54:00:a0:{self.index:02x}:{port:02x}"


HOSTS = (HostIdentity("app01", 1), HostIdentity("app02", 2))
ROOT_GROUP = "RootVG"
ROOT_DISK_MIB = 1536
ROOT_VOLUMES = (Volume("root", 960, "ext4"), Volume("var", 384, "ext4"), Volume("swap", 128, "swap"))


def host_identity(name: str) -> HostIdentity:
    """The identity called `name`; KeyError with the known names if there is none."""
    for identity in HOSTS:
        if identity.name == name:
            return identity
    raise KeyError(f"no lab host is called {name!r}; there are {', '.join(h.name for h in HOSTS)}")


# ---------------------------------------------------------------------------------------- hardware

MEMORY_MIB = 512
QUICK = "mitigations=off norandmaps"
"""What makes a kernel quick under TCG. That keeps translated code by its address, so with addresses drawn anew for each
process (ASLR) it translates each program anew: a thousand small forks took 29 s of CPU with it, 10 s without."""

KERNEL_ARGUMENTS = (
    f"root=/dev/mapper/{ROOT_GROUP}-root ro console=ttyS0 net.ifnames=0 {QUICK} quiet systemd.show_status=0 panic=-1"
)


SLOW_TO_EMULATE = ("la57", "smap", "smep", "umip", "pku", "erms", "fsrm")
"""What a guest uses where the processor has it, and TCG pays for: a fifth level of pages, checks at each way into the
kernel, and `rep movsb` for copies, a loop over bytes. Without them a host boots in 27 s of CPU instead of 40."""


def cpu_model(accelerator: str) -> str:
    """The -cpu argument for "kvm" or "tcg"."""
    return "host" if accelerator == "kvm" else ",".join(["max", *(f"{name}=off" for name in SLOW_TO_EMULATE)])


def base_hardware(accelerator: str, memory_mib: int = MEMORY_MIB) -> list[str]:
    """Arguments common to every VM of the lab: machine, processor, no screen, a random source."""
    tcg = "tcg,thread=multi"
    return [
        *("-machine", "pc", "-accel", accelerator if accelerator == "kvm" else tcg),
        *("-cpu", cpu_model(accelerator), "-smp", "1", "-m", str(memory_mib)),
        *("-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"),
        *("-device", "virtio-rng-pci,addr=0x3"),
    ]


def host_hardware(identity: HostIdentity, port: int) -> list[str]:
    """A lab host's devices, in the order and at the addresses they were frozen with.

    `port` is the loopback port that leads to the guest's sshd. The root disk is the block node "root".
    `scsi0` does not tell the guest about new disks (the guest has to rescan), `scsi1` does.
    """
    nic = "virtio-net-pci,romfile=,netdev={id},id={id},mac={mac},addr={addr}{extra}"
    return [
        *("-device", "virtio-scsi-pci,id=scsi0,hotplug=off,addr=0x4"),
        *("-device", "virtio-scsi-pci,id=scsi1,addr=0x5"),
        *("-device", f"scsi-hd,id=root-disk,bus=scsi0.0,scsi-id=0,drive=root,serial={identity.name}-root"),
        *("-netdev", "hubport,id=eth0,hubid=0", "-netdev", "hubport,id=eth1,hubid=1"),
        *("-netdev", f"user,id=eth2,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"),
        *(
            "-device",
            nic.format(id="eth0", mac=identity.mac(0), addr="0x6", extra=",speed=10000,duplex=full"),
        ),
        *("-device", nic.format(id="eth1", mac=identity.mac(1), addr="0x7", extra=",speed=1000,duplex=full")),
        *("-device", nic.format(id="eth2", mac=identity.mac(2), addr="0x8", extra="")),
    ]


def recipe_hash() -> str:
    """A short hash of everything a built host is made from; a new one means a new build."""
    hardware = [base_hardware("tcg"), *(host_hardware(host, 0) for host in HOSTS)]
    values = (packages_hash(), HOSTS, ROOT_GROUP, ROOT_DISK_MIB, ROOT_VOLUMES, KERNEL_ARGUMENTS, hardware)
    old_disks = [(disk, sorted((name, disk.sha256(name)) for name in disk.files)) for disk in DISKS]
    scripts = [(path.name, path.read_bytes()) for path in sorted(GUEST.iterdir())]
    return hashlib.sha256(repr((VERSION, values, old_disks, scripts)).encode()).hexdigest()[:12]


def packages_hash() -> str:
    """A short hash of what decides the Debian root file system alone."""
    customize = (GUEST / "customize.sh").read_text()
    return hashlib.sha256(repr((SUITE, PACKAGES, EXCLUDED_PATHS, customize)).encode()).hexdigest()[:12]
