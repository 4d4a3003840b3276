"""The evidence for people: one page without scripts, and the first lines that say how to verify it all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from html import escape
from typing import Any

from django.template.loader import render_to_string

from changes.models import Change
from changes.plan import Call, FileChange, Step
from evidence.contents import piece_text
from execution.logs import every_piece
from execution.models import Run

MOST_LINES = 5_000
"""Of a run's log that the page shows; the file in log/ has all of them."""

LOG = "<!-- the log -->"
"""Where it goes in the template; no text of a change can say it, since all are escaped."""

README = """The evidence of one change made with Regroup.

  index.html        all of it, to be read
  change.json       who asked for what, why; the digest of the plan
  plan.json         the plan: every command and file; its SHA-256 is the digest
  approvals.json    who approved or rejected which digest
  gate.json         the conditions that held just before the first command
  steps.json        what became of each step; log/ has every line
  facts.json        what the hosts said before, of each effect, and after
  hosts.json        the keys that the hosts were known by
  history.json      from state to state
  audit.jsonl       the audit's entries about the change, with their places in its chain
  links.jsonl       the chain from the first of them to anchor.json, without what other entries say
  manifest.json     SHA-256 of every file; manifest.sig is its Ed25519 signature
  verify.py         python3 verify.py            in this folder, or: python3 verify.py evidence-N.zip --key HEX

A verify.py that came with an archive is only as good as the archive. Use a copy that you had before, or read it: it
needs Python and nothing else. Compare the key with the one on Regroup's page Audit, and the anchor with the
file or the log host where it was written. What this proves, and what not, is in Regroup's docs/audit.md.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as the page shows it: commands with their scripts, and what changes in files."""

    step: Step
    command: str
    undo: str
    diffs: list[tuple[str, str]]


def page(
    change: Change, runs: list[Run], data: dict[str, Any], anchor: dict[str, Any] | None, seals: Iterable[Any]
) -> Iterator[bytes]:
    """The page, piece by piece: the log may be long."""
    plan = change.plan
    context = {
        "change": change,
        "plan": plan,
        "steps": [shown(step) for step in plan.steps] if plan else [],
        "data": data,
        "before": pretty(data["facts"]["before"]["facts"]),
        "after": [(row["host"], row["at"], pretty(row["facts"])) for row in data["facts"]["after"]],
        "effects": [(row, pretty(row["found"])) for row in data["facts"]["of_each_effect"]],
        "asked_for": pretty(change.params),
        "anchor": anchor,
        "seals": seals,
    }
    head, _, foot = render_to_string("evidence/page.html", context).partition(LOG)
    yield _bytes(head)
    for run in runs:
        yield from _log(run)
    yield _bytes(foot)


def shown(step: Step) -> Shown:
    undo = _call(step.undo.command) if step.undo and step.undo.command else ""
    return Shown(step, _call(step.command) if step.command else "", undo, [(f.path, _diff(f)) for f in step.files])


def _call(call: Call) -> str:
    text = call.to_show()
    if call.script:
        text += f"\n\nwhere … is:\n{call.script}"
    if call.stdin:
        text += f"\n\nstandard input:\n{call.stdin}"
    return text


def _diff(file: FileChange) -> str:
    before, after = ((text or "").splitlines() for text in (file.before, file.after))
    was, will = ("(no such file)" if text is None else file.path for text in (file.before, file.after))
    return "\n".join(unified_diff(before, after, was, will, lineterm=""))


def _log(run: Run) -> Iterator[bytes]:
    yield _bytes(f"<h2>Log of {escape(run.name)}</h2><p>{run.last_seq} lines.</p><pre>")
    for piece in every_piece(run):
        if piece.first > MOST_LINES:
            break
        yield _bytes(escape(piece_text(piece)))
    cut = f"<p>The rest is in log/{escape(run.name)}.txt.</p>" if run.last_seq > MOST_LINES else ""
    yield _bytes(f"</pre>{cut}")


def pretty(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
