"""One lab host in one lab instance: start, stop, log in, disks in and out.

Everything a `Host` knows is on disk or asked of QEMU, so any process of the same user that opens the
same state folder sees and steers the same VM.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

from lab.cache import Build
from lab.disks import Disk, make_overlay
from lab.errors import LabError
from lab.freeze import host_arguments, incoming
from lab.machine import Say
from lab.qemu import ProcessMark, Qmp, start_qemu, wait_ended
from lab.reach import ADDRESS, Door, free_port
from lab.recipe import USER, HostIdentity

PCI = {"virtio-blk": "virtio-blk-pci", "nvme": "nvme"}
"""Bus → QEMU's driver, of disks that are PCI devices of their own."""

BUSES = ("scsi0", "scsi1", *PCI)
START_TIMEOUT = 60.0
REBOOT_TIMEOUT = 600.0
PATIENT = """mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\\nDefaultDeviceTimeoutSec=600\\n' >/etc/systemd/system.conf.d/lab.conf
"""
"""On a machine so busy that /var is not there after systemd's 90 s, a boot would end in emergency mode, for good."""


class Host:
    """A named host of one lab instance. Made by `Lab.host(name)`; `folder` is its own."""

    address = ADDRESS
    user = USER
    anew = False
    """Whether each command logs in anew, instead of over the connection that stands (kept.py)."""

    def __init__(self, build: Build, identity: HostIdentity, folder: Path) -> None:
        self._build = build
        self._identity = identity
        self._folder = folder

    @property
    def name(self) -> str:
        return self._identity.name

    @property
    def machine_id(self) -> str:
        return self._identity.machine_id

    @property
    def port(self) -> int:
        """The loopback port of its sshd; kept from one start to the next where it is still free."""
        known = self.known_port()
        if known is None:
            raise LabError(f"{self.name} has not been started in {self._folder.parent}")
        return known

    def known_port(self) -> int | None:
        """As `port`, but None for a host that was never started here."""
        saved = self._folder / "port"
        return int(saved.read_text()) if saved.exists() else None

    @property
    def private_key(self) -> Path:
        """The private key file of the login user."""
        return self._build.private_key

    @property
    def public_key(self) -> str:
        """The host's own public key, "ssh-ed25519 AAAA…"."""
        return self._build.host_key(self.name)

    @property
    def fingerprint(self) -> str:
        """The host key's fingerprint as `ssh-keygen -l` writes it, "SHA256:…"."""
        digest = hashlib.sha256(base64.b64decode(self.public_key.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def door(self) -> Door:
        return Door(self.port, self.private_key, self._folder / "known_hosts")

    def mac(self, port: int) -> str:
        """The MAC address of eth<port>."""
        return self._identity.mac(port)

    # ------------------------------------------------------------------------------ start and stop

    def running(self) -> ProcessMark | None:
        """The process it runs as, or None."""
        return ProcessMark.load(self._folder / "pid")

    def make(self, say: Say) -> None:
        """Have it ready to start on this machine: every build has it."""

    def start(self, max_life: float, die_with_parent: bool) -> float:
        """Thaw it on a fresh overlay of its root disk; seconds until a login with the right clock worked.

        LabError when it already runs in this instance or does not come up.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._alone():
            if self.running():
                raise LabError(f"{self.name} already runs in {self._folder.parent}")
            started = time.monotonic()
            try:
                self._launch(max_life, die_with_parent)
                self._make_ready()
            except BaseException:
                self._end()
                raise
            return time.monotonic() - started

    def stop(self) -> None:
        """End its process and forget what it wrote; nothing happens if it does not run."""
        if self._folder.is_dir():
            with self._alone():
                self._end()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _launch(self, max_life: float, die_with_parent: bool) -> None:
        self._overlay()
        file = "file.driver=file,file.filename=root.qcow2"
        node = ["-blockdev", f"driver=qcow2,node-name=root,cache.no-flush=on,{file}"]
        last = self.known_port()
        for port in [*([last] if last else []), free_port(), free_port(), free_port()]:
            arguments = [*self._arguments(port, node), *incoming(self._build, self.name)]
            try:
                start_qemu(arguments, self._folder, max_life, die_with_parent)
            except LabError as error:
                if "host forwarding" in str(error):  # somebody took the port in between
                    continue
                raise
            (self._folder / "port").write_text(str(port))
            return
        raise LabError(f"no loopback port could be had for {self.name}")

    def _arguments(self, port: int, root_node: list[str]) -> list[str]:
        return host_arguments(self._build, self._identity, port, root_node)

    def _frozen_disk(self) -> tuple[Path, str]:
        """The root disk that the frozen memory expects, and its format."""
        return self._build.root_disk(self.name), "raw"

    def _overlay(self) -> None:
        base, form = self._frozen_disk()
        overlay = self._folder / "root.qcow2"
        overlay.unlink(missing_ok=True)
        make_overlay(base, form, overlay)

    def _make_ready(self) -> None:
        with Qmp(self._folder) as qmp:
            deadline = time.monotonic() + START_TIMEOUT
            while qmp.execute("query-status")["status"] == "inmigrate":
                if time.monotonic() > deadline or not self.running():
                    log = (self._folder / "qemu.log").read_text().strip()
                    raise LabError(f"{self.name} did not thaw: {log[-400:]}")
                time.sleep(0.05)
            qmp.execute("cont")  # it was stopped when it was frozen
        self.door.pin(self.public_key)
        # The clock stands where the host was frozen; the journal keeps times of its own. The time is told
        # once the connection is there, for a login takes as long as the machine is busy.
        script = "echo ready; read now; date -u -s @$now >/dev/null && systemctl restart systemd-journald"
        self.door.wait_login(f"sudo sh -c '{script}'", START_TIMEOUT, reply=lambda: f"{time.time():.3f}\n")

    def _end(self) -> None:
        mark = self.running()
        if mark:
            self.door.part()
            with contextlib.suppress(LabError), Qmp(self._folder, patience=2) as qmp:
                qmp.execute("quit")
            if not wait_ended(mark, timeout=2):
                mark.end()
        for name in ("pid", "qmp.sock", "root.qcow2", "known_hosts"):
            (self._folder / name).unlink(missing_ok=True)

    # ---------------------------------------------------------------------------------- the inside

    def run(self, command: str, *, sudo: bool = False, check: bool = True, timeout: float = 60) -> str:
        """Run a shell command in the guest; its standard output.

        With `sudo` as root. LabError with the guest's words when it exits non-zero and `check`.
        """
        words = ["sudo", "-n", "sh"] if sudo else ["sh"]
        done = self.door.run(" ".join(words), stdin=command, timeout=timeout, anew=self.anew)
        if check and done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise LabError(f"{self.name}: {command!r} ended with {done.returncode}: {said[-600:]}")
        return done.stdout

    def rescan(self) -> None:
        """Have every SCSI host of the guest look for new disks, and wait for udev."""
        scan = 'for host in /sys/class/scsi_host/host*/scan; do echo "- - -" > "$host"; done; udevadm settle'
        self.run(scan, sudo=True)

    def reboot(self) -> None:
        """Reboot the guest for real and wait for a login of the new boot (30 to 60 s without KVM)."""
        before = self.run("cat /proc/sys/kernel/random/boot_id").strip()
        self.run(f"{PATIENT}systemctl reboot", sudo=True, check=False)
        self._wait_for_another_boot(before)

    def reset(self) -> None:
        """Press its reset button, so that nothing is synced or unmounted, and wait for a login of the new boot."""
        before = self.run("cat /proc/sys/kernel/random/boot_id").strip()
        with Qmp(self._folder) as qmp:
            qmp.execute("system_reset")
        self._wait_for_another_boot(before)

    def _wait_for_another_boot(self, before: str) -> None:
        self.door.part()
        deadline = time.monotonic() + REBOOT_TIMEOUT
        while time.monotonic() < deadline:
            with contextlib.suppress(LabError):
                if self.door.wait_login("cat /proc/sys/kernel/random/boot_id", 20).strip() != before:
                    return
            time.sleep(1)
        console = (self._folder / "console.log").read_text(errors="replace").strip()
        raise LabError(
            f"{self.name} did not come back from its reboot within {REBOOT_TIMEOUT:.0f} s;"
            f" its console ends: {console[-800:]}"
        )

    def set_link(self, nic: str, up: bool) -> None:
        """Pull (`up` false) or plug the cable of "eth0", "eth1" … At once, and at the NIC's own speed again."""
        with Qmp(self._folder) as qmp:
            qmp.execute("set_link", name=nic, up=up)

    # --------------------------------------------------------------------------------------- disks

    def attach(self, disk: Disk, bus: str = "scsi0") -> None:
        """Attach `disk` to the running VM.

        "scsi0": the guest sees it only after a rescan · "scsi1": it appears by itself · "virtio-blk" and "nvme": PCI
        disks, which appear by themselves; nvme0n1 stands before sda in every list. LabError when the serial is taken
        or another VM has the image.
        """
        if bus not in BUSES:
            raise LabError(f"no bus {bus!r}; there are {', '.join(BUSES)}")
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,20}", disk.serial):
            raise LabError(f"serial {disk.serial!r} is not 1 to 20 letters, digits, dots, dashes")
        node = f"node-{disk.serial}"
        device = {"id": f"disk-{disk.serial}", "drive": node, "serial": disk.serial}
        if bus in PCI:
            device |= {"driver": PCI[bus], "bus": "pci.0"}
        else:
            device |= {"driver": "scsi-hd", "bus": f"{bus}.0"}
        with Qmp(self._folder) as qmp:
            file = {"driver": "file", "filename": str(disk.path.resolve())}
            qmp.execute("blockdev-add", **{"node-name": node, "driver": "raw", "file": file})
            try:
                qmp.execute("device_add", **device)
            except LabError:
                qmp.execute("blockdev-del", **{"node-name": node})
                raise

    def detach(self, serial: str) -> None:
        """Pull the disk with this serial out; LabError when it is not attached or the guest holds on to it.

        On the SCSI buses this is at once, like pulling a cable: have the guest let go of it first.
        """
        if serial not in self.attached():
            raise LabError(f"no disk {serial} is attached to {self.name}")
        device = f"disk-{serial}"
        with Qmp(self._folder) as qmp:
            qmp.execute("device_del", id=device)
            qmp.wait_event("DEVICE_DELETED", timeout=20, device=device)
            qmp.execute("blockdev-del", **{"node-name": f"node-{serial}"})

    def attached(self) -> dict[str, Path]:
        """{serial: image file} of the disks attached since the start."""
        with Qmp(self._folder) as qmp:
            nodes = qmp.execute("query-named-block-nodes", flat=True)
        prefix = "node-"
        return {
            node["node-name"].removeprefix(prefix): Path(node["file"])
            for node in nodes
            if node["node-name"].startswith(prefix)
        }
