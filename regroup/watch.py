"""Following a run: its log as it grows, each step as it ends, until the change has come to an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from regroup.client import Client, Trouble
from regroup.outcome import ENDS, Exit
from regroup.show import advice, head, safe, step_line

PAUSE = 1.0
PATIENCE = 60.0
"""Seconds that Regroup may be away in the middle of a watch, such as for a restart."""

PAGE = 1000
OVER = ("ok", "done_already", "failed", "errored", "unknown", "undone", "skipped")

Say = Callable[[str], None]
Line = Mapping[str, Any]
"""A log line as the API has it: seq, step, phase, attempt, stream, text, at."""


class Watch:
    """One change being followed. `out` takes each line of the log, `note` all that Regroup says of it."""

    def __init__(self, client: Client, number: int, out: Callable[[Line], None], note: Say, *, after: int = 0) -> None:
        self.client, self.number, self.out, self.note = client, number, out, note
        self.cursor, self.state, self.prompt = after, "", ""
        self.steps: dict[tuple[str, str], tuple[str, int]] = {}
        self.titles: dict[str, str] = {}

    def until_end(self, timeout: float | None) -> Exit:
        """Raises Trouble when Regroup stays away; what the host does goes on without us."""
        end = time.monotonic() + timeout if timeout is not None else None
        silent_since = None
        while True:
            try:
                before = self.state
                change = self.once()
                silent_since = None
                if change["state"] in ENDS and (change["state"] != "blocked" or before == "blocked"):
                    for line in (*head(change), *advice(change)):
                        self.note(line)
                    return ENDS[change["state"]]
            except Trouble as trouble:
                silent_since = silent_since or time.monotonic()
                if trouble.code is not Exit.UNREACHABLE or time.monotonic() - silent_since > PATIENCE:
                    raise
            if end is not None and time.monotonic() >= end:
                self.note(f"#{self.number} is {self.state.replace('_', ' ')} still; what it does goes on.")
                return Exit.NOT_YET
            time.sleep(PAUSE)

    def once(self) -> Line:
        """What is new, said. The change is read before the log: when it has ended, all its lines are there."""
        change: Line = self.client.get(f"/changes/{self.number}/now")
        while change["last_seq"] > self.cursor:
            page = self.client.get(f"/changes/{self.number}/log", after=self.cursor, limit=PAGE)
            for line in page["lines"]:
                self.out(line)
                self.cursor = line["seq"]
            if not page["lines"]:
                break
        self._say_steps(change)
        if change["state"] != self.state:
            self.state = change["state"]
            self.note(f"#{self.number} {self.state.replace('_', ' ')}")
            if self.state not in ENDS and self.state != "waiting":
                for words in advice(change):
                    self.note(words)
        if change["state"] == "waiting" and change["waiting_for"] != self.prompt:
            self.note(safe(f"  waits for: {change['waiting_for']}"))
            for words in advice(change):
                self.note(words)
        self.prompt = change["waiting_for"]
        return change

    def _say_steps(self, change: Line) -> None:
        for step in change["steps"]:
            key, now = (step["phase"], step["key"]), (step["state"], step["attempt"])
            if self.steps.get(key) != now and step["state"] in OVER:
                self.note(step_line(step, self._title(step["key"])))
            self.steps[key] = now

    def _title(self, key: str) -> str:
        """The step's title in the plan, asked for once."""
        if not self.titles:
            plan = self.client.get(f"/changes/{self.number}").get("plan") or {"steps": []}
            self.titles = {step["key"]: step["title"] for step in plan["steps"]} or {"": ""}
        return self.titles.get(key, key)
