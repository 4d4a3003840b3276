"""What a host says that tells whether it would boot: values only. `facts.look` asks for it; parsers stand beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GONE = -1
"""Status of a part that the host did not answer."""
TOO_LATE, NO_LIMIT, NO_TOOL = 124, 125, 127
"""As the host's script ends a part: not asked in time, nothing there to limit it with, its program is missing."""


@dataclass(frozen=True, slots=True)
class Told:
    """Lines that a program of the host wrote, with its exit code; `why` it is no answer, empty where it is one."""

    lines: tuple[str, ...] = ()
    status: int = GONE

    @property
    def why(self) -> str:
        known = {
            GONE: "the host did not answer it",
            TOO_LATE: "it was not asked in time",
            NO_LIMIT: "the host has no `timeout` to limit it with",
            NO_TOOL: "the host has no program for it",
        }
        mute = f"its program said nothing and ended with exit code {self.status}" if not self.lines else ""
        return known.get(self.status, mute if self.status else "")


@dataclass(frozen=True, slots=True)
class Machine:
    """The host itself. Times in seconds; `cmdline` is what the running kernel was started with."""

    machine_id: str
    boot_id: str
    hostname: str
    kernel: str
    arch: str
    uptime: int
    now: int
    cmdline: str
    os: str = ""
    efi: bool = False
    container: str = ""
    autorelabel: bool = False
    reboot_required: bool = False
    selinux_now: str = ""
    selinux_file: str = ""
    tools: frozenset[str] = frozenset()

    @property
    def booted_at(self) -> int:
        return self.now - self.uptime


@dataclass(frozen=True, slots=True)
class Elf:
    """The head of a file. `bits` 32 or 64, `machine` as `elf.MACHINES` names it; both empty where it is no ELF file.

    loader  its PT_INTERP: None where it names none (static, or a script), empty where it lies beyond what was read
    """

    path: str
    real: str
    bits: int
    machine: str
    loader: str | None = None

    @property
    def words(self) -> str:
        return f"{self.bits}-bit {self.machine}" if self.bits else "no ELF file"


@dataclass(frozen=True, slots=True)
class Userland:
    """What a boot starts. `loaders` maps each dynamic loader that is named to whether it is there."""

    files: Mapping[str, Elf]
    dangling: tuple[str, ...]
    absent: tuple[str, ...]
    links: Mapping[str, str]
    loaders: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    arch: str
    version: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A file of a package that is not as it was packed: `how` in the package manager's letters."""

    path: str
    how: str
    config: bool = False


@dataclass(frozen=True, slots=True)
class Packages:
    """Of those that a boot needs. `family` is deb, rpm or empty; `recent` is (seconds, name), newest first."""

    family: str
    core: tuple[Package, ...]
    changed: tuple[Changed, ...]
    verified: Told
    archs: Mapping[str, int]
    recent: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class BootFile:
    """A kernel or an initial file system: its size in bytes, and when it was written."""

    path: str
    size: int
    at: int


