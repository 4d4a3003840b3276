"""Any acts in any order on values alone: the policy, the table, the digest and the walk, with no row and no host."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from changes.approval_rules import ONE_APPROVER, Member, Policy, Rule, Vote, weigh
from changes.glass import HOLDS, Broken, lifted, may_stand_in, useful
from changes.kinds import Verdict
from changes.plan import Call, Check, Plan, Step, Undo
from changes.policy import STATES, Action, Case, may, may_request, valid_votes
from changes.states import HOLDS_HOST, TRANSITIONS, State, StepState, check_move
from changes.timing import Frozen, Lift, Place, Times, held, weigh_times
from changes.windows import Slot, Window
from execution.events import Event
from execution.runner import SAID_DONE, SAID_FAILED, Work, backward, forward
from people.actor import Actor
from people.roles import Role
from ssh.command import Command
from ssh.detached import State as OnHost
from tests.execution.driver import Driver
from tests.execution.fake_host import FakeHost

S, A = State, Action
CAST: dict[str, set[Role]] = {
    "rosa": {Role.REQUESTER},
    "ruth": {Role.REQUESTER, Role.APPROVER},
    "amir": {Role.APPROVER},
    "olu": {Role.OPERATOR},
    "otto": {Role.OPERATOR, Role.APPROVER},
    "sue": set(Role),
    "mallory": set(),
    "vic": {Role.VIEWER},
}
IDS = {name: number for number, name in enumerate(CAST, 1)}
WHO = st.sampled_from([None, None, None, *CAST])
"""None is whoever is the right one to do it."""
WHICH = st.integers(0, 2)
APPROVERS, STARTERS = st.sampled_from(["amir", "otto", "sue"]), st.sampled_from(["olu", "otto", "sue"])
MEANWHILE = st.sampled_from(
    ["", "", "switched off", "queued", "switched off", "demoted", "drift", "in doubt", "killed"]
)
"""What happens before a worker looks; in doubt, nobody submits it yet."""
NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)
MOST = 3
NOW = datetime(2026, 11, 26, tzinfo=UTC)
MEMBERS = [Member(IDS["vic"], 1), Member(IDS["otto"], 1), Member(IDS["rosa"], 1)]
SPEAKING = frozenset((member.user, member.owner) for member in MEMBERS)
TWO, OWNER = Rule("Two approvers", 2), Rule("An owner", 0, owners=1)
POLICIES = [
    ONE_APPROVER,
    Policy((TWO,), SPEAKING),
    Policy((Rule("One of each", 1, owners=1),), SPEAKING),
    Policy((Rule("One approver"), OWNER), SPEAKING),
    Policy((OWNER, Rule("An operator", role="operator")), frozenset({(IDS["vic"], 1)})),
]
"""Who is an owner comes and goes; of whom a policy was frozen with only some."""
AN_HOUR = timedelta(hours=1)
OPEN = Window("always", "FREQ=DAILY", NOW.date() - timedelta(days=2), time(0), 1440)
SHUT = Window("in a month", "FREQ=DAILY", NOW.date() + timedelta(days=30), time(0), 60)
LIFTS = st.sets(st.sampled_from(list(Lift)), min_size=1)
UNDO_OUTCOME = {S.SUCCEEDED: S.UNDONE, S.FAILED: S.UNDO_FAILED, S.CANCELLED: S.UNDO_FAILED, S.UNKNOWN: S.UNKNOWN}


class World(FakeHost):
    """The host as one phase of one run reaches it; the rest is shared by all of them.

    there   what stands on the host now
    done    how often each effect came, as `do KEY` and `undo KEY`
    ends    step → fails (no effect) · killed (no effect) · killed after (its effect is there)
    """

    def __init__(self, there: set[str], done: Counter[str], ends: dict[str, str]) -> None:
        super().__init__()
        self.there, self.done, self.ends = there, done, ends

    def start(self, work: Work, attempt: int, command: Command) -> None:
        self._maybe_die(work, "before-start")
        self._maybe_lose("start")
        how, (act, key) = self.ends.get(work.key, ""), command.argv
        self.attempts[work.key, attempt] = "started"
        self.ends_as[work.key] = OnHost.DEAD if how.startswith("killed") else OnHost.ENDED, 3 * (how == "fails")
        if how not in ("fails", "killed"):
            self.done[f"{act} {key}"] += 1
            (self.there.add if act == "do" else self.there.discard)(key)
        self._maybe_die(work, "after-start")

    def _judge(self, check: Check) -> Verdict:
        stands = check.args["of"] in self.there
        return Verdict(stands is check.args["is"], f"{check.args['of']} is {'there' if stands else 'not there'}.")


class Mortal(Driver):
    """Dies before or after the n-th event is stored."""

    die_at = 0

    def _store(self, event: Event) -> None:
        self.die_at -= 1
        if self.die_at == 1:
            raise KeyboardInterrupt("killed before it was stored")
        super()._store(event)
        if self.die_at == 0:
            raise KeyboardInterrupt("killed after it was stored")


@dataclass(eq=False)
class Asked:
    """A change as the database would keep it."""

    number: int
    requester: str
    editor: str
    names: tuple[str, ...]
    state: S = S.DRAFT
    plan: Plan | None = None
    votes: list[tuple[str, str]] = field(default_factory=list)
    needs: Policy = ONE_APPROVER
    slot: Slot | None = None
    broken: Broken | None = None
    stood_in: bool = False
    trigger: str = ""
    run_digest: str = ""
    phase: str = "do"
    recheck: bool = False
    probing: bool = False
    drivers: dict[str, Mortal] = field(default_factory=dict)
    history: list[tuple[S, S]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return self.plan.digest() if self.plan else ""

    def case(self) -> Case:
        voted = frozenset(IDS[who] for who, digest in self.votes if digest == self.digest)
        return Case(self.state, IDS[self.requester], IDS[self.editor], self.digest, self.needs, voted)


def name_of(actor: Actor) -> str:
    return next(name for name, number in IDS.items() if number == actor.id)


def plan_of(change: Asked, colour: str) -> Plan:
    return Plan("pure", 1, "Pure", {"colour": colour}, tuple(_step(f"{change.number}{name}") for name in change.names))


def _step(key: str) -> Step:
    undo = Undo("back", Call(("undo", key)), (), (Check("there", "gone", {"of": key, "is": False}),))
    there = (Check("there", "there", {"of": key, "is": True}),)
    return Step(key, key, "why", "h", Call(("do", key)), (), there, undo, writes=("x",))


class Pure(RuleBasedStateMachine):
    """Up to three changes of one host; what services and gate do with rows is done here with values, in a few lines."""

    counting = False
    steps: ClassVar[int] = 0
    reached: ClassVar[Counter[str]] = Counter()

    @initialize(names=NAMES, approver=APPROVERS, starter=STARTERS, meanwhile=MEANWHILE)
    def begin(self, names: Sequence[str], approver: str, starter: str, meanwhile: str) -> None:
        self.all_is_well()
        self.colour, self.needs, self.members = "", ONE_APPROVER, set(MEMBERS)
        self.clock = NOW
        self.windows: tuple[Window, ...] = ()
        self.freezes: tuple[Frozen, ...] = ()
        self.changes: list[Asked] = []
        self.numbers = itertools.count(1)
        self.there: set[str] = set()
        self.done: Counter[str] = Counter()
        self.create(names, None)
        self.hurry(0, approver, starter, meanwhile)

    def teardown(self) -> None:
        Pure.reached.update(change.state for change in getattr(self, "changes", []))

    # what people do

    @precondition(lambda self: len(self.changes) < MOST)
    @rule(names=NAMES, who=WHO)
    def create(self, names: Sequence[str], who: str | None) -> None:
        who = who or "rosa"
        if may_request(self.actor(who)).allowed or not self.changes:
            self.changes.append(Asked(next(self.numbers), who, who, tuple(names)))

    @rule(which=WHICH, names=NAMES, who=WHO)
    def edit(self, which: int, names: Sequence[str], who: str | None) -> None:
        change = self.change(which)
        if self.may(A.EDIT, change, who or "sue"):
            if change.state is not S.DRAFT:
                self.move(change, S.DRAFT)
            change.editor, change.names, change.plan = who or "sue", tuple(names), None
            change.number = next(self.numbers)

    @rule(which=WHICH)
    def planning(self, which: int) -> None:
        change = self.change(which)
        if change.state in (S.DRAFT, S.STALE) and not self.key_changed:
            change.plan = plan_of(change, self.colour)
            self.move(change, S.PLANNED)

    @rule(which=WHICH, who=WHO)
    def submit(self, which: int, who: str | None) -> None:
        if self.may(A.SUBMIT, self.change(which), who or "rosa"):
            self.change(which).needs = self.needs
            self.move(self.change(which), S.IN_REVIEW)

    @rule(needs=st.sampled_from(POLICIES))
    def edit_the_policy(self, needs: Policy) -> None:
        """Whatever waits for approval goes on by what was frozen into it."""
        self.needs = needs

    @rule(member=st.sampled_from(MEMBERS))
    def an_owner_comes_or_goes(self, member: Member) -> None:
        self.members ^= {member}

    @rule(which=WHICH, who=WHO, read=st.booleans())
    def approve(self, which: int, who: str | None, read: bool) -> None:
        """`read`: the plan as it is; else one that somebody saw before."""
        change, who = self.change(which), who or "amir"
        allowed = self.may(A.APPROVE, change, who)
        assert allowed == (change.state in STATES[A.APPROVE] and self._second(change, who))
        digest = change.digest if read else plan_of(change, "as it was").digest()
        if allowed and digest == change.digest:
            change.votes.append((who, digest))
            if change.state is S.IN_REVIEW and not self.unmet(change):
                self.move(change, S.APPROVED)

    @rule(which=WHICH, who=WHO, how=st.sampled_from(["reject", "withdraw", "expire"]))
    def give_up(self, which: int, who: str | None, how: str) -> None:
        change = self.change(which)
        if how == "reject" and self.may(A.REJECT, change, who or "otto"):
            self.move(change, S.REJECTED)
        elif how == "withdraw" and self.may(A.WITHDRAW, change, who or "rosa"):
            self.move(change, S.WITHDRAWN)
        elif how == "expire" and S.EXPIRED in TRANSITIONS[change.state]:
            self.move(change, S.EXPIRED)

    @rule(which=WHICH, who=WHO)
    def run(self, which: int, who: str | None) -> None:
        change, who = self.change(which), who or "olu"
        if self.may(A.RUN, change, who) and not self.unmet(change, who) and not self.untimely(change, who):
            change.trigger, change.run_digest = who, change.digest
            self.move(change, S.QUEUED)

    @rule(which=WHICH, who=WHO)
    def cancel(self, which: int, who: str | None) -> None:
        change = self.change(which)
        if self.may(A.CANCEL, change, who or "olu"):
            change.drivers["do"].host.cancel = True

    @rule(which=WHICH, who=WHO)
    def resume(self, which: int, who: str | None) -> None:
        change = self.change(which)
        if self.may(A.RESUME, change, who or "olu") and not self.unmet(change, who or "olu", change.trigger):
            both = (who or "olu", change.trigger)
            assert self.enough(change, *both) or self.stands(change, Lift.APPROVAL, *both)
            change.stood_in = change.stood_in or not self.enough(change, *both)
            self._retry(change)
            change.recheck = True
            self.move(change, S.RUNNING)

    @rule(which=WHICH, who=WHO)
    def ask_again(self, which: int, who: str | None) -> None:
        change = self.change(which)
        if not self.may(A.PROBE, change, who or "olu"):
            return
        change.probing = True
        for at in change.drivers[change.phase].progress.values():
            if at.state is StepState.UNKNOWN:
                at.state = StepState.RUNNING
        self.move(change, S.RUNNING if change.phase == "do" else S.FAILED)
        if change.phase == "undo":
            self.move(change, S.UNDOING)

    @rule(which=WHICH, who=WHO, said=st.sampled_from([SAID_DONE, SAID_FAILED]))
    def settle(self, which: int, who: str | None, said: str) -> None:
        """Somebody says how it ended, right or wrong, after a look, which buries what never began."""
        change = self.change(which)
        if not self.may(A.SETTLE, change, who or "olu"):
            return
        driver = change.drivers[change.phase]
        for work in driver.works:
            at = driver.progress[work.key]
            if at.state is StepState.UNKNOWN and at.attempt:
                driver.host.bury(work, at.attempt)
                at.said, at.open = said, False
                at.state = StepState.OK if said == SAID_DONE else StepState.FAILED
                return self.move(change, S.UNDO_FAILED if change.phase == "undo" else S.FAILED)

    @rule(which=WHICH, who=WHO)
    def undo(self, which: int, who: str | None) -> None:
        change = self.change(which)
        if not self.may(A.UNDO, change, who or "olu") or self.holder(but=change):
            return
        assert change.plan
        change.phase = "undo"
        if "undo" not in change.drivers:
            works = backward(change.plan, change.drivers["do"].progress)
            change.drivers["undo"] = Mortal(works, World(self.there, self.done, self.ends))
        self._retry(change)
        self.move(change, S.UNDOING)

    @rule(which=WHICH, who=WHO)
    def close(self, which: int, who: str | None) -> None:
        if self.may(A.CLOSE, self.change(which), who or "olu"):
            self.move(self.change(which), S.CLOSED)

    @rule(which=WHICH, approver=APPROVERS, starter=STARTERS, meanwhile=MEANWHILE)
    def hurry(self, which: int, approver: str, starter: str, meanwhile: str) -> None:
        """Everybody does their part, as on a good day; something may happen before a worker looks."""
        if meanwhile == "in doubt":
            return
        self.planning(which)
        self.submit(which, None)
        self.approve(which, approver, True)
        self.approve(which, "vic" if starter == "olu" else "amir", True)
        self.run(which, starter)
        if meanwhile == "switched off":
            self.active[approver] = False
        elif meanwhile == "demoted":
            self.roles[approver].discard(Role.APPROVER)
        elif meanwhile == "drift":
            self.colour += "er"
        elif meanwhile == "killed":
            self.break_step(which, 0, "killed")
        if meanwhile != "queued":
            self.look(which)

    # what becomes of people and of the host

    @rule(name=st.sampled_from(list(CAST)), active=st.booleans())
    def switch(self, name: str, active: bool) -> None:
        self.active[name] = active

    @rule(name=st.sampled_from(list(CAST)), role=st.sampled_from(list(Role)))
    def change_role(self, name: str, role: Role) -> None:
        self.roles[name] ^= {role}

    @rule()
    def all_is_well(self) -> None:
        self.roles = {name: set(roles) for name, roles in CAST.items()}
        self.active, self.key_changed = dict.fromkeys(CAST, True), False
        self.ends: dict[str, str] = getattr(self, "ends", {})
        self.ends.clear()

    @rule(colour=st.sampled_from(["", "blue"]))
    def drift(self, colour: str) -> None:
        self.colour = colour

    @rule(changed=st.booleans())
    def host_key(self, changed: bool) -> None:
        self.key_changed = changed

    @rule(which=WHICH, at=st.integers(0, 2), how=st.sampled_from(["fails", "killed", "killed after"]))
    def break_step(self, which: int, at: int, how: str) -> None:
        self.ends[self._key(which, at)] = how

    # what workers do

    @rule(which=WHICH)
    def look(self, which: int) -> None:
        """A hint is delivered, for the first time or again."""
        change, before = self.change(which), self.done.copy()
        if change.state is S.QUEUED:
            self._gate(change)
        if change.state in (S.RUNNING, S.UNDOING):
            self._walk(change)
        else:
            assert self.done == before

    @rule(which=WHICH, at=st.integers(1, 25), times=st.integers(1, 2))
    def crash(self, which: int, at: int, times: int) -> None:
        """The worker dies at some event; another looks, and perhaps dies as well."""
        for _ in range(times):
            for driver in self.change(which).drivers.values():
                driver.die_at = at
            self.look(which)

    @rule(which=WHICH, at=st.integers(0, 2), point=st.sampled_from(["before-start", "after-start", "in-log"]))
    def crash_in_a_command(self, which: int, at: int, point: str) -> None:
        for driver in self.change(which).drivers.values():
            driver.host.die = self._key(which, at), point
        self.look(which)
        for driver in self.change(which).drivers.values():
            driver.host.die = "", ""

    @rule(which=WHICH, point=st.sampled_from(["judge", "start", "follow"]), times=st.integers(1, 3))
    def lose_the_host(self, which: int, point: str, times: int) -> None:
        for driver in self.change(which).drivers.values():
            driver.host.lost_at = {point: times}
        self.look(which)
        for driver in self.change(which).drivers.values():
            driver.host.lost_at = {}

    # what has to be true

    @invariant()
    def every_move_is_in_the_table_and_in_the_history(self) -> None:
        Pure.steps += hasattr(self, "changes")
        for change in getattr(self, "changes", []):
            at = S.DRAFT
            for old, new in change.history:
                assert old is at and new in TRANSITIONS[at], change.history
                at = new
            assert at is change.state

    @invariant()
    def one_change_at_a_time_holds_the_host(self) -> None:
        assert len([change for change in getattr(self, "changes", []) if change.state in HOLDS_HOST]) <= 1

    @invariant()
    def each_effect_came_once(self) -> None:
        if not hasattr(self, "changes"):
            return
        assert all(times == 1 for times in self.done.values()), self.done
        done = {word.removeprefix("do ") for word in self.done if word.startswith("do ")}
        assert self.there == {key for key in done if not self.done[f"undo {key}"]}
        for change in self.changes:
            own = {step.key for step in change.plan.steps} if change.plan else set()
            assert change.state is not S.UNDONE or not own & self.there
            assert change.state is not S.SUCCEEDED or own <= self.there

    @invariant()
    def what_was_done_was_approved_by_somebody_else(self) -> None:
        for change in getattr(self, "changes", []):
            if change.plan and any(self.done[f"do {step.key}"] for step in change.plan.steps):
                involved = {change.requester, change.editor, change.trigger}
                votes = {who for who, digest in change.votes if digest == change.digest and who not in involved}
                assert change.stood_in or len(votes) >= change.needs.seats > 0
                assert change.run_digest == change.digest
                assert (S.GATING, S.RUNNING) in change.history

    # how it is done

    def _gate(self, change: Asked) -> None:
        self.move(change, S.GATING)
        votes = self.votes(change, change.trigger)
        counting = [who for who, digest in change.votes if digest == change.digest and self._counts(change, who)]
        assert [vote.approver.id for vote in votes] == [IDS[who] for who in counting]
        met, stood_in = not self.unmet(change, change.trigger), self.stands(change, Lift.APPROVAL, change.trigger)
        enough = self.enough(change, change.trigger)
        assert met == (enough or stood_in), (change.needs, change.votes)
        in_time = not self.untimely(change, change.trigger)
        assert in_time == self.on_time(change), (change.slot, self.windows, self.freezes, change.broken, self.clock)
        gone = not self.has(change.trigger, Role.OPERATOR)
        if self.holder(but=change) or self.key_changed or gone or not met or not in_time:
            return self.move(change, S.BLOCKED)
        if plan_of(change, self.colour).digest() != change.digest or change.run_digest != change.digest:
            return self.move(change, S.STALE)
        assert change.plan
        read = Plan.from_json(change.plan.to_json())
        assert read == change.plan and read.digest() == change.digest
        change.drivers["do"] = Mortal(forward(read), World(self.there, self.done, self.ends))
        change.stood_in = stood_in and not enough
        self.move(change, S.RUNNING)

    def _walk(self, change: Asked) -> None:
        driver, before = change.drivers[change.phase], self.done.copy()
        if self.key_changed:
            driver.host.lost_at = dict.fromkeys(("judge", "start", "follow"), 99)
        outcome = driver.go(recheck=change.recheck, probing=change.probing)
        driver.die_at = 0
        if self.key_changed:
            assert self.done == before
            driver.host.lost_at = {}
        if outcome is None:
            return
        change.recheck = change.probing = driver.host.cancel = False
        self.move(change, UNDO_OUTCOME[outcome] if change.phase == "undo" else outcome)

    def _retry(self, change: Asked) -> None:
        """Steps of the phase that are neither done nor open may be tried again."""
        for at in change.drivers[change.phase].progress.values():
            if not at.open and at.state in (StepState.FAILED, StepState.ERRORED, StepState.UNKNOWN):
                at.state = StepState.PENDING

    def move(self, change: Asked, new: S) -> None:
        check_move(change.state, new)
        change.history.append((change.state, new))
        change.state = new

    def may(self, action: A, change: Asked, who: str) -> bool:
        decision = may(action, self.actor(who), change.case())
        assert decision.allowed or decision.reason
        assert self.active[who] or not decision.allowed
        return decision.allowed

    def votes(self, change: Asked, trigger: str) -> list[Vote]:
        return valid_votes([Vote(self.actor(who), digest) for who, digest in change.votes], change.case(), IDS[trigger])

    def unmet(self, change: Asked, *triggers: str) -> str:
        """As the services and the gate ask: every rule of the frozen policy, by people as they are now."""
        votes = [Vote(self.actor(who), digest, NOW) for who, digest in change.votes]
        for trigger in triggers:
            votes = valid_votes(votes, change.case(), IDS[trigger])
        if not triggers:
            votes = valid_votes(votes, change.case())
        if Lift.APPROVAL in self.lifts(change, *triggers):
            return ""
        involved = {IDS[who] for who in (change.requester, change.editor, *triggers)}
        return " ".join(one.title for one in weigh(change.needs, votes, self.members, NOW, involved) if not one.ok)

    def untimely(self, change: Asked, trigger: str) -> str:
        """As the services and the gate ask."""
        times = Times((Place("h", self.windows, self.freezes),), change.slot)
        return held(weigh_times(times, self.clock, self.lifts(change, trigger)))

    def lifts(self, change: Asked, *triggers: str) -> frozenset[Lift]:
        """Whoever asked and the second person as they are now."""
        if change.broken is None:
            return frozenset()
        asker, second = (self.actor(name_of(one)) for one in (change.broken.asker, change.broken.second))
        now = replace(change.broken, asker=asker, second=second)
        return lifted(now, change.case(), self.clock, [IDS[who] for who in triggers])

    def on_time(self, change: Asked) -> bool:
        """The same in other words: an oracle."""
        cold = any(one.span.start <= self.clock < one.span.end for one in self.freezes)
        in_slot = change.slot is None or change.slot.start <= self.clock < change.slot.end
        opened = OPEN in self.windows and change.slot is not None
        free = in_slot and (not self.windows or opened)
        stands = {lift: self.stands(change, lift, change.trigger) for lift in Lift}
        return (not cold or stands[Lift.FREEZE]) and (free or stands[Lift.WINDOW])

    def stands(self, change: Asked, lift: Lift, *triggers: str) -> bool:
        """Whether somebody without a part in it broke the glass for this plan, for that, and still stands by it."""
        glass = change.broken
        if glass is None or lift not in glass.lifts or glass.digest != change.digest or self.clock >= glass.until:
            return False
        who, asker = name_of(glass.second), name_of(glass.asker)
        apart = who not in (change.requester, change.editor, asker, "sue", *triggers)
        return apart and self.has(who, Role.APPROVER) and self.has(asker, Role.OPERATOR)

    def enough(self, change: Asked, *triggers: str) -> bool:
        """The same by counting out every seating: an oracle that shares nothing with the product but the words."""
        involved = {change.requester, change.editor, *triggers}
        voters = {who for who, digest in change.votes if digest == change.digest and self.active[who]} - involved
        return bool(change.needs.rules) and all(self._seats(rule, change, voters) for rule in change.needs.rules)

    def _seats(self, rule: Rule, change: Asked, voters: set[str]) -> bool:
        people = [who for who in voters if rule.people and rule.role in self.roles[who]]
        owners = [who for who in voters if self._speaks(change, who)]
        pairs = itertools.product(
            itertools.combinations(people, rule.people), itertools.combinations(owners, rule.owners)
        )
        return any(len({*some, *others}) == rule.people + rule.owners for some, others in pairs)

    def _speaks(self, change: Asked, who: str) -> bool:
        now = {member.user for member in self.members}
        return IDS[who] in now and any(user == IDS[who] for user, _ in change.needs.members)

    def _second(self, change: Asked, who: str) -> bool:
        case, voted = change.case(), [name for name, digest in change.votes if digest == change.digest]
        has = any(rule.role in self.roles[who] for rule in case.needs.rules if rule.people)
        speaks = any(rule.owners for rule in case.needs.rules) and IDS[who] in {user for user, _ in case.needs.members}
        free = who not in (change.requester, change.editor) and (self.counting or who not in voted)
        return self.active[who] and (has or speaks) and free

    def _counts(self, change: Asked, who: str) -> bool:
        self.counting = True
        second = self._second(change, who)
        self.counting = False
        return second and who != change.trigger

    def _key(self, which: int, at: int) -> str:
        change = self.change(which)
        return f"{change.number}{change.names[at % len(change.names)]}"

    def holder(self, but: Asked) -> Asked | None:
        return next((one for one in self.changes if one.state in HOLDS_HOST and one is not but), None)

    def has(self, who: str, role: Role) -> bool:
        return self.active[who] and role in self.roles[who]

    def actor(self, who: str) -> Actor:
        return Actor(IDS[who], who, who, frozenset(self.roles[who]), self.active[who])

    def change(self, which: int) -> Asked:
        return self.changes[which % len(self.changes)]


class Timed(Pure):
    """The same with windows, freezes, slots and broken glass, and a clock that goes on."""

    @rule(windows=st.sampled_from([(), (), (OPEN,), (SHUT,), (OPEN, SHUT)]))
    def edit_the_windows(self, windows: tuple[Window, ...]) -> None:
        self.windows = windows

    @rule(cold=st.booleans())
    def freeze(self, cold: bool) -> None:
        span = Slot(self.clock - AN_HOUR, self.clock + 3 * AN_HOUR)
        self.freezes = (Frozen("frost", span, "cold"),) if cold else ()

    @rule(hours=st.integers(1, 5))
    def time_passes(self, hours: int) -> None:
        self.clock += hours * AN_HOUR

    @rule(which=WHICH, who=WHO, since=st.integers(-6, 2), hours=st.integers(1, 8))
    def pick_a_slot(self, which: int, who: str | None, since: int, hours: int) -> None:
        change, start = self.change(which), self.clock + since * AN_HOUR
        if self.may(A.SLOT, change, who or "rosa"):
            change.slot = Slot(start, start + hours * AN_HOUR)

    @rule(which=WHICH, who=WHO, second=st.sampled_from(list(CAST)), lifts=LIFTS)
    def break_the_glass(self, which: int, who: str | None, second: str, lifts: set[Lift]) -> None:
        change, who = self.change(which), who or "olu"
        if not (change.plan and self.may(A.GLASS, change, who) and useful(lifts, change.state).allowed):
            return
        allowed = may_stand_in(self.actor(second), change.case(), IDS[who], second == "sue").allowed
        own = second in (who, change.requester, change.editor, "sue")
        assert allowed == (self.active[second] and Role.APPROVER in self.roles[second] and not own)
        if allowed:
            until = self.clock + HOLDS
            change.broken = Broken(frozenset(lifts), change.digest, self.actor(who), self.actor(second), until)
            if Lift.APPROVAL in lifts and change.state is S.IN_REVIEW:
                self.move(change, S.APPROVED)

    @rule(
        which=WHICH, starter=STARTERS, second=APPROVERS, lifts=LIFTS, then=st.sampled_from(["", "", "late", "demoted"])
    )
    def hurry_in_a_freeze(self, which: int, starter: str, second: str, lifts: set[Lift], then: str) -> None:
        """The same by a broken glass; it may hold no longer by the time that a worker looks."""
        self.planning(which)
        self.submit(which, None)
        self.freeze(True)
        self.break_the_glass(which, None, second, lifts | {Lift.FREEZE})
        self.approve(which, "amir", True)
        self.run(which, starter)
        if then == "late":
            self.freezes = (Frozen("frost", Slot(self.clock - AN_HOUR, self.clock + 9 * AN_HOUR), "cold"),)
            self.time_passes(5)
        elif then == "demoted":
            self.roles[second].discard(Role.APPROVER)
        self.look(which)
