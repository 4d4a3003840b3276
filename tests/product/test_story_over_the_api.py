"""The story, played over the API and judged on the host, never by our own database.

On the embedded default, its worker killed once; test_killed_workers.py says what runs on which stack.
"""

import re
import time

import pytest

from lab import Disk, old_disk
from recovery.lvm.label import metadata_text, parse_label, parse_mda_header
from recovery.lvm.metadata import Metadata, parse_metadata
from tests.product.dashboard import Dashboard, Refused
from tests.product.story import MOUNTS, NEW, approved_and_run, body, groups, kill_during, recovered, requested, started


def readable(host) -> dict[str, str]:
    """SHA-256 of every data file below the mounted volumes, as the host reads it."""
    out = host.run(f"find {' '.join(MOUNTS.values())} -xdev -type f -exec sha256sum {{}} +", sudo=True)
    return {path: digest for digest, path in re.findall(r"^(\w{64})  (.+)$", out, re.MULTILINE)}


def on_disk(disk: Disk) -> Metadata:
    """The group's metadata as it stands on the disk."""
    data = disk.path.read_bytes()
    area = parse_label(data[:2048]).metadata_areas[0].offset
    header = parse_mda_header(data[area : area + 512])
    return parse_metadata(metadata_text(data[area : area + header.size], header))


@pytest.fixture(scope="module")
def story(dashboard: Dashboard):
    """Recover, look, undo, look again; what was seen at each point."""
    host, disk = dashboard.host("app01"), dashboard.lab.disk("vm42", fresh=True)
    seen = {
        "disk before": disk.sha256(),
        "groups before": groups(host),
        "table before": host.run("dmsetup table", sudo=True),
    }
    number = recovered(dashboard)
    seen |= {
        "groups": groups(host),
        "files": readable(host),
        "mounts": host.run("findmnt -rn -o TARGET,SOURCE,OPTIONS"),
    }
    seen["change"] = dashboard.change(number)
    seen["report"] = dashboard.api("vera", f"/changes/{number}/report")
    dashboard.act("olu", number, "undo")
    undo = [f"undo:{step}" for step in ("mount-var", "mount-root", "activate", "restore")]
    seen["killed at"] = kill_during(dashboard, number, undo, ("undone", "undo_failed", "unknown"), most=1)
    seen |= {
        "undone": dashboard.change(number)["state"],
        "groups after": groups(host),
        "table after": host.run("dmsetup table", sudo=True),
    }
    seen["disks after"] = host.run("lsblk -dno SERIAL")
    host.detach(disk.serial)
    seen |= {"disk after": disk.sha256(), "number": number}
    seen["report after"] = dashboard.api("vera", f"/changes/{number}/report")
    return seen


def test_the_old_group_has_its_new_name_and_its_old_uuid(story, dashboard):
    assert set(story["groups"]) == {"RootVG", NEW}
    assert f'id = "{story["groups"][NEW]["uuid"]}"' in dashboard.backup().read_text()
    assert story["groups"]["RootVG"] == story["groups before"]["RootVG"]


def test_the_old_data_is_readable(story):
    for lv, place in MOUNTS.items():
        for path, digest in old_disk("vm42").sha256(lv).items():
            assert story["files"][f"{place}/{path.lstrip('/')}"] == digest


def test_every_volume_is_mounted_read_only(story):
    for place in MOUNTS.values():
        row = next(row for row in story["mounts"].splitlines() if row.startswith(f"{place} "))
        assert re.search(r"\bro\b", row.split()[2])


def test_the_report_tells_what_is_mounted_where(story):
    report = next(step for step in story["change"]["steps"] if step["key"] == "report")
    assert {row["mount_point"] for row in report["found"]["mounts"]} == set(MOUNTS.values())


