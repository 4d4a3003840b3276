"""Each kind of change has its own room behind this protocol; the registry is the only `if kind`.

A kind computes and judges; it never opens a connection and never writes a row. Facts come
through `ask`, and what it decides goes back as values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from changes.plan import Check, Json, Plan, Refusal
from ssh.facts import Ask, Fact


@dataclass(frozen=True, slots=True)
class Context:
    """What a judge may look at: the host, the plan, and what earlier steps found.

    ask      puts a fact to the step's host
    plan     the approved plan
    run_dir  this run's private directory on the host
    found    step key → what its verify found (JSON), for finished steps of this run
    """

    ask: Ask
    plan: Plan
    run_dir: str
    found: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes, no, or not yet; with the sentence for a person, and what was found (JSON).

    `not_yet` lets a step with a `wait` go on waiting; elsewhere it counts as no.
    """

    holds: bool
    sentence: str
    found: Mapping[str, Json] = field(default_factory=dict)
    not_yet: bool = False


class ChangeKind(Protocol):
    """One kind of change. `params` is the request as plain JSON, checked by the kind's form."""

    key: str
    title: str
    version: int

    def hosts(self, params: Mapping[str, Json]) -> Sequence[str]:
        """Names of the hosts that the change locks; the first is the one it is planned on."""
        ...

    def subjects(self, params: Mapping[str, Json]) -> Sequence[str]:
        """Other things locked with it: no two runs ever share one.

        `vm:vm42` what is on a lost VM's disks · `disks:vm42` the disks themselves, at its hypervisor
        """
        ...

    def summary(self, params: Mapping[str, Json]) -> str:
        """One line for lists: what, for whom, where."""
        ...

    def host_facts(self, ask: Ask) -> Mapping[str, Json]:
        """What the kind's form and the host page show of a host, as JSON. Raises like `gather`."""
        ...

    def gather(self, params: Mapping[str, Json], ask: Ask) -> Mapping[str, Json]:
        """Live facts that the plan is made from, as JSON. Raises FactError or SessionError."""
        ...

    def plan(self, params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
        """Pure: the same request and facts give the same plan."""
        ...

    def judge(self, check: Check, context: Context) -> Verdict:
        """Ask the host and answer one check of the plan."""
        ...

    def resolve(self, reference: str, context: Context) -> Sequence[str]:
        """All matches on the host for a typed reference such as `pv:UUID`."""
        ...


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a request still lacks: `fact`, put to the host of this name, gives params to add. It raises FactError."""

    host: str
    fact: Fact[Mapping[str, Json]]


Lacks = Callable[[Mapping[str, Json]], Elsewhere | None]

Follows = Callable[[Mapping[str, Json]], int]

Ends = Callable[[int], None]

Binds = Callable[[Collection[str]], str]

OF_A_VM = ("vm:", "disks:")
"""How a subject begins that speaks of a lost VM, which is another machine than the change's host."""

Stays = Callable[[int], str]

Risks = Callable[[Plan, Mapping[str, Json]], Collection[str]]

Bars = Callable[[Plan], str]

_KINDS: dict[str, ChangeKind] = {}
_LACKS: dict[str, Lacks] = {}
_FOLLOWS: dict[str, Follows] = {}
_ENDS: dict[str, Ends] = {}
_BINDS: dict[str, Binds] = {}
_RISKS: dict[str, Risks] = {}
_STAYS: dict[str, Stays] = {}
_BARS: dict[str, Bars] = {}


def register(
    kind: ChangeKind,
    lacks: Lacks | None = None,
    follows: Follows | None = None,
    ends: Ends | None = None,
    binds: Binds | None = None,
    risks: Risks | None = None,
    stays: Stays | None = None,
    bars: Bars | None = None,
) -> None:
    """Called once by the kind's AppConfig.ready().

    lacks    tells what is read elsewhere each time it is planned
    follows  gives the number of the change that this one brings to its end, and whose lasting locks it takes over
    ends     is told the number of a change whose run, or undo, has come to an end, whichever; after it is committed
    binds    tells from the keys of the steps begun why only the change itself can go on, or be undone; else empty
    risks    tells words of `changes.risks.Risk` that a plan does not show to others, from it and its facts
    stays    tells from the number of a change why it cannot be undone now, because of another one; else empty
    bars     tells why a plan starts only under a broken glass, as a sentence; else empty
    """
    _KINDS[kind.key] = kind
    if lacks:
        _LACKS[kind.key] = lacks
    if follows:
        _FOLLOWS[kind.key] = follows
    if ends:
        _ENDS[kind.key] = ends
    if binds:
        _BINDS[kind.key] = binds
    if risks:
        _RISKS[kind.key] = risks
    if stays:
        _STAYS[kind.key] = stays
    if bars:
        _BARS[kind.key] = bars


def followed(key: str, params: Mapping[str, Json]) -> int | None:
    """The change that a request of this kind brings to its end, if it does."""
    follows = _FOLLOWS.get(key)
    return follows(params) if follows else None


def run_ended(key: str, number: int) -> None:
    """Tell the kind, where it wants to know."""
    if key in _ENDS:
        _ENDS[key](number)


def bound(key: str, begun: Collection[str]) -> str:
    """Why the rest of a change that broke off cannot be planned anew; empty where it can."""
    return _BINDS[key](begun) if key in _BINDS else ""


def kept_from_undo(key: str, number: int) -> str:
    """Why a change of this kind cannot be undone now; empty where it can."""
    return _STAYS[key](number) if key in _STAYS else ""


def risks_of_kind(plan: Plan, facts: Mapping[str, Json]) -> Collection[str]:
    """What only the plan's kind can tell of its risks."""
    return _RISKS[plan.kind](plan, facts) if plan.kind in _RISKS else ()


def barred(plan: Plan | None) -> str:
    """Why this plan starts only under a broken glass; empty where it needs none."""
    return _BARS[plan.kind](plan) if plan and plan.kind in _BARS else ""


def elsewhere(key: str, params: Mapping[str, Json]) -> Elsewhere | None:
    """What a request of this kind lacks, if anything. Raises ValueError like the kind's own reader."""
    lacks = _LACKS.get(key)
    return lacks(params) if lacks else None


def kind_of(key: str) -> ChangeKind:
    """The kind by its key. Raises LookupError with a sentence."""
    try:
        return _KINDS[key]
    except KeyError:
        raise LookupError(f"Regroup knows no kind of change called {key!r}.") from None


def kinds() -> tuple[ChangeKind, ...]:
    """In the order of registration, which is the order of their buttons."""
    return tuple(_KINDS.values())
