"""The story on a real host: recovered to readable data, and undone to the last byte."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath
from typing import Any

from changes.plan import Plan
from lab import Disk, Host, Lab, old_disk
from recovery.kind import KIND
from ssh.facts import SessionAsk
from tests.lab.recovery_walker import Walker, reach


def asked(text: str, **changes: Any) -> dict[str, Any]:
    volumes = [{"lv": lv, "mount_point": f"/recovered/vm42/{lv}"} for lv in ("root", "var")]
    named = {"vm": "vm42", "host": "app01", "metadata": text, "new_vg": "vm42_RootVG", "volumes": volumes}
    return {**named, **changes}


def planned(host: Host, params: dict[str, Any]) -> Walker:
    session = reach(host)
    made = KIND.plan(params, KIND.gather(params, SessionAsk(session)))
    assert isinstance(made, Plan), made
    return Walker(session, made)


def readable(host: Host, lv: str) -> dict[str, str]:
    """SHA-256 of the files that the old VM had on a volume, as the host reads them now."""
    paths = old_disk("vm42").sha256(lv)
    words = " ".join(shlex.quote(f"/recovered/vm42/{lv}/{path}") for path in paths)
    lines = host.run(f"sha256sum -- {words}", sudo=True).splitlines()
    return dict(zip(paths, (line.split()[0] for line in lines), strict=True))


def put_on(lv: str, backup: bytes) -> dict[str, Any]:
    """What a count has to say of a volume, by what the lab put on it: root has the LVM backup too, and lost+found."""
    files = old_disk("vm42").files[lv] | ({"etc/lvm/backup/RootVG": backup} if lv == "root" else {})
    folders = {str(folder) for path in files for folder in PurePosixPath(path).parents} - {"."}
    made = {"files": len(files), "directories": len(folders) + (lv == "root"), "bytes": sum(map(len, files.values()))}
    return {**made, "links": 0, "others": 0, "errors": 0, "cut_short": "", "was_clean": None}


def running(host: Host) -> str:
    """What must not change about the host: its groups, its mappings, its own backup of its group."""
    return host.run(
        "vgs --noheadings -o vg_name,vg_uuid,vg_seqno; dmsetup table; findmnt -n -o SOURCE /; "
        "grep -v -e '^description' -e '^#' -e '^creation' /etc/lvm/backup/RootVG; "
        "ls /etc/lvm/backup; lsblk -n -o NAME,MOUNTPOINT",
        sudo=True,
    )


def nameless(told: str) -> str:
    """What `running` says without names and numbers of SCSI disks, which a boot gives in any order."""
    return re.sub(r"\bsd[a-z]\b|\b8:\d+\b", "a disk", told)


def test_the_story_recovers_to_readable_data_and_undoes_to_the_last_byte(
    lab: Lab, app01: Host, vm42_disk: Disk
) -> None:
    before, as_it_was = vm42_disk.sha256(), running(app01)
    walker = planned(app01, asked(lab.backup_path("story").read_text()))
    walker.walk(before={"attach": lambda: app01.attach(vm42_disk)})

    assert readable(app01, "root") == old_disk("vm42").sha256("root")
    assert readable(app01, "var") == old_disk("vm42").sha256("var")
    mounts = {row["lv"]: row for row in walker.found["report"]["mounts"]}
    assert {entry["name"] for entry in mounts["root"]["entries"]} >= {"etc"}
    assert "ro" in mounts["var"]["options"]
    for row in walker.found["count"]["counts"]:
        kept = ("files", "directories", "links", "others", "bytes", "errors", "cut_short", "was_clean")
        assert {key: row[key] for key in kept} == put_on(row["lv"], lab.backup_path("story").read_bytes())
        assert 0 < row["inodes_used"] < row["inodes"]
    assert "vm42_RootVG" in app01.run("vgs --noheadings -o vg_name", sudo=True)

    walker.undo()
    assert running(app01) == as_it_was
    assert app01.run("ls -d /recovered || echo none", sudo=True).strip() == "none"
    app01.detach(vm42_disk.serial)
    assert vm42_disk.sha256() == before
