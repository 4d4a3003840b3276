"""Writes down what a lab host says of itself, healthy and sabotaged, for the pure tests.

    .venv/bin/python -m tests.lab.readiness_capture

makes tests/readiness/samples/app01-*.txt anew: answers to the facts' commands, never edited. Run it again when a
script of readiness changes.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from lab import Host, Lab
from readiness.asking import known_of
from readiness.facts.look import AskReadiness
from ssh.facts import SessionAsk
from ssh.transcript import RecordingSession
from tests.lab.readiness_sabotage import ALL, GOOD_GRUB, NO_IMAGE, Sabotage
from tests.lab.recovery_walker import reach

SAMPLES = Path(__file__).parent.parent / "readiness" / "samples"


def capture(host: Host, name: str, sabotages: tuple[Sabotage, ...]) -> None:
    """Both answers of a moment, one file each."""
    for each in sabotages:
        host.run(each.do, sudo=True)
    begun = time.monotonic()
    session = RecordingSession(reach(host))
    known_of(SessionAsk(session))
    for entry, kind in zip(session.entries, ("look", "image"), strict=False):
        (SAMPLES / f"app01-{name}-{kind}.txt").write_text(str(entry["stdout"]), errors="surrogateescape")
    print(name, f"{time.monotonic() - begun:.1f} s", flush=True)
    for each in reversed(sabotages):
        host.run(each.undo, sudo=True)


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        host = lab.start("app01")
        try:
            print(f"{len(AskReadiness().command().to_run())} characters are sent")
            capture(host, "healthy", ())
            capture(host, "sabotaged", ALL)
            capture(host, "no-initramfs", (NO_IMAGE, GOOD_GRUB))
        finally:
            lab.down()


if __name__ == "__main__":
    main()
