"""What the API answers, in words for a terminal. Nothing that a host wrote can move the cursor."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
MARKS = {"ok": "✔", "done_already": "✓", "failed": "✖", "errored": "⚠", "unknown": "?", "undone": "↩", "skipped": "–"}
NEXT = {
    "refused": "Mend it, then look again: {room} look {number}",
    "planned": "Read it ({room} show {number}), then: {room} submit {number}",
    "in_review": "Somebody else approves it: {room} approve {number} --digest {short} --comment …",
    "approved": "An operator starts it: {room} run {number} --watch",
    "stale": "The host is not as it was; plan it anew: {room} look {number}",
    "blocked": "When the way is free: {room} run {number} --watch",
    "waiting": "When it is so: {room} confirm {number} --watch",
    "failed": "Go on or take it back: {room} resume {number}, {room} undo {number}",
    "cancelled": "Go on or take it back: {room} resume {number}, {room} undo {number}",
    "unknown": "See what the host says: {room} look {number}. To go by it: {room} ask {number} --watch",
    "undo_failed": "Try again or end it: {room} undo {number}, {room} close {number} --reason …",
    "succeeded": "What came back: {room} report {number}. To take it back: {room} undo {number} --watch",
}

OUTCOMES = {
    "done": "So it is done.",
    "not_done": "So it is not done.",
    "at_work": "So it is still at work.",
    "cannot_tell": "So it cannot be told.",
}

ROOMS = {
    "bond": {
        "waiting": "Nothing has to be done: the host goes back by itself unless it is confirmed over a new connection.",
        "succeeded": "To take it back: bond undo {number} --watch",
    },
    "drill": {
        "waiting": "Nothing has to be done: the host ends the drill by itself at the latest.",
        "succeeded": "What it measured: drill show {number} --json",
    },
    "reboot": {
        "waiting": "Nothing has to be done: the host is asked until it is back, or its time is over.",
        "failed": "Once it is mended, go on: reboot resume {number} --watch",
        "cancelled": "Go on or end it: reboot resume {number}, reboot close {number} --reason …",
        "succeeded": "What was there before and is again: reboot show {number} --json",
    },
    "proof": {"succeeded": "Whether it came up: proof show {number} --json"},
    "fetch": {
        "succeeded": "Recover from the disks: recover request … To give them back after that: fetch undo {number}"
    },
}
"""Kind → what is said otherwise; the acts of every other kind are in `recover`."""


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
    yield from host_says(change)
    yield from advice(change)


def host_says(change: Json) -> Iterator[str]:
    """What the host said about an unknown step, and the words with which a person settles it."""
    says = change.get("host_says")
    if not says or not says["told_at"]:
        return
    for sentence in (*says["sentences"], f"{OUTCOMES[says['outcome']]} Asked at {says['told_at']}."):
        yield safe(f"  host says  {sentence}")
    if says["over"]:
        room = change["kind"] if change["kind"] in ROOMS else "recover"
        words = f"{room} settle {change['number']} done|failed --look {says['told_at']} --reason …"
        yield safe(f"Where you know more than the host can say: {words}")


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
    kind = change.get("kind")
    words = ROOMS.get(kind or "", {}).get(change["state"], NEXT.get(change["state"]))
    if words and not change.get("planning"):
        room = kind if kind in ROOMS else "recover"
        yield words.format(room=room, number=change["number"], short=str(change["digest"])[:12])


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


def report(told: Json) -> Iterator[str]:
    """The report of a recovery: how it stands, each volume, what is missing, what the owner should check."""
    yield safe(f"#{told['number']} {told['title']}")
    yield safe(f"  {told['outcome']}")
    group, source = told["group"], told["source"]
    yield safe(f"  group     {group['old']} -> {group['new']}, by {group['how']}")
    yield safe(f"  from      {source['words']}, sequence number {source['seqno']}, SHA-256 {source['sha256']}")
    for disk in told["disks"]:
        known = disk["serial"] or disk["wwn"] or disk["hctl"] or "not seen yet"
        yield safe(f"  disk      {known}, physical volume {disk['pv_uuid']}")
    for volume in told["volumes"]:
        yield from _volume(volume)
    for gap in told["gaps"]:
        yield safe(f"  not here  {gap['lv']}: {gap['why']}.")
    for act in told["acts"]:
        yield safe(f"  {act['at']}  {act['who']}: {act['what']}")
    if told["checks"]:
        yield "  What the owner should check:"
    for sentence in told["checks"]:
        yield safe(f"  - {sentence}")


def _volume(volume: Json) -> Iterator[str]:
    mode = f", {volume['mode']}" if volume["standing"] == "mounted" else ""
    yield safe(f"  {volume['mount_point']}  {volume['lv']} on {volume['device']}: {volume['standing']}{mode}")
    if volume["fstype"]:
        used = ""
        if volume["size"]:
            used = f", {volume['used'] / 2**20:.1f} of {volume['size'] / 2**20:.1f} MiB used"
        yield safe(f"      {volume['fstype']}, journal: {volume['journal']}{used}")
    if volume["files"] is not None:
        so_far = f"; not to the end: {volume['cut_short']}" if volume["cut_short"] else ""
        yield safe(
            f"      {volume['files']} files with {volume['bytes']} bytes in {volume['directories']} directories,"
            f" {volume['errors']} complaints while reading{so_far}"
        )
    for complaint in volume["complaints"]:
        yield safe(f"      ! {complaint}")
