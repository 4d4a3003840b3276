"""Mount points come from the old VM's own /etc/fstab on the attached disk, where somebody asks for that."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from recovery.attached import Found, find
from recovery.contents import Place
from recovery.disk_fstab import DiskFstab, candidates
from recovery.facts.disk_fstab import AskDiskFstab, look_fstab
from recovery.known import Facts
from recovery.lvm.metadata import parse_metadata
from recovery.request import Problem, Request
from ssh.facts import FactError
from ssh.session import Result
from tests.recovery.disks import OLD, from_disk, with_disks
from tests.recovery.story import facts, params, plan, refused

TEXT = "/dev/mapper/RootVG-root / ext4 defaults 1 1\n/dev/RootVG/var /var/lib/app xfs defaults 1 2\n"
CONTENTS = {"root": "ext4", "var": "xfs", "swap": "swap"}
ASK = AskDiskFstab((("root", "ext4", Place("/dev/sdb", 1048576, 4096)), ("var", "xfs", Place("/dev/sdb", 9, 9))))


def known(own: DiskFstab | None) -> Facts:
    return replace(with_disks(), contents=CONTENTS, disk_fstab=own)


def asked(**changes: Any) -> dict[str, Any]:
    return from_disk(**{"fstab_from_disk": True, **changes})


def found(text: str = OLD.text) -> Found:
    answer = find("vm42-root", (replace(OLD, text=text),), facts().host)
    assert isinstance(answer, Found)
    return answer


def said(answer: str) -> DiskFstab:
    return ASK.parse(Result(0, answer.encode(), b""))


def test_mount_points_are_named_after_what_stands_on_the_disk() -> None:
    made = plan(asked(), known(DiskFstab("root", TEXT)))
    points = [step.command.argv[1] for step in made.steps if step.command and step.key.startswith("mount-")]
    assert points == ["/recovered/vm42/root", "/recovered/vm42/var-lib-app"]
    assert any("the old VM's own /etc/fstab, which stands on volume root" in line for line in made.warnings)
    assert made.settings["fstab"] == {"lv": "root", "text": TEXT, "why": ""}


def test_mount_points_that_a_person_typed_are_taken_before_it() -> None:
    typed = [{"lv": "var", "mount_point": "/srv/old"}]
    made = plan(asked(volumes=typed), known(DiskFstab("root", TEXT)))
    assert not any("/etc/fstab" in line for line in made.warnings)
    assert "fstab" not in made.settings


def test_another_text_is_another_plan() -> None:
    one, other = (plan(asked(), known(DiskFstab("root", text))).digest() for text in (TEXT, f"{TEXT}# more\n"))
    assert one != other


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (DiskFstab(why="there is no /etc/fstab on root and var."), "there is no /etc/fstab on root and var."),
        (DiskFstab("root", "one two\n"), "the /etc/fstab on root cannot be read. Line 1"),
    ],
)
def test_without_one_that_can_be_read_the_volumes_names_are_taken_and_the_plan_says_so(
    own: DiskFstab, words: str
) -> None:
    made = plan(asked(), known(own))
    assert any(line.startswith("Mount points are named after the volumes:") and words in line for line in made.warnings)
    assert "/recovered/vm42/var" in [step.command.argv[1] for step in made.steps if step.command and "var" in step.key]


def test_it_is_asked_for_only_with_a_disk_and_without_a_text() -> None:
    assert "only where the disk is attached" in refused(params(fstab_from_disk=True)).reasons[0]
    assert "take one or the other" in refused(asked(fstab=TEXT), known(None)).reasons[0]


def test_the_request_and_the_facts_survive_their_json() -> None:
    assert Request.from_json(Request.from_json(asked()).to_json()).fstab_from_disk
    assert Facts.from_json(known(DiskFstab("root", TEXT)).to_json()) == known(DiskFstab("root", TEXT))


def test_the_volume_called_root_is_looked_at_first() -> None:
    worth = candidates(found(), CONTENTS)
    group = parse_metadata(OLD.text).volume_group
    root = group.logical_volume("root")
    assert list(worth) == ["root", "var"]
    assert worth["root"] == ("ext4", Place("/dev/sdb", 2048 * 512, root.size * 512))


def test_a_volume_in_pieces_or_with_another_content_is_not_looked_at() -> None:
    assert list(candidates(found(), {"root": "btrfs", "var": "xfs"})) == ["var"]
    whole = found()
    group = whole.metadata.volume_group
    (piece,) = group.logical_volume("var").segments
    area = piece.areas[0]
    assert area.first_extent is not None
    far = piece._replace(areas=(area._replace(first_extent=area.first_extent + piece.extent_count + 1),))
    near = piece._replace(areas=(area._replace(first_extent=area.first_extent + piece.extent_count),))
    striped = piece._replace(areas=(area, area))
    for segments, looked_at in (((piece, far), False), ((piece, near), True), ((striped,), False), ((), False)):
        volumes = tuple(lv._replace(segments=segments) if lv.name == "var" else lv for lv in group.logical_volumes)
        changed = replace(whole.metadata, volume_group=replace(group, logical_volumes=volumes))
        assert ("var" in candidates(replace(whole, metadata=changed), {"var": "xfs"})) is looked_at


def test_the_answer_is_the_first_that_was_found() -> None:
    text = base64.b64encode(TEXT.encode()).decode()
    assert said(f"file root {text}\n") == DiskFstab("root", TEXT)
    assert said(f"closed root\nfile var {text}\n") == DiskFstab("var", TEXT)
    assert said("none\n").why == "there is no /etc/fstab on root and var."
    assert said("closed root\nnone\n").why.endswith("; root could not be looked into.")
    assert "has 70000 bytes" in said("large root 70000\n").told
    assert "cannot be read" in said(f"file root {base64.b64encode(bytes(9)).decode()}\n").told


@pytest.mark.parametrize("answer", ["", "else\n", "file root\n", "file root !!!\n", "odd\nnone\n"])
def test_an_odd_answer_is_an_error(answer: str) -> None:
    with pytest.raises((FactError, IndexError)):
        said(answer)


def test_nothing_is_asked_where_there_is_nothing_to_look_at() -> None:
    def never(fact: Any) -> Any:
        raise AssertionError(fact)

    assert "cannot be taken" in look_fstab(never, Problem("disk", "x"), with_disks()).told
    assert "others are not looked into" in look_fstab(never, found(), with_disks()).told
    assert look_fstab(lambda fact: DiskFstab(fact.volumes[0][0]), found(), known(None)) == DiskFstab("root")
