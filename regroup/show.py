"""What the API answers, in words for a terminal. Nothing that a host wrote can move the cursor."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from regroup.client import Trouble
from regroup.outcome import Exit

Json = Mapping[str, Any]
MARKS = {"ok": "✔", "done_already": "✓", "failed": "✖", "errored": "⚠", "unknown": "?", "undone": "↩", "skipped": "–"}
NEXT = {
    "refused": "Mend it, then look again: recover look {number}",
    "planned": "Read it (recover show {number}), then: recover submit {number}",
    "in_review": "Somebody else approves it: recover approve {number} --digest {short} --comment …",
    "approved": "An operator starts it: recover run {number} --watch",
    "stale": "The host is not as it was; plan it anew: recover look {number}",
    "blocked": "When the way is free: recover run {number} --watch",
    "waiting": "When it is so: recover confirm {number} --watch",
    "failed": "Go on or take it back: recover resume {number}, recover undo {number}",
    "cancelled": "Go on or take it back: recover resume {number}, recover undo {number}",
    "unknown": "Ask the host again: recover ask {number} --watch",
    "undo_failed": "Try again or end it: recover undo {number}, recover close {number} --reason …",
    "succeeded": "Where it is mounted: recover report {number}. To take it back: recover undo {number} --watch",
}


def safe(text: object, keep: str = "") -> str:
    """Text for a terminal: what is not printable is written out, such as \\x1b."""
    return "".join(letter if letter.isprintable() or letter in keep else _written(letter) for letter in str(text))


def _written(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def lines_of(change: Json, *, full: bool = False) -> Iterator[str]:
    """A whole change: what was asked, what was decided, the plan with every command and file."""
    yield from head(change)
    plan = change.get("plan")
    if plan:
        yield from _warnings(plan)
        for number, step in enumerate(plan["steps"], 1):
            yield from _step(number, step, change["steps"], full)
    for row in change.get("approvals", ()):
        digest = str(row["digest"])[:12]
        yield safe(f"{row['decision']} by {row['approver']} at {row['at']}, digest {digest}: {row['comment']}")
    yield from advice(change)


def head(change: Json) -> Iterator[str]:
    """State, people and place, and why it is where it is."""
    yield safe(f"#{change['number']} {change['title']}")
    state = "being planned" if change.get("planning") else str(change["state"]).replace("_", " ")
    yield f"  state      {state}"
    for name in ("vm", "host", "requester", "ticket", "reason", "digest"):
        if change.get(name):
            yield safe(f"  {name:<10} {change[name]}")
    for sentence in change.get("refusal") or ():
        yield safe(f"  refused    {sentence}")
    if change.get("waiting_for") and change["state"] == "waiting":
        yield safe(f"  waits for  {change['waiting_for']}")
    elif change.get("sentence"):
        yield safe(f"  because    {change['sentence']}")


def advice(change: Json) -> Iterator[str]:
    """What somebody may do next."""
    words = NEXT.get(change["state"])
    if words and not change.get("planning"):
        yield words.format(number=change["number"], short=str(change["digest"])[:12])


def _warnings(plan: Json) -> Iterator[str]:
    for sentence in plan.get("warnings") or ():
        yield safe(f"  ! {sentence}")


def _step(number: int, step: Json, runs: Iterable[Json], full: bool) -> Iterator[str]:
    state = next((row["state"] for row in runs if row["key"] == step["key"] and row["phase"] == "do"), "")
    mark = MARKS.get(state, " ")
    danger = f"  [{step['danger']} danger]" if step.get("danger") not in ("low", "", None) else ""
    yield safe(f"{number:>3} {mark} {step['title']}{danger}")
    for change in step.get("files") or ():
        yield from _diff(change)
    if step.get("wait"):
        yield safe(f"      waits: {step['wait']['prompt']}")
    if step.get("command"):
        yield from _call("$", step["command"], full)
    undo = step.get("undo")
    if undo:
        yield safe(f"      undo: {undo['title']}")
        if full and undo.get("command"):
            yield from _call("$", undo["command"], full)


def _call(mark: str, call: Json, full: bool) -> Iterator[str]:
    words = " ".join(shlex.quote(str(word)) for word in call["argv"])
    yield safe(f"      {mark} {'sh -c … ' if call.get('script') else ''}{words}")
    if full:
        for name in ("script", "stdin"):
            for line in str(call.get(name) or "").splitlines():
                yield safe(f"        {'|' if name == 'script' else '<'} {line}", "\t")


def _diff(change: Json) -> Iterator[str]:
    before, after = change.get("before"), change.get("after")
    yield safe(f"      file {change['path']}{'' if before is not None else ' (new)'}")
    if before is None:
        yield f"        {len(str(after or '').splitlines())} lines"
        return
    for line in difflib.unified_diff(
        before.splitlines(), str(after or "").splitlines(), "before", "after", "", "", 1, ""
    ):
        yield safe(f"        {line}", "\t")


def step_line(step: Json, title: str) -> str:
    """One step that has ended, as `watch` says it."""
    state = str(step["state"])
    why = f": {step['sentence']}" if step.get("sentence") else ""
    undo = "undo, " if step["phase"] == "undo" else ""
    return safe(f"{MARKS.get(state, '·')} {undo}{title}: {state.replace('_', ' ')}{why}")


def row(change: Json) -> str:
    """A change in a list."""
    state = "being planned" if change.get("planning") else str(change["state"]).replace("_", " ")
    return safe(f"#{change['number']:<6} {state:<14} {change['title']}")


def report(change: Json) -> Iterator[str]:
    """What is mounted where, as the run's last step found it. Raises Trouble where nothing is."""
    if change["state"] != "succeeded":
        state = str(change["state"]).replace("_", " ")
        raise Trouble(f"Change #{change['number']} is {state}, so nothing of it is mounted now.", Exit.NOT_YET)
    done = {step["key"]: step["found"] for step in change["steps"] if step["phase"] == "do"}
    found = done.get("report", {})
    yield safe(f"#{change['number']} {change['title']}")
    dirty = {step["found"].get("lv") for step in change["steps"] if step["found"].get("dirty")}
    for mount in found.get("mounts", ()):
        how = "read-only" if "ro" in mount.get("options", ()) else "read-write"
        size, used = int(mount.get("size", 0)), int(mount.get("used", 0))
        note = "  (dirty: what stood only in its journal is missing)" if mount["lv"] in dirty else ""
        yield safe(
            f"  {mount['mount_point']}  {mount['lv']} on {mount.get('device', '')}, {mount.get('fstype', '')}, {how},"
            f" {used / 2**20:.1f} of {size / 2**20:.1f} MiB used{note}"
        )
    for skipped in found.get("skipped", ()):
        yield safe(f"  skipped: {skipped if isinstance(skipped, str) else ' '.join(map(str, dict(skipped).values()))}")
