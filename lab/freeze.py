"""Freeze a host after a cold boot to a working login; thaw it in seconds ever after."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from pathlib import Path

from lab.cache import Build
from lab.errors import LabError
from lab.qemu import Qmp, running_qemu, wait_ended
from lab.reach import Door, free_port
from lab.recipe import KERNEL_ARGUMENTS, HostIdentity, base_hardware, host_hardware

# The first login caches what later ones need; the file systems are quiet before the memory is saved.
_SETTLE = "sudo true && systemctl is-system-running --wait; sudo lvs >/dev/null && sync"


def host_arguments(build: Build, identity: HostIdentity, port: int, root_node: list[str]) -> list[str]:
    """QEMU's arguments for a host, the same when it is frozen and when it is thawed.

    `root_node` are the -blockdev arguments that define the node "root".
    """
    boot = ["-kernel", str(build.kernel), "-initrd", str(build.initrd), "-append", KERNEL_ARGUMENTS]
    return [*base_hardware(build.accelerator), *boot, *root_node, *host_hardware(identity, port)]


def freeze(build: Build, identity: HostIdentity) -> None:
    """Boot `identity` cold from its root disk, wait for a login, save its memory beside the disk.

    The root disk is what that memory expects and is read-only from here on.
    """
    disk = build.root_disk(identity.name)
    cache = "cache.no-flush=on"
    node = ["-blockdev", f"driver=raw,node-name=root,{cache},file.driver=file,file.filename={disk}"]
    boot_and_freeze(build, identity.name, lambda port: host_arguments(build, identity, port, node), _SETTLE)
    disk.chmod(0o444)


def boot_and_freeze(build: Build, name: str, arguments: Callable[[int], list[str]], settle: str) -> None:
    """Boot the host `name` cold, run `settle` there, save its memory. `arguments` gives QEMU's for an SSH port."""
    folder = build.folder / name / "freeze"
    folder.mkdir()
    port = free_port()
    door = Door(port, build.private_key, folder / "known_hosts")
    door.pin(build.host_key(name))
    with running_qemu(arguments(port), folder, max_life=500) as mark:
        try:
            door.wait_login("true", timeout=300)
        except LabError as error:
            console = (folder / "console.log").read_text(errors="replace").strip()
            raise LabError(f"{name} did not boot: {error}; its console ends: {console[-800:]}") from error
        door.run(settle, timeout=120)
        with Qmp(folder) as qmp:
            save_memory(qmp, build.state(name))
            qmp.execute("quit")
        wait_ended(mark, timeout=20)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def save_memory(qmp: Qmp, state: Path) -> None:
    """Stop the VM and write its memory and device state to `state`."""
    qmp.execute("stop")
    qmp.execute("migrate-set-parameters", **{"max-bandwidth": 1 << 33})
    part = state.with_suffix(".part")
    qmp.execute("migrate", uri=f"exec:cat > {shlex.quote(str(part))}")
    deadline = time.monotonic() + 120
    while (status := qmp.execute("query-migrate").get("status")) != "completed":
        if status in {"failed", "cancelled"} or time.monotonic() > deadline:
            raise LabError(f"the VM's memory could not be saved: {status}")
        time.sleep(0.1)
    part.rename(state)
    state.chmod(0o444)


def incoming(build: Build, name: str) -> list[str]:
    """The arguments that make QEMU go on where the host `name` was frozen."""
    return ["-incoming", f"exec:cat {shlex.quote(str(build.state(name)))}"]
