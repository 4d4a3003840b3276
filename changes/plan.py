"""A plan: ordered steps as plain data, with one digest that names them all.

A plan is what a second person approves, so everything that will happen is in it: every word
of every command, every file before and after, what is checked and how it is undone. It holds
no clock and no free-space figure: the same host and the same request give the same plan, and
so the same digest.

What cannot be known before the run stands in the words as a typed reference, `{run_dir}` or
`{pv:UUID}`, and is resolved by a rule of the kind just before the step; anything but exactly
one match stops the run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ssh.command import Command

Json = Any
"""Values that JSON can carry: None, bool, int, str, lists and dicts with text keys."""

REFERENCE = re.compile(r"\{(?P<kind>run_dir|[a-z_]+:[A-Za-z0-9._+-]+)\}")

LOW, MEDIUM, HIGH = "low", "medium", "high"


class ReferenceUnresolved(Exception):
    """A typed reference had no match, or more than one; the message is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent to the host for a step, always run as root, detached and logged.

    argv     the command's words; with `script` the words are the script's arguments $1, $2 …
    script   POSIX sh text, run as `sh -c script regroup argv…`; empty for a plain command
    stdin    text for standard input
    timeout  seconds the host gives it
    """

    argv: tuple[str, ...]
    script: str = ""
    stdin: str = ""
    timeout: int = 60

    def references(self) -> tuple[str, ...]:
        """Names of the typed references in the words, such as `run_dir`, in order, once each."""
        found = (match["kind"] for word in self.argv for match in REFERENCE.finditer(word))
        return tuple(dict.fromkeys(found))

    def resolve(self, values: Mapping[str, str]) -> Command:
        """The command to run, each reference replaced from `values`. Raises ReferenceUnresolved."""

        def value(match: re.Match[str]) -> str:
            try:
                return values[match["kind"]]
            except KeyError:
                raise ReferenceUnresolved(f"Nothing on the host answers to {match[0]}.") from None

        words = tuple(REFERENCE.sub(value, word) for word in self.argv)
        if self.script:
            words = ("sh", "-c", self.script, "regroup", *words)
        return Command(words, stdin=self.stdin, sudo=True, timeout=self.timeout)

    def to_show(self) -> str:
        """The command line for people; a script shows as its name and arguments."""
        if not self.script:
            return Command(self.argv).to_show()
        return Command(("sh", "-c", "…", *self.argv)).to_show() if self.argv else "sh -c …"


@dataclass(frozen=True, slots=True)
class Check:
    """A question about the host with a yes or a no. `rule` names the judge of the kind."""

    rule: str
    sentence: str
    args: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file with its full text before and after; None where it does not exist."""

    path: str
    before: str | None
    after: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """The step waits for a person or a thing. `deadline` is in seconds from when it began."""

    prompt: str
    deadline: int


