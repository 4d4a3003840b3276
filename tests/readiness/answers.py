"""What a lab host said of itself (tests/lab/readiness_capture.py), and the same with one thing changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from readiness.facts.look import AskContents, AskReadiness
from readiness.facts.values import Contents, Facts
from readiness.judges.checks import findings
from readiness.judges.finding import Finding, Point
from readiness.judges.known import Known, boot_of
from ssh.session import Result

SAMPLES = Path(__file__).parent / "samples"


def text_of(name: str) -> str:
    return (SAMPLES / f"{name}.txt").read_text()


def facts_of(text: str) -> Facts:
    return AskReadiness().parse(Result(0, text.encode(), b""))


def contents_of(text: str, path: str = "/boot/initrd.img-6.1.0-56-cloud-amd64") -> Contents:
    return AskContents(path, "6.1.0-56-cloud-amd64").parse(Result(0, text.encode(), b""))


def with_part(text: str, name: str, inside: str, status: int = 0) -> str:
    """An answer in which one part is another one."""
    before, _, rest = text.partition(f"@@begin {name}\n")
    _, _, after = rest.partition(f"@@end {name} ")
    assert after, f"the answer has no part {name}"
    return f"{before}@@begin {name}\n{inside.rstrip()}\n@@end {name} {status}\n{after.partition(chr(10))[2]}"


def app01(**parts: str) -> Facts:
    """The healthy lab host, with the parts named being as given."""
    text = text_of("app01-healthy-look")
    for name, inside in parts.items():
        text = with_part(text, name, inside)
    return facts_of(text)


def known(facts: Facts, contents: Contents | None = None, **more: Any) -> Known:
    return Known(facts, boot_of(facts), contents or contents_of(text_of("app01-healthy-image")), **more)


def judged(facts: Facts, contents: Contents | None = None, **more: Any) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings(known(facts, contents, **more))}


def points(facts: Facts, check: str, contents: Contents | None = None) -> list[Point]:
    return list(judged(facts, contents)[check].points)


def machine(facts: Facts, **fields: Any) -> Facts:
    return replace(facts, machine=replace(facts.machine, **fields))
