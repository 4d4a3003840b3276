"""Who must approve what, as pure rules.

A rule says for which changes it counts, and what it then needs. Every rule that counts must be met: none
stands above another, so that a rule can ask for more than others do and never for less. Where no rule counts
the answer is no. What counted when a change was submitted is frozen into it as a `Policy`.

Within a rule each person takes one seat and speaks for one: an approver, an owner, or the owner whom a deputy
stands in for. Several rules may look at the same approval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from changes.seats import Seated, seated
from people.actor import Actor
from people.roles import Role

PEOPLE, OWNERS = "people", "owners"
NOBODY = "No policy says who must approve this change, so nobody can."
NO_POLICY_HELP = "An administrator says who must, under Policies; then edit the request, and submit it again."


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule looks at. `owners` are numbers of owner rows, `risks` words of `changes.risks.Risk`."""

    kind: str
    owners: frozenset[int] = frozenset()
    criticality: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    risks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """For which changes a rule counts: one of each list has to fit; an empty list fits everything."""

    kinds: frozenset[str] = frozenset()
    owners: frozenset[int] = frozenset()
    criticality: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    risks: frozenset[str] = frozenset()

    def covers(self, subject: Subject) -> bool:
        pairs = (
            (self.kinds, frozenset({subject.kind})),
            (self.owners, subject.owners),
            (self.criticality, subject.criticality),
            (self.sites, subject.sites),
            (self.tags, subject.tags),
            (self.risks, subject.risks),
        )
        return all(not wanted or wanted & there for wanted, there in pairs)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is needed.

    people  how many of those named, or of the role where nobody is named
    owners  how many of the owners of the VM, or of the host where no VM is concerned, beside them
    hours   how long an approval counts; None for as long as the plan does
    comment whether an approval has to say something
    """

    name: str
    people: int = 1
    role: str = Role.APPROVER.value
    named: frozenset[int] = frozenset()
    owners: int = 0
    hours: int | None = None
    comment: bool = True

    def takes(self, actor: Actor) -> bool:
        """Whether this person may take a seat among the people."""
        if not self.people or not actor.active:
            return False
        return actor.id in self.named if self.named else self.role in actor.roles

    def lapsed(self, at: datetime, now: datetime) -> bool:
        return self.hours is not None and now >= at + timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True)
class Member:
    """A person speaks for an owner. `single`: that is one person, for whom all who speak count once together."""

    user: int
    owner: int
    deputy: bool = False
    single: bool = False

    @property
    def speaks_for(self) -> tuple[str, int]:
        return ("owner", self.owner) if self.deputy or self.single else ("person", self.user)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a change needs. `members` are those who spoke for its owners when it was submitted: (user, owner)."""

    rules: tuple[Rule, ...] = ()
    members: frozenset[tuple[int, int]] = frozenset()

    def takes(self, actor: Actor) -> bool:
        """Whether this person may have a say in a change, as far as it can be told from the change."""
        speaks = actor.active and any(user == actor.id for user, _ in self.members)
        return any(rule.takes(actor) or (rule.owners and speaks) for rule in self.rules)

    @property
    def roles(self) -> frozenset[str]:
        """Roles of which somebody is asked, whoever it is."""
        return frozenset(rule.role for rule in self.rules if rule.people and not rule.named)

    def who(self) -> str:
        """Who may, as the object of a sentence."""
        words = [_whose(rule) for rule in self.rules if rule.people]
        words += ["an owner of the VM"] * any(rule.owners for rule in self.rules)
        return " or ".join(dict.fromkeys(words)) or "nobody"

    def lapsed(self, at: datetime, now: datetime) -> bool:
        """Whether an approval of that time may be given anew."""
        return any(rule.lapsed(at, now) for rule in self.rules)

    @property
    def seats(self) -> int:
        """How many approvals the rule that asks for most needs."""
        return max((rule.people + rule.owners for rule in self.rules), default=0)

    @property
    def wants_comment(self) -> bool:
        return any(rule.comment for rule in self.rules)

    def to_json(self) -> dict[str, Any]:
        rules = [{**asdict(rule), "named": sorted(rule.named)} for rule in self.rules]
        return {"rules": rules, "members": sorted(map(list, self.members))}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """What `to_json` wrote; a policy without rules, which nobody satisfies, from anything empty."""
        rules = tuple(Rule(**{**rule, "named": frozenset(rule["named"])}) for rule in data.get("rules", ()))
        return cls(rules, frozenset((user, owner) for user, owner in data.get("members", ())))


ONE_APPROVER = Policy((Rule("One approver"),))
"""What held before there were policies, and what the rule that comes with Regroup says."""


