"""A libvirtd of the lab's own, with nothing of the machine's: its configuration, sockets and domains are in one folder.

As root libvirtd would use /etc and /var/lib. In a user namespace in which the same user has another number it is a
*session* daemon, which keeps to the XDG folders that it is given, and its QEMUs can open what the user can. It has a
process namespace too: when that ends, by `stop`, with the thread that started it or after `max_life`, the kernel ends
every QEMU in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from lab.errors import LabError, LabUnavailable
from lab.local_session import LocalSession
from lab.machine import RUN_PROGRAMS, install_command, missing_packages, which
from lab.qemu import ProcessMark, spawn
from ssh.command import Command

QEMU_DRIVER = Path("/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so")
PROGRAMS = RUN_PROGRAMS | {"libvirtd": "libvirt-daemon", "virsh": "libvirt-clients", "unshare": "util-linux"}
CONFIG = """# Whoever runs the lab may open its images; nothing else confines a QEMU here.
security_driver = "none"
cgroup_controllers = []
"""
# The first process of a process namespace inherits the QEMUs, which libvirtd starts as daemons. A shell that waits
# takes note of their end; libvirtd itself would not, and wait forty seconds for each.
FIRST = "libvirtd; exit $?"


class LabLibvirt:
    """`folder` is short, since a socket's path may have 107 bytes; `images` in it is a place for disks."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="regroup-virt-"))
        self.images = self.folder / "images"
        self._socket = self.folder / "run" / "libvirt" / "libvirt-sock"
        self._mark: ProcessMark | None = None
        self.session = LocalSession()

    @property
    def uri(self) -> str:
        return f"qemu:///session?socket={self._socket}"

    @property
    def running(self) -> bool:
        return self._mark is not None and self._mark.alive()

    def start(self, max_life: float = 3600) -> None:
        """LabUnavailable where a program or a namespace is missing; LabError where it does not start."""
        require()
        for name in ("config/libvirt", "run", "cache", "data", "images"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / "config" / "libvirt" / "qemu.conf").write_text(CONFIG)
        self._mark = spawn(
            [*self._environment(), *_keeper(max_life), *_apart(), "sh", "-c", FIRST], self.folder / "log"
        )
        deadline = time.monotonic() + 60
        while self.session.run(self.virsh("list")).status:
            if not self._mark.alive() or time.monotonic() > deadline:
                log = (self.folder / "log").read_text(errors="replace").strip()
                self.stop()
                raise LabError(f"libvirtd did not start: {log[-600:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it, with every domain, and remove the folder."""
        if self._mark:
            self._mark.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def virsh(self, *words: str, stdin: str = "") -> Command:
        return Command(("virsh", "-q", "-c", self.uri, *words), stdin=stdin)

    def do(self, *words: str, stdin: str = "") -> str:
        """Run a virsh command as a person at the hypervisor would; its output. LabError in virsh's words."""
        done = self.session.run(self.virsh(*words, stdin=stdin))
        if done.status:
            raise LabError(f"virsh {words[0]}: {done.error_text}")
        return done.text

    def _environment(self) -> list[str]:
        own = {
            "HOME": self.folder,
            "XDG_CONFIG_HOME": self.folder / "config",
            "XDG_RUNTIME_DIR": self.folder / "run",
            "XDG_CACHE_HOME": self.folder / "cache",
            "XDG_DATA_HOME": self.folder / "data",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        }
        return ["env", "-i", "LC_ALL=C", *(f"{name}={value}" for name, value in own.items())]


def _keeper(max_life: float) -> list[str]:
    return [
        "setpriv",
        "--pdeathsig",
        "TERM",
        "timeout",
        "--kill-after=5",
        str(int(max_life)),
        "setpriv",
        "--pdeathsig",
        "KILL",
    ]


def _apart() -> list[str]:
    number = str(os.geteuid() or 1000)
    users = ["--user", f"--map-user={number}", f"--map-group={number}"]
    return ["unshare", *users, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def require() -> None:
    """LabUnavailable with what is missing."""
    missing = missing_packages(PROGRAMS)
    if not QEMU_DRIVER.exists():
        missing.append("libvirt-daemon-driver-qemu")
    if missing:
        raise LabUnavailable(f"a hypervisor needs {', '.join(missing)}; install with: {install_command(missing)}")
    if which("unshare") and LocalSession().run(Command((*_apart(), "true"))).status:
        raise LabUnavailable("a hypervisor needs user and process namespaces, which this machine does not give")
