"""File systems that were not unmounted cleanly: read-only never writes to them, for writing says the word."""

from __future__ import annotations

import pytest

from lab import Disk, Host, Lab
from tests.lab.test_recovery_story import asked, planned


def make_dirty(host: Host, lv: str) -> None:
    """Write to a volume and stop its file system dead, so that its journal holds what is not in place yet."""
    device, point = f"/dev/mapper/vm42_RootVG-{lv}", f"/mnt/{lv}"
    mount = f"mount -o nouuid {device} {point} 2>/dev/null || mount {device} {point}"
    write = f"echo late > {point}/late && sync -f {point}/late"
    host.run(f"mkdir -p {point}; {mount}; {write} && xfs_io -x -c 'shutdown -f' {point} && umount {point}", sudo=True)


@pytest.mark.parametrize(
    ("looked_at", "written_to"),
    [pytest.param("root", "var", id="ext4 ro"), pytest.param("var", "root", id="xfs ro", marks=pytest.mark.repeated)],
)
def test_a_dirty_volume_is_mounted_as_approved_and_said_to_be_dirty(
    lab: Lab, app01: Host, vm42_disk: Disk, looked_at: str, written_to: str
) -> None:
    volumes = [
        {"lv": lv, "mount_point": f"/recovered/vm42/{lv}", "read_write": lv == written_to} for lv in ("root", "var")
    ]
    walker = planned(app01, asked(lab.backup_path("story").read_text(), volumes=volumes))
    walker.walk(upto="activate", before={"attach": lambda: app01.attach(vm42_disk)})
    app01.run("vgchange -ay vm42_RootVG", sudo=True)
    for lv in ("root", "var"):
        make_dirty(app01, lv)
    kept = f'activation/read_only_volume_list=["vm42_RootVG/{looked_at}","vm42_RootVG/swap"]'
    app01.run(f"vgchange -ay --config '{kept}' vm42_RootVG", sudo=True)
    untouched = app01.run(f"sha256sum </dev/mapper/vm42_RootVG-{looked_at}", sudo=True)

    walker.walk()
    assert walker.found[f"mount-{looked_at}"]["dirty"]
    assert "The file system is dirty" in walker.log[f"mount-{looked_at}"]
    assert "rw" in walker.found[f"mount-{written_to}"]["options"]
    assert "its journal is replayed now, as the plan says" in walker.log[f"mount-{written_to}"]
    was_clean = {row["lv"]: row["was_clean"] for row in walker.found["count"]["counts"]}
    assert was_clean == {looked_at: None, written_to: False}
    assert app01.run(f"cat /recovered/vm42/{written_to}/late", sudo=True) == "late\n"
    assert app01.run(f"sha256sum </dev/mapper/vm42_RootVG-{looked_at}", sudo=True) == untouched

    walker.undo()
    assert "vm42" not in app01.run("vgs --noheadings -o vg_name; dmsetup ls", sudo=True)
