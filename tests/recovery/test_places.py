"""Where the old fstab had the volumes, and where they go on the target."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from recovery.fstab import Entry, parse_fstab
from recovery.lvm.metadata import VolumeGroup, parse_metadata
from recovery.places import Place, looks_like_swap, offered, places
from recovery.request import Request as Asked
from recovery.request import Volume, mount_point_problem, problems
from tests.recovery.story import params

GROUP = parse_metadata(params()["metadata"]).volume_group


def named(*names: str, group: str = "RootVG") -> VolumeGroup:
    """The story's group with volumes of these names."""
    lv = GROUP.logical_volumes[0]
    return replace(GROUP, name=group, logical_volumes=tuple(lv._replace(name=name) for name in names))


def test_volumes_are_found_by_each_name_that_a_line_may_have() -> None:
    group = named("a-b", "c", "d", "e", "f", group="old-vg")
    uuid = f"{group.id}{group.logical_volumes[0].id}".replace("-", "")
    text = """
/dev/mapper/old--vg-a--b /srv/x ext4
/dev/old-vg/c /var/log ext4
/dev/disk/by-id/dm-name-old--vg-d /opt ext4
/dev/mapper/other-e /e ext4
UUID=1234 /f ext4
"""
    found = places("vm42", group, parse_fstab(text))
    assert found["a-b"] == Place("/recovered/vm42/srv-x", "/srv/x")
    assert found["c"] == Place("/recovered/vm42/var-log", "/var/log")
    assert found["d"].old == "/opt"
    assert found["e"] == Place("/recovered/vm42/e")
    assert found["f"] == Place("/recovered/vm42/f")
    by_uuid = places("vm42", named("one"), parse_fstab(f"/dev/disk/by-id/dm-uuid-LVM-{uuid} /one xfs"))
    assert by_uuid["one"].old == "/one"


def test_the_root_is_called_root_and_the_first_line_of_a_volume_counts() -> None:
    text = "/dev/RootVG/root / btrfs subvol=@\n/dev/RootVG/root /home btrfs subvol=@home\n/dev/RootVG/root /x none bind"
    assert places("vm42", GROUP, parse_fstab(text))["root"] == Place("/recovered/vm42/root", "/")


def test_swap_is_known_by_the_old_fstab_and_else_by_its_name() -> None:
    text = "/dev/RootVG/var none swap\n/dev/RootVG/swap /swapfiles ext4"
    found = places("vm42", GROUP, parse_fstab(text))
    assert [lv for lv, place in found.items() if looks_like_swap(lv, place)] == ["var"]
    wanted = offered("vm42", GROUP, parse_fstab(text))
    assert Volume("swap", "/recovered/vm42/swapfiles") in wanted
    assert "var" not in {volume.lv for volume in wanted}


def test_no_fstab_gives_the_old_defaults() -> None:
    assert {volume.lv: volume.mount_point for volume in offered("vm42", GROUP, ())} == {
        "root": "/recovered/vm42/root",
        "var": "/recovered/vm42/var",
    }


def test_two_that_would_get_one_directory_get_two() -> None:
    text = "/dev/RootVG/a / xfs\n/dev/RootVG/b /root xfs"
    found = places("vm42", named("a", "b", "root"), parse_fstab(text))
    assert [found[lv].mount_point.rpartition("/")[2] for lv in ("a", "b", "root")] == ["root", "root-2", "root-3"]


NAMES = st.text("ab.-_", min_size=1, max_size=4).filter(lambda name: name not in (".", "..") and name[0] != "-")


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), st.lists(st.text(max_size=90), max_size=5))
def test_every_volume_gets_a_directory_beside_the_others_whatever_the_old_one(
    names: list[str], targets: list[str]
) -> None:
    group = named(*names)
    entries = [
        Entry(n, "", f"/dev/RootVG/{names[n % len(names)]}", f"/{target}", "ext4", ())
        for n, target in enumerate(targets)
    ]
    found = places("vm42", group, entries)
    points = [place.mount_point for place in found.values()]
    assert set(found) == set(names) and len(set(points)) == len(points)
    assert all(point.rpartition("/")[0] == "/recovered/vm42" and not mount_point_problem(point) for point in points)
    volumes = tuple(Volume(lv, place.mount_point) for lv, place in found.items())
    asked = Asked("vm42", "app01", "text", "vm42_RootVG", volumes)
    assert not [problem for problem in problems(asked) if problem.field == "volumes"]
