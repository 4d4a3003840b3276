"""`kill -9` of the worker in the middle of a step, again and again: each effect once, no line lost."""

import time

import pytest

from tests.product.dashboard import Dashboard
from tests.product.story import MOUNTS, NEW, attach, groups, started

KILLS = 10


def kill_during(dashboard: Dashboard, number: int, wanted: list[str], ends: tuple[str, ...]) -> list[str]:
    """Kill the worker once in each of the wanted steps, as soon as it is seen there; the steps it hit."""
    hit: list[str] = []
    end = time.monotonic() + 400
    while time.monotonic() < end:
        state, now = dashboard.glance(number)
        if state in ends:
            return hit
        if now in wanted and now not in hit and dashboard.kill_workers():
            hit.append(now)
        time.sleep(0.1)
    pytest.fail(f"#{number} is still {state}")


@pytest.fixture(scope="module")
def chaos(dashboard: Dashboard):
    """One recovery and its undo, the worker killed at ten different steps or more."""
    host, disk = dashboard.host("app01"), dashboard.lab.disk("vm42", fresh=True)
    before = disk.sha256()
    seqno = int(dashboard.backup().read_text().split("seqno = ")[1].split()[0])
    number = started(dashboard)
    first = kill_during(dashboard, number, ["do:baseline", "do:copy", "do:edit"], ("waiting",))
    attach(dashboard, number)
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
    hit = first + kill_during(dashboard, number, [f"do:{s}" for s in steps], ("succeeded", "failed", "unknown"))
    done = dashboard.change(number)
    seen = {"hit": hit, "done": done, "groups": groups(host), "seqno": seqno, "number": number}
    seen["host logs"] = host_logs(host)
    seen["mounts"] = host.run("findmnt -rn -o TARGET")
    dashboard.act("olu", number, "undo")
    undo = [f"undo:{s}" for s in ("mount-var", "mount-root", "activate", "restore")]
    seen["hit"] += kill_during(dashboard, number, undo, ("undone", "undo_failed", "unknown"))
    seen["undone"] = dashboard.change(number)
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


def test_the_metadata_was_written_once(chaos):
    assert int(chaos["groups"][NEW]["seqno"]) == chaos["seqno"] + 1


def test_no_step_ended_twice_on_the_host(chaos):
    steps = [name.rsplit(".", 1)[0] for name in chaos["host logs"]]
    assert len(steps) == len(set(steps)), sorted(steps)


def test_no_log_line_is_lost_or_doubled(chaos, dashboard):
    lines = dashboard.log(chaos["number"])
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
