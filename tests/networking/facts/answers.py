"""What lab hosts answered (tests/lab/network_capture.py made these), whole or with one part exchanged."""

from __future__ import annotations

import re
from pathlib import Path

from networking.facts.nics import AskBonds, AskNetwork
from networking.facts.values import Bonds, Network
from ssh.session import Result

ANSWERS = Path(__file__).parents[1] / "samples" / "answers"


def answer(name: str, **parts: str) -> Result:
    """A recorded answer; each named part says instead what is given, with exit code 0."""
    text = (ANSWERS / f"{name}.txt").read_text("utf-8", "surrogateescape")
    for part, said in parts.items():
        body = f"@@begin {part}\n{said}\n@@end {part} 0\n"
        text, made = re.subn(rf"@@begin {part}\n.*?@@end {part} \d+\n", lambda match, body=body: body, text, flags=re.S)
        assert made, f"no part {part} in {name}"
    return Result(0, text.encode("utf-8", "surrogateescape"), b"")


def network(name: str, **parts: str) -> Network:
    return AskNetwork().parse(answer(f"{name}.network", **parts))


def bonds(name: str, **parts: str) -> Bonds:
    return AskBonds().parse(answer(f"{name}.bonds", **parts))
