"""Disks of every shape: what can be read without writing is recovered, the rest stays asleep, every byte comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from changes.plan import Refusal
from lab import Disk, Host
from lab.made_disks import MIXED, TWO, make
from tests.lab.recovery_walker import StepFailed
from tests.lab.test_recovery_from_the_disk import answer
from tests.lab.test_recovery_story import asked, planned, running


def volumes(*names: str) -> list[dict[str, str]]:
    return [{"lv": name, "mount_point": f"/recovered/vm7/{name}"} for name in names]


def test_two_disks_of_many_shapes_the_second_one_late(app01: Host, app02: Host, tmp_path: Path) -> None:
    disks, text = make(app02, MIXED, tmp_path)
    before, as_it_was = [disk.sha256() for disk in disks], running(app01)
    assert isinstance(answer(app01, asked(text, vm="vm7", new_vg="vm-7_Root", volumes=volumes("thin"))), Refusal)

    walker = planned(app01, asked(text, vm="vm7", new_vg="vm-7_Root", volumes=volumes("RootVG", "before", "data-1")))
    walker.walk(before={"attach": lambda: app01.attach(disks[0]), "rescan": lambda: app01.attach(disks[1])})
    for name, held in (("RootVG", "newer"), ("before", "plain"), ("data-1", "striped")):
        assert app01.run(f"cat /recovered/vm7/{name}/f", sudo=True) == f"{held}\n"
    active = app01.run("dmsetup ls", sudo=True)
    assert "vm--7_Root-RootVG" in active
    assert not any(name in active for name in ("thin", "pool", "twice"))

    walker.undo()
    assert running(app01) == as_it_was
    for disk in disks:
        app01.detach(disk.serial)
    assert [disk.sha256() for disk in disks] == before


def test_one_of_two_disks_a_stale_file_a_damaged_text_and_a_lost_label_are_refused(
    app01: Host, app02: Host, tmp_path: Path
) -> None:
    disks, text = make(app02, TWO, tmp_path)
    as_it_was, wanted = running(app01), asked("", vm="vm7", new_vg="vm7_Root", volumes=[])
    hashes, tables = [disk.sha256() for disk in disks], app01.run("dmsetup table", sudo=True)

    app01.attach(disks[0])
    alone = answer(app01, {**wanted, "disk": "two-0"})
    assert isinstance(alone, Refusal)
    assert "physical volume" in alone.reasons[0]

    app01.attach(disks[1])
    stale = answer(app01, {**wanted, "disk": "two-0", "metadata": _without(text, "two")})
    assert isinstance(stale, Refusal)
    assert "The file does not agree with the disk" in stale.reasons[0]
    walker = planned(app01, {**wanted, "disk": "two-0"})
    walker.walk(upto="report")
    assert app01.run("cat /recovered/vm7/one/f /recovered/vm7/two/f", sudo=True) == "first\nsecond\n"
    walker.undo()
    for disk in disks:
        app01.detach(disk.serial)
    assert [disk.sha256() for disk in disks] == hashes
    assert running(app01) == as_it_was

    _spoil(disks[0], 4096 + 512, b"\0" * 65536)
    app01.attach(disks[0])
    app01.attach(disks[1])
    torn = answer(app01, {**wanted, "disk": "two-0"})
    assert isinstance(torn, Refusal)
    assert "Regroup does not write where it cannot read" in torn.reasons[0]
    app01.run("for name in sdb sdc; do echo 1 >/sys/block/$name/device/delete; done", sudo=True)
    for disk in disks:
        app01.detach(disk.serial)

    _spoil(disks[0], 0, b"\0" * 4096)
    late = planned(app01, {**wanted, "metadata": text, "volumes": volumes("one")})
    with pytest.raises(StepFailed, match="no LVM label|missing"):
        late.walk(before={"attach": lambda: _attach(app01, disks)})
    assert app01.run("dmsetup table", sudo=True) == tables


def _attach(host: Host, disks: tuple[Disk, ...]) -> None:
    for disk in disks:
        host.attach(disk)


def _without(text: str, volume: str) -> str:
    """The backup as it was before the last volume was made: without it, two changes older."""
    lines, kept, skip = text.splitlines(keepends=True), [], False
    for line in lines:
        if line.startswith(f"\t\t{volume} {{"):
            skip = True
        if not skip:
            kept.append(line)
        if skip and line.startswith("\t\t}"):
            skip = False
    return "".join(kept).replace("\tseqno = 3", "\tseqno = 2")


def _spoil(disk: Disk, at: int, what: bytes) -> None:
    with disk.path.open("r+b") as file:
        file.seek(at)
        file.write(what)
