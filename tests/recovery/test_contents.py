"""What stands on the volumes is told from the disk before anything is woken, and before anybody is asked."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recovery.attached import Found, find
from recovery.contents import Place, mountable, places
from recovery.facts.contents import AskSignatures, contents
from recovery.facts.host import HostState
from recovery.known import Facts
from ssh.facts import FactError
from ssh.session import Result
from tests.recovery.disks import OLD, from_disk, with_disks
from tests.recovery.story import facts, plan, refused


def with_contents(**contents: str) -> Facts:
    return replace(with_disks(), contents=contents)


def found(host: HostState | None = None) -> Found:
    answer = find("vm42-root", (OLD,), host or facts().host)
    assert isinstance(answer, Found)
    return answer


def test_a_volumes_first_extent_is_counted_from_where_the_extents_begin() -> None:
    group = found().metadata.volume_group
    start, extent = group.physical_volumes[0].pe_start * 512, group.extent_size * 512
    root, var = group.logical_volume("root"), group.logical_volume("var")
    where = places(found())
    assert where["root"] == Place("/dev/sdb", start, root.extent_count * extent)
    assert where["var"] == Place("/dev/sdb", start + root.extent_count * extent, var.extent_count * extent)


def test_what_cannot_be_told_is_left_out() -> None:
    root = places(found())["root"]
    said: Any = {(root.device, root.start): "ext4"}
    assert contents(lambda _: said, find("vm42-root", (OLD,), facts().host)) == {"root": "ext4"}
    assert contents(lambda _: said, find("another", (OLD,), facts().host)) == {}


def test_what_is_not_asked_for_is_mounted_by_what_stands_on_it_and_not_by_its_name() -> None:
    volumes = found().metadata.volume_group.logical_volumes
    assert mountable(volumes, {}) == ("root", "var")
    assert mountable(volumes, {"root": "crypto_LUKS", "swap": "ext4"}) == ("var", "swap")
    assert mountable(volumes, {"root": "", "var": "LVM2_member"}) == ()


def test_an_encrypted_volume_is_left_out_and_the_plan_says_where_it_is() -> None:
    made = plan(from_disk(), with_contents(root="ext4", var="crypto_LUKS", swap="swap"))
    assert [step.key for step in made.steps if step.key.startswith("mount-")] == ["mount-root"]
    assert any("var is encrypted (LUKS)" in line and "/dev/mapper/vm42_RootVG-var" in line for line in made.warnings)


def test_an_encrypted_volume_that_was_asked_for_is_refused_before_anybody_approves() -> None:
    wanted = from_disk(volumes=[{"lv": "var", "mount_point": "/recovered/vm42/var"}])
    reason = refused(wanted, with_contents(var="crypto_LUKS")).reasons[0]
    assert reason.startswith("var is encrypted (LUKS). Somebody with its key must open it by hand. Leave it out:")


def test_facts_come_back_from_json_with_their_contents() -> None:
    known = with_contents(root="ext4")
    assert Facts.from_json(known.to_json()) == known
    older = {key: value for key, value in known.to_json().items() if key != "contents"}
    assert Facts.from_json(older).contents == {}


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A disk of 24 MiB: an ext4 from 8 MiB on, a LUKS header from 16 MiB on."""
    path, volume = tmp_path / "disk", tmp_path / "volume"
    volume.write_bytes(b"\0" * 8 * 2**20)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", volume], check=True)
    luks = b"LUKS\xba\xbe\x00\x01" + b"aes".ljust(32, b"\0") + b"xts-plain64".ljust(32, b"\0")
    path.write_bytes(b"\0" * 8 * 2**20 + volume.read_bytes() + luks.ljust(8 * 2**20, b"\0"))
    return path


def test_blkid_tells_what_is_at_each_place_of_a_disk(disk: Path) -> None:
    mib = 2**20
    ask = AskSignatures(tuple(Place(str(disk), start * mib, 8 * mib) for start in (0, 8, 16)))
    done = subprocess.run(ask.command().argv, capture_output=True, check=True)
    said = ask.parse(Result(0, done.stdout, done.stderr))
    assert list(said.values()) == ["", "ext4", "crypto_LUKS"]


def test_two_answers_are_none_and_an_odd_line_is_an_error() -> None:
    ask: Any = AskSignatures((Place("/dev/sdb", 1, 2), Place("/dev/sdb", 3, 2)))
    assert ask.parse(Result(0, b"/dev/sdb 1 ?\n/dev/sdb 3 xfs\n", b"")) == {("/dev/sdb", 3): "xfs"}
    with pytest.raises(FactError, match="expected 3 fields"):
        ask.parse(Result(0, b"/dev/sdb 1\n", b""))