@dataclass(frozen=True, slots=True)
class Kernels:
    """What there is to boot. `modules` maps versions to the size of their modules.dep, 0 where it is missing."""

    kernels: tuple[BootFile, ...]
    initramfs: tuple[BootFile, ...]
    modules: Mapping[str, int]
    links: Mapping[str, str] = field(default_factory=dict)

    def kernel(self, path: str) -> BootFile | None:
        return next((one for one in self.kernels if one.path == path), None)

    def image(self, path: str) -> BootFile | None:
        return next((one for one in self.initramfs if one.path == path), None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a boot loader. Paths are the host's own; `options` is the kernel's command line."""

    title: str
    kernel: str
    initramfs: tuple[str, ...]
    options: str
    ident: str = ""

    @property
    def version(self) -> str:
        return version_of(self.kernel)


@dataclass(frozen=True, slots=True)
class Loader:
    """The boot loader: `kind` is `grub`, `bls`, `grub-legacy` or empty where none was found.

    default   the entry that it would start; None with `why` where nobody can tell
    file      the configuration it was read from; files: size of every file that was seen
    env       grubenv's variables; env_size its size, None where there is none
    """

    kind: str
    file: str
    default: Entry | None
    why: str
    entries: tuple[Entry, ...]
    env: Mapping[str, str]
    env_size: int | None
    env_file: str
    check: Told
    grubby: str
    files: Mapping[str, int]
    once: str = ""
    """An entry that the next boot alone would start."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of mountinfo. `read_only` is the file system's own state, or the mount's."""

    point: str
    source: str
    fstype: str
    number: str
    read_only: bool
    root: str = "/"


@dataclass(frozen=True, slots=True)
class FstabLine:
    """A line of /etc/fstab. `device` is what its first field leads to here: empty where nothing, None if not asked.

    at  what is at the mount point: dir, file, none; empty if not asked
    """

    number: int
    spec: str
    point: str
    fstype: str
    options: tuple[str, ...]
    device: str | None
    at: str

    @property
    def nofail(self) -> bool:
        return "nofail" in self.options or "noauto" in self.options

    @property
    def words(self) -> str:
        return f"line {self.number}: {self.spec} on {self.point}"


@dataclass(frozen=True, slots=True)
class Fstab:
    lines: tuple[FstabLine, ...]
    broken: tuple[str, ...]
    """Lines that are no line of an fstab, as they stand there."""
    missing: bool
    verified: Told


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk under the root file system, and its drivers upwards: (driver, its module or empty if built in)."""

    name: str
    drivers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Root:
    """What `/` stands on. `names` are paths that lead to its device; `dm` is (name, uuid) of device-mapper."""

    source: str
    fstype: str
    names: frozenset[str]
    dm: tuple[tuple[str, str], ...]
    md: tuple[str, ...]
    disks: tuple[Disk, ...]

    @property
    def on_lvm(self) -> bool:
        return any(uuid.startswith("LVM-") for _, uuid in self.dm)

    @property
    def encrypted(self) -> bool:
        return any(uuid.startswith("CRYPT-") for _, uuid in self.dm)


@dataclass(frozen=True, slots=True)
class Space:
    """A file system's room in KiB, and in files where it counts them."""

    point: str
    mounted: str
    size: int
    free: int
    files: int | None = None
    files_free: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    uuid: str
    attr: str


@dataclass(frozen=True, slots=True)
class Physical:
    name: str
    uuid: str
    group: str
    attr: str


@dataclass(frozen=True, slots=True)
class Logical:
    group: str
    name: str
    attr: str
    data: float | None
    metadata: float | None


@dataclass(frozen=True, slots=True)
class Lvm:
    """LVM's state. `why` it is not known, empty where it is; `said` are its warnings.

    devices_file  lines of /etc/lvm/devices/system.devices; None where there is none. It counts only where `uses_file`
    """

    groups: tuple[Group, ...]
    physical: tuple[Physical, ...]
    logical: tuple[Logical, ...]
    said: tuple[str, ...]
    why: str
    uses_file: bool
    devices_file: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that readiness is judged from, but what is in the initial file system."""

    machine: Machine
    userland: Userland
    packages: Packages
    kernels: Kernels
    loader: Loader
    mounts: tuple[Mount, ...]
    fstab: Fstab
    encrypted: tuple[str, ...]
    root: Root
    ids: Mapping[str, str]
    space: Mapping[str, Space]
    lvm: Lvm
    kernel_log: Told
    ext_errors: Mapping[str, int]
    failed: Told
    target: Told
    logins: Told
    boots: Told
    touched: Mapping[str, int]

    def mount(self, point: str) -> Mount | None:
        return next((one for one in reversed(self.mounts) if one.point == point), None)


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in an initial file system. `why` it is not known, empty where it is.

    modules  names as the kernel has them (dm_mod); builtin those that the kernel itself has
    programs last parts of paths: lvm, init, mdadm, cryptsetup
    """

    path: str
    tool: str
    count: int
    modules: frozenset[str]
    programs: frozenset[str]
    devices_file: bool
    builtin: frozenset[str]
    why: str
    damaged: bool = False


def version_of(kernel: str) -> str:
    """The version in a kernel's path: `/boot/vmlinuz-6.1.0-32-amd64`."""
    name = kernel.rsplit("/", 1)[-1]
    for prefix in ("vmlinuz-", "vmlinux-", "kernel-"):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return ""
