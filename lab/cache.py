"""Where a finished build lies: one folder per recipe, QEMU version, accelerator and processor model."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import machine, recipe
from lab.errors import LabUnavailable


def cache_root() -> Path:
    """$XDG_CACHE_HOME/regroup/lab or ~/.cache/regroup/lab; made, private to the user."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = Path(base) / "regroup" / "lab"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


@dataclass(frozen=True)
class Build:
    """A finished build. `folder` is read-only from then on.

    kernel, initrd · key, key.pub (the login user's) · <host>/root.raw, <host>/state, <host>/host_key.pub ·
    disks/<old disk>.raw · backups/<host>/<group> (the text of that host's /etc/lvm/backup file).
    """

    folder: Path
    accelerator: str

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"

    @property
    def private_key(self) -> Path:
        """The login user's private key (0600)."""
        return self.folder / "key"

    def root_disk(self, host: str) -> Path:
        return self.folder / host / "root.raw"

    def state(self, host: str) -> Path:
        """The frozen memory of `host`."""
        return self.folder / host / "state"

    def host_key(self, host: str) -> str:
        """The host's public key: "ssh-ed25519 AAAA…"."""
        return " ".join((self.folder / host / "host_key.pub").read_text().split()[:2])

    def disk(self, name: str) -> Path:
        return self.folder / "disks" / f"{name}.raw"

    def backup(self, host: str, group: str) -> Path:
        """The text of `host`'s /etc/lvm/backup/<group>."""
        return self.folder / "backups" / host / group


def build_key(accelerator: str) -> str:
    """The name of the build folder for this machine."""
    model = recipe.cpu_model(accelerator)
    if accelerator == "kvm":
        model += machine.processor()
    parts = (recipe.recipe_hash(), machine.qemu_version(), accelerator, model)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def find_build() -> Build | None:
    """The finished build for this machine, or None; LabUnavailable when QEMU itself is missing."""
    machine.require(machine.RUN_PROGRAMS, say=lambda line: None)
    root = cache_root()
    accelerator = machine.known_accelerator(root)
    if accelerator is None:
        return None
    folder = root / build_key(accelerator)
    return Build(folder, accelerator) if folder.is_dir() else None


def require_build() -> Build:
    """The finished build; LabUnavailable with the command that makes it."""
    found = find_build()
    if found is None:
        raise LabUnavailable("the lab is not built yet; build it with: python -m lab build (about 4 minutes)")
    return found


@contextlib.contextmanager
def build_lock(root: Path, say: machine.Say) -> Iterator[None]:
    """Only one build at a time per cache; the second waits for the first and says so."""
    with (root / "build.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build of the lab is running; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
