"""Storage that fails, services that failed, what changed since the boot, who was here, and the last backup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from readiness.facts.values import Facts
from readiness.judges.finding import Point, amber, green, red, unknown
from readiness.judges.known import Known

LONG_DAYS = 180
BACKUP_DAYS = 7
MOST_RECENT = 40
"""So many packages the host names at most (part_changed)."""
SHELLS = ("rescue.target", "emergency.target", "halt.target", "poweroff.target", "reboot.target", "kexec.target")
EXCEPT = ("/run", "/sys", "/proc", "/dev", "/snap", "/media")


def judge_storage(known: Known) -> Iterator[Point]:
    facts = known.facts
    wanted = {line.point for line in facts.fstab.lines if "ro" in line.options}
    problems = list[Point]()
    for mount in facts.mounts:
        if not (mount.read_only and mount.source.startswith("/dev/") and mount.root == "/"):
            continue
        if mount.point in wanted or mount.point.startswith(EXCEPT) or mount.fstype in ("squashfs", "iso9660", "erofs"):
            continue
        say = red if mount.point == "/" else amber
        problems.append(
            say(
                f"{mount.point} is mounted read-only, and fstab does not ask for it: its kernel may have given it up.",
                f"{mount.source} on {mount.point}, {mount.fstype}",
                todo="Look in the kernel's log for why; check the disk and the file system before a reboot does.",
            )
        )
    if facts.kernel_log.lines and not facts.kernel_log.why:
        problems.append(
            amber(
                "The kernel's log has errors of disks or file systems.",
                *facts.kernel_log.lines,
                todo="Have the disk looked at; a reboot reads all of it again.",
            )
        )
    counted = [f"{name}: {count} errors since it was last checked" for name, count in facts.ext_errors.items() if count]
    if counted:
        problems.append(
            amber(
                "An ext file system has errors on record; it is checked at boot, which may ask for somebody.",
                *counted,
                todo="Plan an fsck with somebody at the console.",
            )
        )
    yield from problems
    if facts.kernel_log.why:
        yield unknown(f"The kernel's log was not read: {facts.kernel_log.why}.")
    elif not problems:
        yield green(
            "No file system was given up, and the kernel complains of no disk.",
            *(f"{name}: {count} errors" for name, count in facts.ext_errors.items()),
        )


def judge_services(known: Known) -> Iterator[Point]:
    facts, problems = known.facts, list[Point]()
    target = dict(line.split("=", 1) for line in facts.target.lines if "=" in line)
    named, level = target.get("target", ""), target.get("runlevel", "")
    if facts.target.why or not (named or level):
        yield unknown(f"What it would start into is not known: {facts.target.why or 'systemctl gave no answer'}.")
    elif level in ("0", "6") or target.get("LoadState", "loaded") != "loaded":
        said = f"runlevel {level}" if level else f"{named}: {target.get('LoadState')}"
        problems.append(
            red(
                "What the host would start into is not there, or is a shutdown.",
                said,
                todo="systemctl set-default multi-user.target (or the initdefault line of /etc/inittab).",
            )
        )
    elif named in SHELLS or level in ("1", "s", "S"):
        problems.append(
            amber(
                f"The host would start into {named or f'runlevel {level}'}, without its services.",
                todo="systemctl set-default multi-user.target",
            )
        )
    if facts.failed.lines and not facts.failed.why:
        units = [line.split()[0].lstrip("●* ") for line in facts.failed.lines if line.split()]
        problems.append(
            amber(
                f"Units have failed, and would again: {', '.join(units[:4])}{' …' if len(units) > 4 else ''}.",
                *facts.failed.lines,
                todo="See why (systemctl status), and mend them or switch them off.",
            )
        )
    yield from problems
    if facts.failed.why and not level:
        yield unknown(f"Which units failed is not known: {facts.failed.why}.")
    elif not problems and (named or level):
        yield green("No unit has failed, and what it starts into is there.", f"default: {named or f'runlevel {level}'}")


def judge_selinux(known: Known) -> Iterator[Point]:
    machine = known.facts.machine
    now, kept = machine.selinux_now.lower(), machine.selinux_file.lower()
    if machine.autorelabel:
        yield amber(
            "/.autorelabel is there: the next boot labels every file anew, which may take an hour.",
            todo="Plan for it, or remove the file.",
        )
    elif now == "disabled" and kept in ("enforcing", "permissive"):
        yield amber(
            "SELinux is off now and would be on after a reboot: every file is labelled anew, services may be refused.",
            f"getenforce: {machine.selinux_now}",
            f"/etc/selinux/config: SELINUX={machine.selinux_file}",
            todo="Let it start permissive first.",
        )
    elif now == "permissive" and kept == "enforcing":
        yield amber(
            "SELinux only warns now and would refuse after a reboot.",
            f"getenforce: {machine.selinux_now}",
            f"/etc/selinux/config: SELINUX={machine.selinux_file}",
            todo="Look for what it warns of: ausearch -m avc.",
        )
    else:
        yield green(
            "SELinux stays as it is." if now else "This host has no SELinux.",
            *([f"getenforce: {machine.selinux_now}"] if now else []),
        )


def judge_changes(known: Known) -> Iterator[Point]:
    facts = known.facts
    booted, days = facts.machine.booted_at, facts.machine.uptime // 86_400
    since = [(at, name) for at, name in facts.packages.recent if at > booted]
    files = [path for path, at in facts.touched.items() if at > booted]
    up = f"up for {days} days, since {_day(booted)}"
    problems = list[Point]()
    if since or files:
        problems.append(
            amber(
                _changed(len(since), files),
                up,
                *(f"{_day(at)} {name}" for at, name in since[:8]),
                *(f"{_day(facts.touched[path])} {path}" for path in files),
                todo="Reboot it in a window with somebody at the console, once nothing is red.",
            )
        )
    entry = known.boot.entry
    if entry and not known.boot.guessed and entry.version and entry.version != facts.machine.kernel:
        problems.append(
            amber(
                f"The next boot would start {entry.version}, which does not run now.",
                f"runs: {facts.machine.kernel}",
                f"default: {entry.title}",
                todo="Keep the kernel that runs installed until the new one has booted.",
            )
        )
    if days >= LONG_DAYS:
        problems.append(
            amber(
                f"It was not rebooted for {days} days, so nobody knows that it comes back.",
                up,
                todo="Plan a reboot with its owner.",
            )
        )
    if facts.machine.reboot_required and not problems:
        problems.append(
            amber(
                "The host itself says that it wants a reboot.",
                "/run/reboot-required",
                up,
                todo="Plan a reboot with its owner.",
            )
        )
    yield from problems
    if not problems:
        yield green("Nothing that a boot reads has changed since it last booted.", up)


def _changed(packages: int, files: list[str]) -> str:
    many = f"{packages} or more packages" if packages >= MOST_RECENT else f"{packages} packages"
    parts = [many if packages != 1 else "1 package"] if packages else []
    parts += (
        [f"{len(files)} files that a boot reads" if len(files) != 1 else "1 file that a boot reads"] if files else []
    )
    return f"Changed since the last boot, and so unproven: {' and '.join(parts)}."


def judge_people(known: Known) -> Iterator[Point]:
    facts = known.facts
    if facts.logins.why:
        yield unknown(f"Who was here last is not known: {facts.logins.why}.")
        return
    people = [
        line for line in facts.logins.lines if not line.startswith(("reboot ", "wtmp ", "shutdown ", "runlevel "))
    ]
    begins = [line for line in facts.logins.lines if line.startswith("wtmp ")]
    if people:
        yield green("These people know it best: the last who signed in.", *people, *begins)
    else:
        yield unknown(
            "Nobody has signed in since its record begins, so nobody may know it.",
            *begins,
            todo="Ask its owner who knows this machine, before it is needed.",
        )


def judge_backup(known: Known) -> Iterator[Point]:
    days = known.backup_days
    if days is None:
        return
    said = f"last backup: {days:.0f} days ago"
    if days > BACKUP_DAYS:
        yield amber(
            f"Its last backup is {days:.0f} days old.",
            said,
            todo="Make one before it reboots, and try whether it restores.",
        )
    else:
        yield green("Its last backup is fresh. Whether that would boot nobody has tried.", said)


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%Y-%m-%d %H:%M} UTC"


def facts_in_short(facts: Facts) -> dict[str, str | int]:
    """What a list shows of a host beside its verdict."""
    return {
        "os": facts.machine.os,
        "kernel": facts.machine.kernel,
        "uptime": facts.machine.uptime,
        "boot_id": facts.machine.boot_id,
    }