def test_the_recovery_report_counts_what_the_host_reads(story):
    for volume in story["report"]["volumes"]:
        files = [path for path in story["files"] if path.startswith(f"{volume['mount_point']}/")]
        assert (volume["standing"], volume["files"], volume["errors"]) == ("mounted", len(files), 0)
        assert volume["cut_short"] == ""
    assert story["report"]["disks"][0]["serial"] == "vm42-root"


def test_the_recovery_report_says_that_it_was_undone(story):
    assert story["report after"]["outcome"].startswith("Undone: nothing of it is recovered any more.")
    assert story["report after"]["group"]["standing"] == "given back"


def test_the_undo_goes_on_where_its_worker_was_killed(story):
    assert (len(story["killed at"]), story["undone"]) == (1, "undone")


def test_undo_leaves_the_whole_disk_as_it_was(story):
    assert story["disk after"] == story["disk before"]


def test_undo_leaves_the_host_as_it_was(story):
    assert story["groups after"] == story["groups before"]
    assert sorted(story["table after"].splitlines()) == sorted(story["table before"].splitlines())
    assert "vm42" not in story["disks after"]


def test_the_log_has_no_gaps(story, dashboard):
    lines = dashboard.log(story["number"])
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))


def test_the_wrong_file_is_refused_when_it_is_planned(dashboard):
    before = groups(dashboard.host("app02"))
    change = dashboard.api("rosa", "/changes/recovery", body(dashboard, "app02", "wrong-file"))
    assert change["state"] == "refused"
    assert "describes this host's own running root volume group" in change["refusal"][0]
    assert groups(dashboard.host("app02")) == before


def test_the_requester_cannot_approve(dashboard):
    number = requested(dashboard, "app02")
    digest = dashboard.change(number)["digest"]
    with pytest.raises(Refused) as no:
        dashboard.act("rosa", number, "approve", digest=digest, comment="mine")
    assert no.value.status == 403
    dashboard.act("rosa", number, "withdraw")


def test_another_disk_is_named_and_the_run_goes_on_waiting(dashboard):
    lab = dashboard.lab
    host = lab.host("app02")
    number = started(dashboard, "app02")
    dashboard.until(number, "waiting")
    host.attach(lab.disk("db07", fresh=True), "scsi0")
    dashboard.act("olu", number, "confirm")
    deadline = time.monotonic() + 120
    while "db07" not in (told := dashboard.until(number, "waiting")["waiting_for"]):
        assert time.monotonic() < deadline, told
    dashboard.act("olu", number, "cancel")
    dashboard.act("olu", number, "undo")
    dashboard.until(number, "undone")


@pytest.mark.repeated
def test_a_disk_written_to_since_is_not_given_back_but_handed_back(dashboard):
    host, disk = dashboard.host("app01"), dashboard.lab.disk("vm42", fresh=True)
    number = recovered(dashboard)
    host.run(
        f"umount {MOUNTS['root']} && lvchange -prw {NEW}/root && mount /dev/{NEW}/root {MOUNTS['root']}", sudo=True
    )
    host.run(f"touch {MOUNTS['root']}/written-since", sudo=True)
    dashboard.act("olu", number, "undo")
    change = dashboard.until(number, "undo_failed")
    assert NEW in groups(host)
    assert change["sentence"]
    dashboard.act("olu", number, "close", reason="Looked at in a test; the disk stays attached.")

    # The group was changed and its recovery is closed: it goes home as it has become, by a change of its own.
    back = dashboard.api("rosa", "/changes/handback", {"recovery": number, "reason": "Looked at in a test."})
    assert dashboard.until(back["number"], "planned")["plan"]
    dashboard.act("rosa", back["number"], "submit")
    approved_and_run(dashboard, back["number"])
    dashboard.until(back["number"], "succeeded")
    assert set(groups(host)) == {"RootVG"}
    host.detach(disk.serial)
    assert on_disk(disk).volume_group.name == "RootVG"
    assert b"written-since" in disk.path.read_bytes()
