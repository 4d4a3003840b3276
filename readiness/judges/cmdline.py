"""Whether the kernel's command line names the root file system that is mounted now."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.facts.values import Facts
from readiness.judges.finding import Point, amber, few, green, red, unknown
from readiness.judges.kernel import IN_A_CONTAINER
from readiness.judges.known import Known

BY = {"UUID": "by-uuid", "LABEL": "by-label", "PARTUUID": "by-partuuid", "PARTLABEL": "by-partlabel"}
VOLUMES = ("rd.lvm.lv", "rd_LVM_LV")
SHELLS = (
    "single",
    "emergency",
    "rescue",
    "systemd.unit=rescue.target",
    "systemd.unit=emergency.target",
    "rd.break",
    "1",
    "s",
    "S",
)


def judge(known: Known) -> Iterator[Point]:
    facts, entry = known.facts, known.boot.entry
    if facts.machine.container:
        yield unknown(IN_A_CONTAINER)
        return
    if entry is None:
        yield unknown("Nobody can tell which command line the kernel would get.")
        return
    words, of = entry.options.split(), f"of: {entry.title}"
    options = [(name, value) for name, _, value in (word.partition("=") for word in words) if value]
    problems = [
        *_root(facts, options, of, bool(known.boot.guessed)),
        *_volumes(facts, options, of),
        *_resume(facts, options, of),
    ]
    shells = [word for word in words if word in SHELLS]
    if shells:
        problems.append(
            amber(
                f"It would start into a shell of one user: {' '.join(shells)}.",
                of,
                entry.options,
                todo="Take the word off the command line unless somebody sits at the console.",
            )
        )
    yield from problems
    if not problems:
        shown = [f"{name}={value}" for name, value in options if name in ("root", "resume", *VOLUMES)]
        yield green("The command line names the file system that / is.", *shown, f"/ is {facts.root.source}", of)


def device_path(value: str) -> str:
    """What `root=` or a first field of fstab names, as a path: `UUID=…` is `/dev/disk/by-uuid/…`."""
    name, separator, rest = value.partition("=")
    if separator and name in BY:
        return f"/dev/disk/{BY[name]}/{rest.strip(chr(34))}"
    return value


def mapper_path(path: str) -> str:
    """`/dev/RootVG/root` is `/dev/mapper/RootVG-root`: both lead to the same volume."""
    parts = path.split("/")
    if len(parts) == 4 and parts[1] == "dev" and parts[2] not in ("mapper", "disk"):
        return f"/dev/mapper/{parts[2].replace('-', '--')}-{parts[3].replace('-', '--')}"
    return path


def _root(facts: Facts, options: list[tuple[str, str]], of: str, guessed: bool) -> Iterator[Point]:
    named = [value for name, value in options if name == "root"]
    mounted = f"/ is {facts.root.source}"
    if not named:
        yield amber("The command line has no root=; where / is found is left to the initial file system.", of, mounted)
        return
    value = named[-1]
    path = mapper_path(device_path(value))
    if path in facts.root.names or value in facts.root.names:
        return
    if not path.startswith("/dev/"):
        yield unknown(f"Regroup does not know what root={value} leads to.", of, mounted)
        return
    target = facts.ids.get(path)
    todo = (
        "Name the file system that is mounted on /, in /etc/default/grub or by grubby, and make the loader's file anew."
    )
    if guessed:
        todo = "Name the file system that is mounted on / wherever this host's kernel gets its command line from."
    where = f"which is {target}, another file system" if target else "which this host does not have"
    yield red(
        f"root={value} is not what is mounted on /: it names {path}, {where}.",
        of,
        f"root={value}",
        mounted,
        *sorted(facts.root.names - {facts.root.source}),
        todo=todo,
    )


def _volumes(facts: Facts, options: list[tuple[str, str]], of: str) -> Iterator[Point]:
    wanted = [value for name, value in options if name in VOLUMES]
    there = {f"{one.group}/{one.name.strip('[]')}" for one in facts.lvm.logical}
    if wanted and facts.lvm.why:
        yield unknown(f"Whether the volumes of the command line are there is not known. {facts.lvm.why}", *wanted)
        return
    for value in wanted:
        if value not in there:
            yield red(
                f"rd.lvm.lv={value} names a volume that there is not: the boot would wait for it, and give up.",
                of,
                *(f"there is {name}" for name in sorted(there)),
                todo="Name the volumes that there are on the command line.",
            )
    group = facts.root.dm[0][0] if facts.root.on_lvm else ""
    mine = next(
        (
            f"{one.group}/{one.name}"
            for one in facts.lvm.logical
            if f"{one.group.replace('-', '--')}-{one.name.replace('-', '--')}" == group
        ),
        "",
    )
    if wanted and mine and mine not in wanted:
        yield red(
            f"The command line activates only {few(wanted)}, and / is {mine}.",
            of,
            f"/ is {mine}",
            todo=f"Add rd.lvm.lv={mine} to the command line.",
        )


def _resume(facts: Facts, options: list[tuple[str, str]], of: str) -> Iterator[Point]:
    for value in (value for name, value in options if name == "resume"):
        path = mapper_path(device_path(value))
        if path.startswith("/dev/") and path not in facts.ids and path not in facts.ids.values():
            yield amber(
                f"resume={value} names a device that there is not: the boot waits for it.",
                of,
                todo="Name the swap that there is, or take resume= away.",
            )