@dataclass(frozen=True, slots=True)
class Vote:
    """An approval as the gate sees it: by whom as they are now, for which digest, when."""

    approver: Actor
    digest: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule of the policy: met or not, with the reason, and who can help where it is not."""

    title: str
    ok: bool
    reason: str
    help: str = ""


def frozen(rules: Iterable[tuple[Scope, Rule]], subject: Subject, members: Collection[Member]) -> Policy:
    """The rules that count for the subject, with whoever speaks for its owners now."""
    return Policy(
        tuple(rule for scope, rule in rules if scope.covers(subject)),
        frozenset((member.user, member.owner) for member in members),
    )


def weigh(
    policy: Policy,
    votes: Sequence[Vote],
    members: Collection[Member],
    now: datetime,
    involved: Collection[int | None] = (),
    people: Collection[Actor] = (),
) -> list[Finding]:
    """Each rule of the policy against the votes that count, in order. All must be ok; an empty list never comes back.

    votes    of this digest, by active people who are not involved (`changes.policy.valid_votes`)
    members  who speaks for the owners now; only who did so at the submission counts
    people   who might help, as they are now
    """
    if not policy.rules:
        return [Finding("Approval", False, NOBODY, NO_POLICY_HELP)]
    known = [one for one in members if (one.user, one.owner) in policy.members]
    standing = [one for one in known if not _for_involved(one, known, involved)]
    return [_weigh(rule, votes, standing, now, involved, people) for rule in policy.rules]


def _for_involved(one: Member, members: Collection[Member], involved: Collection[int | None]) -> bool:
    """Nobody stands in for a person who asked for the change, edited or starts it."""
    return one.single and any(
        other.owner == one.owner and not other.deputy and other.user in involved for other in members
    )


def _weigh(
    rule: Rule,
    votes: Sequence[Vote],
    members: Collection[Member],
    now: datetime,
    involved: Collection[int | None],
    people: Collection[Actor],
) -> Finding:
    fresh = {vote.approver.id: vote.approver for vote in votes if vote.at is None or not rule.lapsed(vote.at, now)}
    late = {vote.approver.id: vote.approver for vote in votes if vote.approver.id not in fresh}
    voters = {who: _speaks_for(rule, actor, members) for who, actor in fresh.items()}
    classes: dict[Any, set[str]] = defaultdict(set)
    for speaking in voters.values():
        for whom, seats_of in speaking.items():
            classes[whom] |= seats_of
    seats = seated(voters, classes, {PEOPLE: rule.people, OWNERS: rule.owners})
    ok = len(seats) == rule.people + rule.owners
    title = f"Approval: {rule.name}"
    if ok:
        return Finding(title, True, f"Approved by {_names(seats, fresh)}, for this very plan.")
    said = f" {' and '.join(actor.display for actor in late.values())} approved too long ago." if late else ""
    missing = _missing(rule, seats)
    return Finding(title, False, f"{missing}{said}", _help(rule, seats, members, set(fresh) | set(involved), people))


def _speaks_for(rule: Rule, actor: Actor, members: Collection[Member]) -> dict[Any, frozenset[str]]:
    found: dict[Any, frozenset[str]] = {}
    if rule.takes(actor):
        found["person", actor.id] = frozenset({PEOPLE})
    for member in members:
        if rule.owners and member.user == actor.id:
            found[member.speaks_for] = found.get(member.speaks_for, frozenset()) | {OWNERS}
    return found


def _missing(rule: Rule, seats: Sequence[Seated]) -> str:
    if not seats and rule.people == 1 and not rule.owners:
        return "Nobody who may has approved this plan yet."
    words = []
    for seat, wanted, whose in ((PEOPLE, rule.people, _whose(rule)), (OWNERS, rule.owners, "an owner")):
        if wanted:
            words.append(f"{sum(taken.seat == seat for taken in seats)} of {wanted} by {whose}")
    return f"Approvals of this plan: {', '.join(words)}."


def _help(
    rule: Rule,
    seats: Sequence[Seated],
    members: Collection[Member],
    out: Collection[int | None],
    people: Collection[Actor],
) -> str:
    """Who could take the seats that are left, in words."""
    taken, words = [one.seat for one in seats], []
    free = [actor for actor in people if actor.active and actor.id not in out]
    if taken.count(PEOPLE) < rule.people:
        can = [actor.display for actor in free if rule.takes(actor)]
        words.append(_can(can, _whose(rule)))
    if taken.count(OWNERS) < rule.owners:
        speak = {member.user for member in members}
        can = [actor.display for actor in free if actor.id in speak]
        words.append(_can(can, "an owner"))
    return " ".join(words)


def _can(names: Sequence[str], whose: str) -> str:
    if not names:
        return f"Nobody is left who could approve it as {whose}; an administrator can help."
    shown = names[0] if len(names) == 1 else f"{', '.join(names[:3])}{' or others' if len(names) > 3 else ''}"
    return f"{' or '.join(names) if len(names) in (2, 3) else shown} can approve it as {whose}."


def _whose(rule: Rule) -> str:
    if rule.named:
        return "one of those named"
    return f"{'an' if rule.role[:1] in 'aeiou' else 'a'} {rule.role}"


def _names(seats: Sequence[Seated], voters: Mapping[int, Actor]) -> str:
    words = []
    for taken in seats:
        kind = taken.speaks_for[0]  # type: ignore[index]  # ours: ("person" or "owner", number)
        as_owner = " for the owner" if kind == "owner" else " (owner)" if taken.seat == OWNERS else ""
        words.append(f"{voters[taken.voter].display}{as_owner}")
    return " and ".join(words)
