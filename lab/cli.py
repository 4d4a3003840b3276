"""The lab's command line: build, up, status, inventory, ssh, attach, detach, down."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab import machine
from lab.bond_host import BondHost
from lab.bond_hosts import BOND_HOSTS
from lab.bond_image import frozen
from lab.cache import cache_root, find_build
from lab.errors import LabError, LabUnavailable
from lab.host import BUSES
from lab.image import build
from lab.instance import Lab, attach_disk, detach_disk, tear_down
from lab.recipe import HOSTS
from lab.scenarios import SCENARIOS

USUAL = [identity.name for identity in HOSTS]
HOST_NAMES = [*USUAL, *(identity.name for identity in BOND_HOSTS)]


def main(argv: Sequence[str]) -> int:
    """Run one lab command; 0 when it did what was asked, 1 with a sentence on stderr when not."""
    arguments = _parser().parse_args(argv)
    commands = {
        "build": _build,
        "up": _up,
        "down": _down,
        "status": _status,
        "inventory": _inventory,
        "ssh": _ssh,
        "attach": _attach,
        "detach": _detach,
    }
    try:
        return commands[arguments.command](arguments)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="Real Debian VMs under QEMU, on loopback only.")
    state = os.environ.get("REGROUP_LAB_DIR", "var/lab")
    parser.add_argument("--state-dir", type=Path, default=Path(state), help="this instance's folder (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("build", help="build the lab once (minutes); later calls find it in the cache")
    made.add_argument("hosts", nargs="*", help="bond hosts to make too, instead of when they are first started")
    up = commands.add_parser("up", help="start hosts (seconds), building first where needed")
    up.add_argument("hosts", nargs="*", help=f"of {', '.join(HOST_NAMES)}; {' and '.join(USUAL)} when none is named")
    up.add_argument("--foreground", action="store_true", help="stay, and end the hosts when this command ends")
    up.add_argument("--max-life", type=float, default=480, metavar="MINUTES", help="then they end (%(default)s)")
    commands.add_parser("down", help="end this instance's hosts and remove its folder")
    commands.add_parser("status", help="what is built and what runs")
    inventory = commands.add_parser("inventory", help="addresses, keys and scenarios")
    inventory.add_argument("--json", action="store_true", help="as JSON (the only form there is)")
    ssh = commands.add_parser("ssh", help="log in to a host, or run a command there")
    ssh.add_argument("host", choices=HOST_NAMES)
    ssh.add_argument("words", nargs=argparse.REMAINDER, help="a command instead of a shell")
    for name, verb in (("attach", "attach a scenario's old disk"), ("detach", "pull it out again")):
        disk = commands.add_parser(name, help=verb)
        disk.add_argument("host", choices=HOST_NAMES)
        disk.add_argument("scenario", nargs="?", default="story", choices=[s.name for s in SCENARIOS])
        if name == "attach":
            disk.add_argument("--bus", default="scsi0", choices=BUSES, help="scsi0 is seen only after a rescan")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


def _build(arguments: argparse.Namespace) -> int:
    _known(arguments.hosts)
    built = build(_say)
    _say(f"Built: {built.folder}")
    for identity in BOND_HOSTS:
        if identity.name in arguments.hosts:
            frozen(built, identity, _say)
    return 0


def _known(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in HOST_NAMES]
    if unknown:
        raise LabError(f"no lab host is called {unknown[0]}; there are {', '.join(HOST_NAMES)}")


def _up(arguments: argparse.Namespace) -> int:
    names = arguments.hosts or USUAL
    _known(names)
    lab = Lab(arguments.state_dir, build(_say))
    if arguments.foreground:
        return _stay(lab, names, arguments.max_life * 60)
    _start(lab, names, arguments.max_life * 60, die_with_parent=False)
    return 0


def _start(lab: Lab, names: Sequence[str], max_life: float, die_with_parent: bool) -> None:
    if not any(host.running() for host in lab.hosts()):
        shutil.rmtree(lab.folder / "disks", ignore_errors=True)  # fresh hosts, fresh disks
    for name in names:
        host = lab.host(name)
        if host.running():
            _say(f"{name} runs already, port {host.port}")
            continue
        host.make(_say)
        seconds = host.start(max_life, die_with_parent)
        _say(f"{name} is up after {seconds:.1f} s: {host.user}@{host.address} port {host.port}, {host.fingerprint}")


def _stay(lab: Lab, names: Sequence[str], max_life: float) -> int:
    """Keep the hosts until SIGTERM or Ctrl-C, or until one of them is gone."""

    def leave(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
    try:
        _start(lab, names, max_life, die_with_parent=True)
        _say("Lab ready")
        while all(lab.host(name).running() for name in names):
            time.sleep(1)
        print("lab: a host has ended (its time was up, or QEMU died: see qemu.log)", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        lab.stop()


def _down(arguments: argparse.Namespace) -> int:
    ended = tear_down(arguments.state_dir)
    _say(f"Ended {', '.join(ended)}" if ended else "Nothing was running")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    try:
        found = find_build()
    except LabUnavailable as error:
        _say(f"not usable: {error}")
        return 1
    _say(f"built: {found.folder} ({found.accelerator})" if found else "built: no (python -m lab build)")
    _say(f"cache: {cache_root()}")
    missing = machine.missing_packages(machine.BUILD_PROGRAMS)
    if missing and not found:
        _say(f"to build, first: {machine.install_command(missing)}")
    if found and arguments.state_dir.is_dir():
        for host in Lab(arguments.state_dir, found).hosts():
            mark = host.running()
            disks = ", ".join(host.attached()) or "none" if mark else ""
            manager = f" ({host.manager}, {host.inside})" if isinstance(host, BondHost) else ""
            now = f"pid {mark.pid}, port {host.port}, disks {disks}" if mark else "stopped"
            _say(f"{host.name}{manager}: {now}")
    return 0


def _inventory(arguments: argparse.Namespace) -> int:
    print(json.dumps(Lab(arguments.state_dir).inventory(), indent=2))
    return 0


def _ssh(arguments: argparse.Namespace) -> int:
    host = Lab(arguments.state_dir).host(arguments.host)
    if not host.running():
        raise LabError(f"{host.name} does not run; start it with: python -m lab up {host.name}")
    words = host.door.words()
    return subprocess.call([*words, *arguments.words])


def _attach(arguments: argparse.Namespace) -> int:
    serial = attach_disk(arguments.state_dir, arguments.host, arguments.scenario, arguments.bus)
    hint = "; the guest sees it after a rescan" if arguments.bus == "scsi0" else ""
    _say(f"Disk {serial} is attached to {arguments.host}{hint}")
    return 0


def _detach(arguments: argparse.Namespace) -> int:
    serial = detach_disk(arguments.state_dir, arguments.host, arguments.scenario)
    _say(f"Disk {serial} is not attached to {arguments.host}")
    return 0