@dataclass(frozen=True, slots=True)
class Undo:
    """How a step is taken back. Its prechecks refuse where somebody changed things since."""

    title: str
    command: Call | None
    precheck: tuple[Check, ...] = ()
    verify: tuple[Check, ...] = ()
    outage: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to one host.

    key         a short name, unique in the plan, `[a-z0-9-]+`
    command     None for a step that only checks, or that a person does (`wait`)
    verify      asked first as well: where all of it holds already, the command is not run,
                unless `always_run` (a scan is repeated at no risk, and its effect is not its own)
    no_undo     the sentence for the approver where there is nothing to take back or no way to
    writes      what it changes, in words; empty where it only reads
    cancel      "boundary" (the run may stop before it) or "never"
    fleeting    its effect is gone after a restart of the host, as a mount is: a resume does it again where it is gone
    outage      seconds for which the host may be out of reach on account of this step; until then the run is parked
                and the host is asked again over new connections. 0 where a lost connection means trouble
    """

    key: str
    title: str
    why: str
    host: str
    command: Call | None = None
    precheck: tuple[Check, ...] = ()
    verify: tuple[Check, ...] = ()
    undo: Undo | None = None
    no_undo: str = ""
    writes: tuple[str, ...] = ()
    danger: str = LOW
    cancel: str = "boundary"
    wait: Wait | None = None
    always_run: bool = False
    files: tuple[FileChange, ...] = ()
    outage: int = 0
    fleeting: bool = False
    article: int | None = None
    """Number of the step in the story's procedure that this step is, if any."""
    late: str = ""
    """What is said, and what there is to do, where the host is still away when the outage is over."""
    clears: str = ""
    """Why nothing is left to undo once it is done: it took away all that the steps before it had made."""

    @property
    def waits(self) -> bool:
        """Whether it waits for a person or a thing, and not for its host to be back."""
        return self.wait is not None and not self.outage

    @property
    def touches(self) -> bool:
        """Whether it writes anything but files in the run's own directory, which leave no host half changed."""
        return any(not what.startswith("{run_dir}/") for what in self.writes)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen, in order.

    target    identity of what it happens to (machine-id, host key, UUIDs), not names alone
    settings  what the kind's judges need at run time beside the steps
    """

    kind: str
    version: int
    title: str
    target: Mapping[str, Json]
    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = [step.key for step in self.steps]
        if len(set(keys)) != len(keys):
            raise ValueError(f"Step keys of a plan must differ: {keys}.")

    def step(self, key: str) -> Step:
        return next(step for step in self.steps if step.key == key)

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, ASCII. The digest is taken over this."""
        data = asdict(self, dict_factory=_written)
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    def digest(self) -> str:
        """sha256 over the canonical JSON, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode("ascii")).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that `to_json` wrote. Raises ValueError on anything else."""
        try:
            data = json.loads(text)
            return cls(**{**data, "steps": tuple(map(_step, data["steps"])), "warnings": tuple(data["warnings"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"This is not a plan that Regroup wrote: {error}.") from error


@dataclass(frozen=True, slots=True)
class Refusal:
    """The planner says no before anybody is asked. Each reason is a whole sentence."""

    reasons: tuple[str, ...]
    field: str = ""
    """Name of the form field that the first reason belongs to, if any."""


def resolve_references(names: Iterable[str], lookup: Callable[[str], Sequence[str]]) -> dict[str, str]:
    """Each reference with its one match. Raises ReferenceUnresolved for none, or for several."""
    values = {}
    for name in names:
        matches = lookup(name)
        if len(matches) != 1:
            found = ", ".join(matches) or "nothing"
            raise ReferenceUnresolved(f"{{{name}}} must be exactly one thing on the host; found {found}.")
        values[name] = matches[0]
    return values


def _written(fields: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    """Without what came after the first release, where it says nothing: plans approved before it keep their digest."""
    return {name: value for name, value in fields if value or name not in ("outage", "fleeting", "late", "clears")}


def _step(data: Mapping[str, Json]) -> Step:
    return Step(
        **{
            **data,
            "command": _call(data["command"]),
            "precheck": _checks(data["precheck"]),
            "verify": _checks(data["verify"]),
            "undo": _undo(data["undo"]),
            "writes": tuple(data["writes"]),
            "wait": Wait(**data["wait"]) if data["wait"] else None,
            "files": tuple(FileChange(**item) for item in data["files"]),
        }
    )


def _call(data: Mapping[str, Json] | None) -> Call | None:
    return Call(**{**data, "argv": tuple(data["argv"])}) if data else None


def _checks(items: Iterable[Mapping[str, Json]]) -> tuple[Check, ...]:
    return tuple(Check(**item) for item in items)


def _undo(data: Mapping[str, Json] | None) -> Undo | None:
    if not data:
        return None
    return Undo(
        data["title"],
        _call(data["command"]),
        _checks(data["precheck"]),
        _checks(data["verify"]),
        data.get("outage", 0),
    )
