"""Disks of every shape end as `lab.scenarios` says: what can be read without writing is recovered, the rest refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from changes.plan import Refusal
from lab import Disk, Host, Lab
from lab.made_disks import SHAPES, Made, make
from lab.scenarios import SITUATIONS, Situation
from recovery.lvm.metadata import dm_name
from tests.lab.recovery_walker import StepFailed, Walker
from tests.lab.test_recovery_from_the_disk import answer
from tests.lab.test_recovery_story import asked, planned, running

Disks = Callable[[Situation], Made]


@pytest.fixture(scope="module")
def shapes(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """Every shape once, made on app02."""
    folder, maker = tmp_path_factory.mktemp("shapes"), lab.host("app02")
    maker.stop()
    lab.start("app02")
    try:
        return {name: make(maker, shape, folder) for name, shape in SHAPES.items()}
    finally:
        maker.stop()


SELDOM = (
    *("thin-wanted", "two-disks", "extended-since", "torn-text-on-both"),
    *("torn-text-with-an-old-file", "lost-label-with-a-file", "lost-label-with-the-wrong-file"),
)
"""Others of the same kind stand for them in each run; these with `-m repeated`."""
EACH = [pytest.param(each, marks=pytest.mark.repeated if each.name in SELDOM else ()) for each in SITUATIONS]


@pytest.mark.parametrize("situation", EACH, ids=lambda situation: situation.name)
def test_it_ends_as_it_must(situation: Situation, app01: Host, shapes: dict[str, Made], tmp_path: Path) -> None:
    made = shapes[situation.shape].copy(tmp_path)
    disks = [made.disks[number] for number in situation.disks[: len(made.disks)]]
    for number, at, length in situation.spoil:
        _spoil(made.disks[number], at, length)
    hashes, as_it_was = [disk.sha256() for disk in disks], running(app01)
    if not situation.late:
        _attach(app01, disks, situation.bus)
        app01.rescan()

    request = _request(situation, made, shapes[situation.text_of or situation.shape])
    if not situation.refused:
        _recovers(situation, planned(app01, request), app01, disks)
    elif isinstance(said := answer(app01, request), Refusal):
        assert re.search(situation.refused, said.reasons[0])
    else:
        assert situation.late, said
        with pytest.raises(StepFailed, match=situation.refused):
            _walk(situation, planned(app01, request), app01, disks)

    for name in app01.run("ls -d /sys/block/sd[b-z] || true", sudo=True).split():
        app01.run(f"echo 1 >{name}/device/delete", sudo=True)
    for serial in app01.attached():
        app01.detach(serial)
    app01.run("udevadm settle")
    assert running(app01) == as_it_was
    assert [disk.sha256() for disk in disks] == hashes


def _request(situation: Situation, made: Made, of: Made) -> dict[str, object]:
    volumes = [{"lv": name, "mount_point": f"/recovered/vm7/{name}"} for name in situation.wanted]
    text = of.texts[situation.text] if situation.text else ""
    asks = {} if situation.late else {"disk": made.disks[0].serial}
    return asked(text, vm="vm7", new_vg=situation.new_vg, volumes=volumes, strategy=situation.strategy, **asks)


def _walk(situation: Situation, walker: Walker, host: Host, disks: list[Disk]) -> None:
    """Where the disks come late, the first is there when it is asked for, the others only after that."""
    before = {"attach": lambda: _attach(host, disks[:1]), "rescan": lambda: _attach(host, disks[1:])}
    walker.walk(before=before if situation.late else None)


def _recovers(situation: Situation, walker: Walker, host: Host, disks: list[Disk]) -> None:
    _walk(situation, walker, host, disks)
    for name, held in situation.reads.items():
        assert host.run(f"cat /recovered/vm7/{name}/f", sudo=True) == f"{held}\n"
    active, mounted = host.run("dmsetup ls", sudo=True), host.run("findmnt -rn -o TARGET")
    for name in situation.asleep:
        assert dm_name(situation.new_vg, name) not in active
    for name in situation.closed:
        assert dm_name(situation.new_vg, name) in active
        assert f"/recovered/vm7/{name}" not in mounted
    walker.undo()


def _attach(host: Host, disks: list[Disk], bus: str = "scsi0") -> None:
    for disk in disks:
        host.attach(disk, bus)


def _spoil(disk: Disk, at: int, length: int) -> None:
    with disk.path.open("r+b") as file:
        file.seek(at)
        file.write(b"\0" * length)
