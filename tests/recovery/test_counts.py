"""What is counted on a volume: by the script on a real file system, and as the judge keeps it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from changes.kinds import Context, Verdict
from recovery.facts.counts import AskCounts, Count
from recovery.facts.mounts import AskContents
from recovery.kind import KIND
from recovery.scripts import script
from ssh.facts import FactError
from ssh.session import Result
from tests.recovery.story import RUN_DIR, Recorded, check, judge, load, plan

WHOLE = (
    b"volume /recovered/vm42/root\njournal no\ninodes 30720 30702\nstatus 1\ntype d 4\ntype f 5\ntype l 1\nbytes 350\n"
    b"newest 1795384321\nerror find: './x': Input/output error\nerrors 1\nend\n"
)


def read(answer: bytes) -> dict[str, Count]:
    return AskCounts("/run").parse(Result(0, answer, b""))


def told(counts: dict[str, Count]) -> Verdict:
    return judge("mounted", check("count", "counted"), changed={AskCounts: counts})


def counted(folder: Path, inside: str, *, seconds: int = 60, programs: str = "") -> dict[str, Count]:
    """What the script counts on a new file system at `folder`, filled by the shell text `inside`."""
    run, point = folder / "run", folder / "point"
    for path in (run, point):
        path.mkdir()
    words = [str(run), str(seconds), "mount-root", str(point), "mount-swap", str(folder / "nothing")]
    text = f'cd "$0" && mount -t tmpfs tmpfs "$0" && cd "$0" && {inside}\n shift 0; exec sh -c "$COUNT" regroup "$@"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", text, str(point), *words],
        env={**os.environ, "COUNT": script("count_files"), "PATH": f"{programs or '/nowhere'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mounts of our own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    answer = subprocess.run(["sh", "-c", script("read_counts"), "regroup", str(run / "counts")], capture_output=True)
    return read(answer.stdout)


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_real_file_system_is_counted_by_type_and_bytes(tmp_path: Path) -> None:
    inside = "mkdir -p a/b && printf 12345 >a/one && printf 123 >'a/b/o d\n d' && ln a/one a/again && ln -s one a/link"
    found = counted(tmp_path, f"{inside} && mkfifo pipe && touch -d @1700000000 a/one 'a/b/o d\n d'")
    assert list(found) == [str(tmp_path / "point")]
    (count,) = found.values()
    assert count.types == {"d": 2, "f": 3, "l": 1, "p": 1}
    assert (count.bytes, count.newest, count.errors, count.cut_short) == (8, 1700000000, 0, "")
    assert 0 < count.inodes_used < count.inodes


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_what_is_mounted_inside_is_not_entered(tmp_path: Path) -> None:
    found = counted(tmp_path, "mkdir in && mount -t tmpfs tmpfs in && touch in/other one")
    (count,) = found.values()
    assert count.types == {"d": 1, "f": 1}


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_without_time_nothing_is_counted(tmp_path: Path) -> None:
    assert counted(tmp_path, "touch one", seconds=0) == {}


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_disk_that_answers_too_slowly_is_counted_so_far(tmp_path: Path) -> None:
    slow = tmp_path / "programs" / "find"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\necho f 5 1 1700000000.5\nexec sleep 60\n")
    slow.chmod(0o755)
    (count,) = counted(tmp_path, "true", seconds=1, programs=str(slow.parent)).values()
    assert (count.types, count.bytes, count.cut_short) == ({"f": 1}, 5, "the time for it was over")


def test_a_whole_answer_is_read() -> None:
    (count,) = read(WHOLE).values()
    assert count == Count(
        types={"d": 4, "f": 5, "l": 1},
        bytes=350,
        newest=1795384321,
        inodes=30720,
        inodes_used=18,
        errors=1,
        complaints=("'./x': Input/output error",),
        was_clean=False,
        status=1,
        ended=True,
    )


@pytest.mark.parametrize("at", range(len(WHOLE)))
def test_an_answer_cut_off_anywhere_is_never_taken_for_a_whole_one(at: int) -> None:
    assert all(count.cut_short for count in read(WHOLE[:at]).values())


@pytest.mark.parametrize("status", [b"124", b"137"])
def test_a_count_that_ran_out_of_time_says_so(status: bytes) -> None:
    (count,) = read(WHOLE.replace(b"status 1", b"status " + status)).values()
    assert count.cut_short == "the time for it was over"


@pytest.mark.parametrize("line", [b"type f", b"type f many", b"inodes 1", b"bytes -", b"end now", b"what 1"])
def test_an_odd_line_is_named(line: bytes) -> None:
    with pytest.raises(FactError, match="is not as expected"):
        read(b"volume /x\n" + line + b"\n")


def test_a_line_before_any_volume_is_named() -> None:
    with pytest.raises(FactError, match="belongs to no volume"):
        read(b"bytes 1\n")


def test_the_counts_are_kept_for_each_mounted_volume() -> None:
    whole = Count({"f": 3, "d": 2, "l": 1, "p": 1}, bytes=70, status=0, ended=True)
    verdict = told({"/recovered/vm42/root": whole, "/recovered/vm42/var": whole})
    root, var = verdict.found["counts"]
    assert (root["lv"], root["files"], root["directories"], root["links"], root["others"]) == ("root", 3, 2, 1, 1)
    assert (var["lv"], var["bytes"], var["cut_short"]) == ("var", 70, "")
    assert verdict.sentence == "Counted: root 3 files, 70 bytes and var 3 files, 70 bytes."


def test_a_count_that_is_not_whole_fails_nothing_and_says_so() -> None:
    verdict = told({"/recovered/vm42/root": Count({"f": 1}, errors=2, status=124, ended=True)})
    assert verdict.holds
    assert "root is not counted to the end: the time for it was over." in verdict.sentence
    assert "root could not be read everywhere: 2 complaints." in verdict.sentence
    assert verdict.found["counts"][1]["cut_short"].startswith("it was not begun")


def test_an_answer_that_cannot_be_read_fails_nothing() -> None:
    def ask(fact: Any) -> Any:
        return fact.parse(Result(0, b"nonsense\n", b"")) if isinstance(fact, AskCounts) else Recorded("mounted")(fact)

    verdict = KIND.judge(check("count", "counted"), Context(ask, plan(), RUN_DIR, load("found")))
    assert verdict.holds and verdict.found == {"counts": []}
    assert "nothing can be said of what is on them" in verdict.sentence


def test_volumes_that_are_no_longer_mounted_fail_the_step() -> None:
    verdict = judge("mounted", check("count", "counted"), changed={AskContents: {}})
    assert not verdict.holds
    assert verdict.sentence == "Not mounted: root and var."
