"""What a host says of its boot, and of what runs and is mounted in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from changes.plan import Json
from readiness.asking import known_of
from readiness.facts.mounts import parse_mounts
from readiness.facts.values import Mount
from readiness.judges.checks import findings
from ssh.command import Command
from ssh.facts import Ask, FactError
from ssh.sections import ended_well
from ssh.session import Result

WHAT = "The host's boot"
VERIFY_SECONDS = 20
"""For the package manager: the gate wants its answers within a minute."""

BOOT = r"""
printf 'boot_id=%s\n' "$(cat /proc/sys/kernel/random/boot_id)"
printf 'machine_id=%s\n' "$(cat /etc/machine-id)"
printf 'kernel=%s\n' "$(uname -r)"
read -r up rest </proc/uptime; printf 'uptime=%s\n' "${up%%.*}"
printf 'state=%s\n' "$(systemctl is-system-running 2>/dev/null)"
"""
UNITS = r"""
units() {
    systemctl --no-legend --no-pager --full --type=service "--state=$1" list-units |
        awk -v what="$2" '{ print what "=" ($1 ~ /^[A-Za-z0-9]/ ? $1 : $2) }'
}
units running service && units activating activating && sed 's/^/mount=/' /proc/self/mountinfo
"""

PASSING = re.compile(
    r"(user|user-runtime-dir|ssh|sshd|systemd-coredump|systemd-fsck|container-getty)@.*"
    r"|(session-|run-|regroup-).*"
    r"|systemd-(hostnamed|localed|timedated|importd|machined|homed|portabled|tmpfiles-clean)\.service"
    r"|(packagekit|polkit|udisks2|fwupd|fprintd|realmd|colord|rtkit-daemon|upower|accounts-daemon|apt-daily.*)\.service"
)
"""Services that run for a login, a timer or whoever asks them: none of them has to be there after a boot."""

LASTING = frozenset(("nfs", "nfs4", "cifs", "smb3", "zfs", "btrfs", "9p", "virtiofs", "ceph", "glusterfs"))


@dataclass(frozen=True, slots=True)
class Boot:
    """One boot of a host: `state` is systemd's word for it, such as running, degraded, starting, stopping."""

    boot_id: str
    machine_id: str
    kernel: str
    uptime: int
    state: str


@dataclass(frozen=True, slots=True)
class Running:
    """A boot with what runs in it: names of services, of those that are just starting, and places of real mounts."""

    boot: Boot
    services: tuple[str, ...]
    activating: tuple[str, ...]
    mounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskBoot:
    """A real answer:

    boot_id=bf6b1d84-5f1c-4a52-9d0e-4d8ad1f5a0c6
    machine_id=5b1e6a1d0c9b4f0f8a59a3f9a5a3d7c1
    kernel=6.1.0-56-cloud-amd64
    uptime=5120
    state=running
    """

    name = "boot"

    def command(self) -> Command:
        return Command(("sh", "-c", BOOT, "regroup"), sudo=True, timeout=30)

    def parse(self, result: Result) -> Boot:
        return _boot(dict(_lines(result)))


@dataclass(frozen=True, slots=True)
class AskRunning:
    """As AskBoot, then a line of each service and mount: `service=cron.service`, `mount=27 1 254:0 / / rw …`."""

    name = "running"

    def command(self) -> Command:
        return Command(("sh", "-c", BOOT + UNITS, "regroup"), sudo=True, timeout=60)

    def parse(self, result: Result) -> Running:
        lines = list(_lines(result))
        said = {name: [value for key, value in lines if key == name] for name in ("service", "activating", "mount")}
        mounts = parse_mounts("\n".join(said["mount"]), WHAT)
        if not mounts or not said["service"]:
            raise FactError(f"{WHAT}: the host names no service or no mount at all.")
        return Running(
            _boot(dict(lines)),
            tuple(sorted(unit for unit in said["service"] if not PASSING.fullmatch(unit))),
            tuple(sorted(unit for unit in said["activating"] if not PASSING.fullmatch(unit))),
            tuple(sorted({mount.point for mount in mounts if _real(mount)})),
        )


def gather(ask: Ask) -> Mapping[str, Json]:
    """What the plan is made from. Raises FactError or SessionError."""
    known = known_of(ask, verify_seconds=VERIFY_SECONDS)
    machine = known.facts.machine
    return {
        "machine_id": machine.machine_id,
        "boot_id": machine.boot_id,
        "hostname": machine.hostname,
        "kernel": machine.kernel,
        "next": known.boot.entry.kernel if known.boot.entry else "",
        "container": machine.container,
        "systemctl": "systemctl" in machine.tools,
        "findings": [finding.to_json() for finding in findings(known)],
    }


def _real(mount: Mount) -> bool:
    """Whether it holds files that a boot has to bring back; not what a login or an image of a package mounts."""
    if mount.point.startswith(("/run/", "/snap/", "/var/lib/docker/", "/var/lib/containers/")):
        return False
    return mount.fstype in LASTING or (mount.source.startswith("/dev/") and mount.fstype != "squashfs")


def _lines(result: Result) -> Iterator[tuple[str, str]]:
    for line in ended_well(result, WHAT).splitlines():
        name, equals, value = line.partition("=")
        if not equals:
            raise FactError(f"{WHAT}: expected name=value, not {line[:80]!r}.")
        yield name, value


def _boot(values: Mapping[str, str]) -> Boot:
    try:
        names = {name: values[name] for name in ("boot_id", "machine_id", "kernel", "state")}
        boot = Boot(**names, uptime=int(values["uptime"]))
    except (KeyError, ValueError) as error:
        raise FactError(f"{WHAT}: the host does not say which boot this is ({error}).") from error
    if not boot.boot_id or not boot.machine_id:
        raise FactError(f"{WHAT}: the host does not say which boot, or which machine, this is.")
    return boot
