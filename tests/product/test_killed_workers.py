"""`kill -9` of workers in the middle of a step, again and again: each effect once, no line lost.

On PostgreSQL and Redis, with production's services as separate processes: two workers, of which now the pools, now the
main processes, now both are killed. The stories in the browser and over the API run on the embedded default, SQLite
and a queue of files, where the one over the API has its worker killed once; so either stack takes a whole recovery and
its undo through a kill, and no story is played twice.
"""

import pytest

from tests.product.dashboard import Composed
from tests.product.story import MOUNTS, NEW, attach, groups, kill_during, started

KILLS = 10


@pytest.fixture(scope="module")
def chaos(site: Composed):
    """One recovery and its undo, workers killed at ten different steps or more."""
    host, disk = site.host("app01"), site.lab.disk("vm42", fresh=True)
    before = disk.sha256()
    seqno = int(site.backup().read_text().split("seqno = ")[1].split()[0])
    number = started(site)
    first = kill_during(site, number, ["do:baseline", "do:copy", "do:edit"], ("waiting",))
    attach(site, number)
    steps = [
        "rescan",
        "identify",
        "quiet",
        "save",
        "restore",
        "pvscan",
        "vgscan",
        "activate",
        "mount-root",
        "mount-var",
    ]
    hit = first + kill_during(site, number, [f"do:{s}" for s in steps], ("succeeded", "failed", "unknown"))
    done = site.change(number)
    seen = {"hit": hit, "done": done, "groups": groups(host), "seqno": seqno, "number": number}
    seen["host logs"] = host_logs(host)
    seen["report"] = site.api("vera", f"/changes/{number}/report")
    seen["mounts"] = host.run("findmnt -rn -o TARGET")
    site.act("olu", number, "undo")
    undo = [f"undo:{s}" for s in ("mount-var", "mount-root", "activate", "restore")]
    seen["hit"] += kill_during(site, number, undo, ("undone", "undo_failed", "unknown"))
    seen["undone"] = site.change(number)
    if disk.serial in host.attached():
        host.detach(disk.serial)
    return seen | {"before": before, "after": disk.sha256()}


def host_logs(host) -> dict[str, str]:
    """What the host itself has in the log file of each attempt that ended."""
    script = 'for d in /var/lib/regroup/*/*.*/; do [ -f $d/rc ] && echo "@@$(basename $d)" && cat $d/log; done; true'
    parts = host.run(f"sh -c '{script}'", sudo=True).split("@@")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def test_ten_workers_were_killed_at_different_steps(chaos):
    assert len(set(chaos["hit"])) >= KILLS, chaos["hit"]


def test_the_run_ended_right(chaos):
    assert chaos["done"]["state"] == "succeeded", chaos["done"]["sentence"]
    assert all(place in chaos["mounts"].split() for place in MOUNTS.values())


def test_the_report_counts_what_was_recovered(chaos):
    volumes = {row["mount_point"]: row for row in chaos["report"]["volumes"]}
    assert set(volumes) == set(MOUNTS.values())
    assert all(row["standing"] == "mounted" and row["files"] and not row["errors"] for row in volumes.values())


def test_the_metadata_was_written_once(chaos):
    assert int(chaos["groups"][NEW]["seqno"]) == chaos["seqno"] + 1


def test_no_step_ended_twice_on_the_host(chaos):
    steps = [name.rsplit(".", 1)[0] for name in chaos["host logs"]]
    assert len(steps) == len(set(steps)), sorted(steps)


def test_no_log_line_is_lost_or_doubled(chaos, site):
    lines = site.log(chaos["number"])
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    for name, text in chaos["host logs"].items():
        step, attempt = name.rsplit(".", 1)
        told = [
            line["text"]
            for line in lines
            if (line["phase"], line["step"], line["attempt"], line["stream"]) == ("do", step, int(attempt), "out")
        ]
        assert told == [line.rstrip("\r") for line in text.splitlines()], name


def test_the_undo_ended_right_and_left_the_disk_as_it_was(chaos):
    assert chaos["undone"]["state"] == "undone", chaos["undone"]["sentence"]
    assert chaos["after"] == chaos["before"]
