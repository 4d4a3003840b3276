"""What a real libvirtd 9.0.0 answered (samples/attach.json).

app01 is paused, vm42 off with a snapshot, vm43 off on a base.
"""

from __future__ import annotations

import json
from pathlib import Path

from ssh.session import Result
from ssh.transcript import TranscriptSession

SAMPLE = Path(__file__).parent / "samples" / "attach.json"
VIRSH = "virsh -q -c qemu:///system "
IMAGES = "/var/lib/libvirt/images"


def answers() -> dict[str, list[Result]]:
    """{command: its answers in order}."""
    found: dict[str, list[Result]] = {}
    for entry in json.loads(SAMPLE.read_text()):
        result = Result(entry["status"], entry["stdout"].encode(), entry["stderr"].encode())
        found.setdefault(entry["command"], []).append(result)
    return found


def session(**changed: Result) -> TranscriptSession:
    """app01's definitions change where the disk is attached: after two looks. `changed`: {virsh's word: its answer}."""
    known = answers()
    for command, given in known.items():
        if len(given) == 2:
            known[command] = [given[0], *given]
        for word, result in changed.items():
            if command.startswith(f"{VIRSH}{word.replace('_', '-')} "):
                known[command] = [result]
    return TranscriptSession(known)
