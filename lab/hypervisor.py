"""A hypervisor of the lab's own, hv01: a system libvirtd with real QEMUs, reached over real SSH, sudo included.

It runs on this machine, in mount, process and UTS namespaces of its own: what it writes to /etc, /var and /run is in
memory and gone with it, and nothing of the machine's libvirt is seen or touched. When it ends, by `stop`, with the
thread that started it or after `max_life`, the kernel ends everything in it.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from lab.cache import Build
from lab.disks import copy_sparse, make_overlay
from lab.domains import domain_xml
from lab.errors import LabError, LabUnavailable
from lab.guests import Guests
from lab.image import keygen
from lab.machine import RUN_PROGRAMS, Say, install_command, missing_packages
from lab.qemu import ProcessMark, spawn
from lab.reach import ADDRESS, Door, free_port
from lab.recipe import MEMORY_MIB, USER
from lab.template_image import disk, images

URI = "qemu:///system"
HOST = Path(__file__).parent / "hypervisor_host"
QEMU_DRIVER = Path("/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so")
PROGRAMS = RUN_PROGRAMS | {
    "libvirtd": "libvirt-daemon",
    "virsh": "libvirt-clients",
    "unshare": "util-linux",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "sudo": "sudo",
}
APART = ["unshare", "--mount", "--uts", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
USER_NUMBER = 64080
QEMU_NUMBER = 64055
FILES = {
    "machine-id": hashlib.sha256(b"regroup-lab machine-id hv01").hexdigest()[:32] + "\n",
    "passwd": (
        f"{USER}:x:{USER_NUMBER}:{USER_NUMBER}::/run/lab/home:/bin/sh\n"
        f"libvirt-qemu:x:{QEMU_NUMBER}:{QEMU_NUMBER}::/var/lib/libvirt:/usr/sbin/nologin\n"
    ),
    "shadow": f"{USER}:*:19700::::::\nlibvirt-qemu:!:19700::::::\n",
    "group": f"{USER}:x:{USER_NUMBER}:\nlibvirt-qemu:x:{QEMU_NUMBER}:\n",
    "sudoers": f"Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n{USER} ALL=(ALL:ALL) NOPASSWD: ALL\n",
    "qemu.conf": (
        'user = "root"\ngroup = "root"\ndynamic_ownership = 0\nremember_owner = 0\nsecurity_driver = "none"\n'
        'cgroup_controllers = []\nstdio_handler = "file"\nnamespaces = []\n'
    ),
    "libvirtd.conf": 'auth_unix_ro = "none"\nauth_unix_rw = "none"\nunix_sock_rw_perms = "0700"\n',
    "sshd_config": (
        f"ListenAddress {ADDRESS}\nHostKey /run/lab/host_key\nAuthorizedKeysFile /run/lab/authorized_keys\n"
        f"AllowUsers {USER}\nPidFile none\nUsePAM no\nUseDNS no\nPermitRootLogin no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nMaxStartups 100\nMaxSessions 100\nSubsystem sftp internal-sftp\n"
    ),
}


class LabHypervisor(Guests):
    """`folder` is its own, made by `start` and removed by `stop`; `images` in it is IMAGES as this machine sees it.

    What it is reached by is called as a `Host`'s: name, address, port, user, private_key, public_key.
    """

    name = "hv01"
    address = ADDRESS
    user = USER
    uri = URI

    def __init__(self, build: Build, folder: Path) -> None:
        self.build = build
        self.folder = folder
        self.images = folder / "images"

    @property
    def port(self) -> int:
        """The loopback port of its sshd."""
        saved = self.folder / "port"
        if not saved.exists():
            raise LabError(f"{self.name} has not been started in {self.folder.parent}")
        return int(saved.read_text())

    @property
    def private_key(self) -> Path:
        return self.build.private_key

    @property
    def public_key(self) -> str:
        """Its own public key, "ssh-ed25519 AAAA…"."""
        return " ".join((self.folder / "host" / "host_key.pub").read_text().split()[:2])

    @property
    def door(self) -> Door:
        return Door(self.port, self.private_key, self.folder / "known_hosts")

    # ------------------------------------------------------------------------------ start and stop

    def running(self) -> ProcessMark | None:
        """The process that it ends with, or None."""
        return ProcessMark.load(self.folder / "pid")

    def start(self, max_life: float = 3600) -> None:
        """LabUnavailable where a program or a right is missing; LabError where it does not start."""
        require()
        self._files()
        for _ in range(3):
            (self.folder / "port").write_text(str(free_port()))
            self.door.pin(self.public_key)
            mark = spawn([*_keeper(max_life), *self._first()], self.folder / "log")
            mark.save(self.folder / "pid")
            if self._came_up(mark):
                return
            mark.end()
            log = (self.folder / "log").read_text(errors="replace").strip()
            if "Address already in use" not in log:  # somebody took the port in between
                break
        self.stop()
        raise LabError(f"the hypervisor did not start: {log[-800:]}")

    def stop(self) -> None:
        """End it, with every domain, and remove the folder."""
        if mark := self.running():
            self.door.part()
            mark.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _files(self) -> None:
        host = self.folder / "host"
        host.mkdir(parents=True, mode=0o700)
        self.images.mkdir()
        for name, text in FILES.items():
            (host / name).write_text(text)
        for script in HOST.iterdir():
            shutil.copy(script, host / script.name)
        shutil.copy(self.private_key.with_suffix(".pub"), host / "authorized_keys")
        keygen(host / "host_key", self.name)

    def _first(self) -> list[str]:
        return [*APART, "sh", str(self.folder / "host" / "start.sh"), str(self.folder), str(self.port)]

    def _came_up(self, mark: ProcessMark) -> bool:
        deadline = time.monotonic() + 60
        while mark.alive() and time.monotonic() < deadline:
            if self.door.answers() and self._ask("list").returncode == 0:
                return True
            time.sleep(0.1)
        return False

    # ---------------------------------------------------------------------------------- the inside

    def run(self, command: str, *, sudo: bool = False, check: bool = True, timeout: float = 60) -> str:
        """Run a shell command on the hypervisor; its standard output. With `sudo` as root. As `Host.run`."""
        words = ["sudo", "-n", "sh"] if sudo else ["sh"]
        done = self.door.run(" ".join(words), stdin=command, timeout=timeout)
        if check and done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise LabError(f"{self.name}: {command!r} ended with {done.returncode}: {said[-600:]}")
        return done.stdout

    def virsh(self, *words: str, stdin: str = "", timeout: float = 60) -> str:
        """Run a virsh command as a person at the hypervisor would; its output. LabError in virsh's words."""
        done = self._ask(*words, stdin=stdin, timeout=timeout)
        if done.returncode:
            raise LabError(f"virsh {words[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def _ask(self, *words: str, stdin: str = "", timeout: float = 60) -> subprocess.CompletedProcess[str]:
        line = shlex.join(["sudo", "-n", "virsh", "-q", "-c", URI, *words])
        return self.door.run(line, stdin=stdin, timeout=timeout)

    # ------------------------------------------------------------------------------------- domains

    def template(self, say: Say = lambda line: None) -> str:
        """Define the domain "template", off, on a whole copy of the template's disk; its name."""
        return self._whole("template", say)

    def dead(self, say: Say = lambda line: None) -> str:
        """Define the domain "vm42", off: a clone of the template that does not boot (template_image.LETTER on it)."""
        return self._whole("vm42", say)

    def domain(self, name: str, memory_mib: int = MEMORY_MIB, say: Say = lambda line: None) -> str:
        """Define a domain of that name, off, that boots as the template does; its disk is made at once. Its name."""
        images(self.build, say)
        make_overlay(disk(self.build, "template"), "qcow2", self.images / f"{name}.qcow2")
        return self._define(name, memory_mib)

    def _whole(self, name: str, say: Say) -> str:
        images(self.build, say)
        copy_sparse(disk(self.build, name), self.images / f"{name}.qcow2")
        (self.images / f"{name}.qcow2").chmod(0o600)
        return self._define(name)

    def _define(self, name: str, memory_mib: int = MEMORY_MIB) -> str:
        self.virsh("define", "/dev/stdin", stdin=domain_xml(name, self.build.accelerator, memory_mib))
        return name

    def clear(self) -> None:
        """End and forget every domain, and remove what is in `images`."""
        for name in self.virsh("list", "--name").split():
            self.virsh("destroy", name)
        for name in self.virsh("list", "--all", "--name").split():
            self.virsh("undefine", name, "--snapshots-metadata", "--checkpoints-metadata", "--managed-save")
        for path in self.images.iterdir():
            path.unlink()


def _keeper(max_life: float) -> list[str]:
    until = ["timeout", "--kill-after=5", str(int(max_life))]
    return ["setpriv", "--pdeathsig", "TERM", *until, "setpriv", "--pdeathsig", "KILL"]


def require() -> None:
    """LabUnavailable with what is missing."""
    missing = missing_packages(PROGRAMS)
    if not QEMU_DRIVER.exists():
        missing.append("libvirt-daemon-driver-qemu")
    if missing:
        raise LabUnavailable(f"a hypervisor needs {', '.join(missing)}; install with: {install_command(missing)}")
    if os.geteuid() != 0:
        raise LabUnavailable("the lab's hypervisor needs root, for mounts of its own; run this as root")
    if subprocess.run([*APART, "true"], capture_output=True).returncode:
        raise LabUnavailable(
            "the lab's hypervisor needs mount and process namespaces, which this machine does not give"
        )
