"""A volume and its mount point; who works below it; and what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from changes.plan import Json
from recovery.facts.host import Mount, parse_mount
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well, lines
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class VolumeState:
    """A volume: `type` is what blkid finds on it (empty: nothing), `uuid` its mapping's UUID.

    exists  the device is there
    mounts  where this very volume is mounted
    there   what is mounted on the planned mount point
    full    the mount point has entries
    barred  where the mount point is absent: the directory above it, if that cannot be written to
    """

    exists: bool
    type: str
    uuid: str
    read_only: bool
    number: str
    mounts: tuple[Mount, ...]
    there: tuple[Mount, ...]
    full: bool
    barred: str = ""

    @property
    def nothing_to_mount(self) -> str:
        """Why there is nothing to mount on it, for a sentence; empty if there is, or may be."""
        return {"": "holds no file system", "swap": "is swap space"}.get(self.type, "") if self.exists else ""


@dataclass(frozen=True, slots=True)
class AskVolume:
    """A VolumeState. A real answer:

    type=xfs
    uuid=LVM-dCYYbKcqUi1IQ7Y2AqGnK2v6u1gUEXcHCYGk7b…
    read_only=1
    number=253:5
    mount=142 28 253:5 / /recovered/vm42/var ro,relatime shared:78 - xfs /dev/mapper/vm42_RootVG-var ro,nouuid
    point=142 28 253:5 / /recovered/vm42/var ro,relatime shared:78 - xfs /dev/mapper/vm42_RootVG-var ro,nouuid
    full=yes
    """

    device: str
    mount_point: str
    name = "volume"

    def command(self) -> Command:
        text = script("mounts.lib", "volume")
        return Command(("sh", "-c", text, "regroup", self.device, self.mount_point), sudo=True)

    def parse(self, result: Result) -> VolumeState:
        what = f"The volume {self.device}"
        pairs = [line.split("=", 1) for line in ended_well(result, what).splitlines()]
        if any(len(pair) != 2 for pair in pairs):
            raise FactError(f"{what}: the host's answer is not as expected: {result.text[:200]!r}.")
        one = dict(pair for pair in pairs if pair[0] not in ("mount", "point"))
        return VolumeState(
            exists="number" in one,
            type=one.get("type", ""),
            uuid=one.get("uuid", ""),
            read_only=one.get("read_only") == "1",
            number=one.get("number", ""),
            mounts=tuple(parse_mount(line) for key, line in pairs if key == "mount"),
            there=tuple(parse_mount(line) for key, line in pairs if key == "point"),
            full="full" in one,
            barred=one.get("barred", ""),
        )


@dataclass(frozen=True, slots=True)
class AskHolders:
    """Processes at work below a mount point, as (pid, program). A real line: `1834 bash`."""

    mount_point: str
    name = "holders"

    def command(self) -> Command:
        return Command(("sh", "-c", script("holders"), "regroup", self.mount_point), sudo=True)

    def parse(self, result: Result) -> tuple[tuple[int, str], ...]:
        what = f"Who works below {self.mount_point}"
        return tuple((int(pid), program) for pid, program in lines(ended_well(result, what), what, 2))


@dataclass(frozen=True, slots=True)
class Contents:
    """A mounted volume with sizes in bytes; at most 200 entries of its top directory, by name."""

    mount: Mount
    size: int
    used: int
    available: int
    entries: tuple[dict[str, Json], ...]


@dataclass(frozen=True, slots=True)
class AskContents:
    """Mount point → Contents, for (device, mount point) pairs; an unmounted one is left out.

    Records end with NUL. Real ones: `mount /recovered/vm42/var`, `info 142 28 253:5 / /recovered/…`,
    `df 322220 24204 298016`, `entry d 17 1335312000.0000000000 lib`.
    """

    places: tuple[tuple[str, str], ...]
    name = "contents"

    def command(self) -> Command:
        words = (word for pair in self.places for word in pair)
        return Command(("sh", "-c", script("list_mounts"), "regroup", *words), sudo=True, timeout=60)

    def parse(self, result: Result) -> dict[str, Contents]:
        what = "What is mounted"
        ended_well(result, what)
        found: dict[str, Contents] = {}
        rows: dict[str, list[list[str]]] = {}
        point = ""
        for record in result.stdout.decode("utf-8", "backslashreplace").split("\0")[:-1]:
            word, _, rest = record.partition(" ")
            if word == "mount":
                point = rest
                rows[point] = []
            else:
                rows[point].append([word, rest])
        for point, items in rows.items():
            infos = [rest for word, rest in items if word == "info"]
            if infos:
                size, used, available = (int(n) * 1024 for n in next(r for w, r in items if w == "df").split())
                entries = sorted((_entry(rest) for word, rest in items if word == "entry"), key=lambda e: e["name"])
                found[point] = Contents(parse_mount(infos[-1]), size, used, available, tuple(entries))
        return found


TYPES = {
    "d": "directory",
    "f": "file",
    "l": "link",
    "b": "block device",
    "c": "character device",
    "p": "pipe",
    "s": "socket",
}


def _entry(text: str) -> dict[str, Json]:
    kind, size, changed, name = text.split(" ", 3)
    return {"name": name, "type": TYPES.get(kind, "other"), "size": int(size), "mtime": int(float(changed))}
