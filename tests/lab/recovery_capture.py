"""Walks the story on a lab host and writes down what the host answered at each moment, for the pure tests.

    .venv/bin/python -m tests.lab.recovery_capture

makes tests/recovery/samples/<moment>.json anew: the fact as text → the host's answer. Run it again when a
fact's command changes; the answers are real ones, never edited.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from changes.plan import Plan
from lab import Lab
from recovery.facts.areas import AskAreas, AskSaved
from recovery.facts.counts import AskCounts
from recovery.facts.files import AskFile, AskGroupInFile, AskRoom
from recovery.facts.host import AskBaseline, AskHost
from recovery.facts.labels import AskLabels, AskTexts
from recovery.facts.mounts import AskContents, AskHolders, AskVolume
from recovery.facts.planning import AskPlanning
from recovery.kind import KIND
from ssh.facts import SessionAsk
from tests.lab.recovery_walker import Walker, reach

SAMPLES = Path(__file__).parent.parent / "recovery" / "samples"
RUN_DIR = "/var/lib/regroup/sample"
POINTS = {lv: f"/recovered/vm42/{lv}" for lv in ("root", "swap", "var")}
DEVICES = {lv: f"/dev/mapper/vm42_RootVG-{lv}" for lv in POINTS}


def params(text: str) -> dict[str, Any]:
    """The story as asked for: all three volumes, swap too, so that it is seen to be skipped."""
    volumes = [{"lv": lv, "mount_point": point} for lv, point in POINTS.items()]
    return {"vm": "vm42", "host": "app01", "metadata": text, "new_vg": "vm42_RootVG", "volumes": volumes}


def questions(moment: str) -> list[Any]:
    """What is asked at a moment, so far as the host can answer then."""
    facts: list[Any] = [AskHost(), AskLabels(), AskRoom(), AskSaved(RUN_DIR), AskBaseline(RUN_DIR)]
    facts.append(AskPlanning(tuple(POINTS.values())))
    files = [f"{RUN_DIR}/RootVG.original.vg", f"{RUN_DIR}/vm42_RootVG.vg"]
    facts.append(AskFile(f"{RUN_DIR}/saved/given-back"))
    facts += [AskFile(path) for path in files] + [AskGroupInFile(path) for path in files]
    if moment in ("attached", "saved", "restored", "active", "mounted", "stranger"):
        facts += [AskTexts((("/dev/sdb", 4096),)), AskAreas((("/dev/sdb", "0:1048576"),))]
    facts += [AskVolume(DEVICES[lv], point) for lv, point in POINTS.items()]
    facts += [AskHolders(point) for point in POINTS.values()]
    if moment == "mounted":
        facts.append(AskContents(tuple((DEVICES[lv], POINTS[lv]) for lv in POINTS)))
        facts.append(AskCounts(RUN_DIR))
    return facts


def capture(moment: str, walker: Walker) -> None:
    answers = {}
    for fact in questions(moment):
        result = walker.session.run(fact.command())
        answers[str(fact)] = [result.status, result.stdout.decode("utf-8", "surrogateescape"), result.error_text]
    path = SAMPLES / f"{moment}.json"
    path.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n")
    print(moment, path.stat().st_size, "bytes", file=sys.stderr)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        host = lab.start("app01")
        try:
            story(lab, host, reach(host))
        finally:
            lab.down()


def story(lab: Lab, host: Any, session: Any) -> None:
    asked = params(lab.backup_path("story").read_text())
    (SAMPLES / "params.json").write_text(json.dumps(asked, indent=1) + "\n")
    (SAMPLES / "wrong-file.vg").write_text(lab.build.backup("app01", "RootVG").read_text())
    facts = KIND.gather(asked, SessionAsk(session))
    (SAMPLES / "facts.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")
    plan = KIND.plan(asked, facts)
    assert isinstance(plan, Plan), plan
    walker = Walker(session, plan, run_dir=RUN_DIR)
    walker.walk(upto="edit")
    capture("ready", walker)
    stranger, disk = lab.disk("db07", fresh=True), lab.disk("vm42", fresh=True)
    host.attach(stranger)
    host.rescan()
    host.run("udevadm settle", sudo=True)
    capture("stranger", walker)
    host.run("vgchange -an DataVG && echo 1 > /sys/block/sdb/device/delete", sudo=True)
    host.detach(stranger.serial)
    host.attach(disk)
    moments = {"rescan": "attached", "save": "saved", "restore": "restored", "activate": "active", "count": "mounted"}
    for key, moment in moments.items():
        walker.walk(upto=key)
        capture(moment, walker)
    (SAMPLES / "found.json").write_text(json.dumps(walker.found, indent=1, sort_keys=True) + "\n")
    walker.undo()
    capture("undone", walker)


if __name__ == "__main__":
    main()
