"""What the host's answers mean, on hosts of a few words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from changes.kinds import Context, Verdict
from changes.plan import Check
from networking.facts.guard import AskGuard, GuardState
from networking.facts.nics import AskNetwork
from networking.facts.values import Network
from networking.judges import RULES, judge
from networking.probes import AskProbes
from ssh.facts import FactError
from ssh.session import Result
from tests.networking.plans import bonded, host, planned

EMPTY = GuardState(
    up=500, boot="b1", saved=False, boot_guard=False, alive=False, decided="", tidied=False,
    armed={}, applying={}, applied={}, reverted={}, log="",
)  # fmt: skip
ARMED = {"how": "systemd", "begun": "490", "until": "510", "seconds": "20", "boot": "b1"}
WAITING = replace(
    EMPTY, saved=True, alive=True, armed=ARMED, applying={"boot": "b1"}, applied={"status": "0", "boot": "b1"}
)
BACK = {"how": "timer", "status": "0", "begun": "510", "ended": "514", "boot": "b1"}
REVERTED = replace(WAITING, up=520, alive=False, decided="revert", reverted=BACK, log="back")


class Answers:
    """A host: its network, its two guards, and which addresses answer."""

    def __init__(self, network: Network, guard: GuardState, undo: GuardState, answering: tuple[str, ...]) -> None:
        self.network, self.guards, self.answering = network, {"guard": guard, "guard-undo": undo}, answering

    def __call__(self, fact: Any) -> Any:
        if isinstance(fact, AskNetwork):
            return self.network
        if isinstance(fact, AskProbes):
            return {each: "yes" if each in self.answering else "no" for each in fact.addresses}
        assert isinstance(fact, AskGuard)
        return self.guards[fact.directory.rpartition("/")[2]]


def say(
    rule: str,
    guard: GuardState = EMPTY,
    *,
    on: Network | None = None,
    undo: GuardState = EMPTY,
    answering: tuple[str, ...] = ("10.0.2.2",),
    passed: tuple[str, ...] = ("10.0.2.2",),
) -> Verdict:
    found = {"baseline": {"passed": list(passed)}}
    context = Context(Answers(on or host(), guard, undo, answering), planned(), "/r", found)
    return judge(Check(rule, ""), context)


def test_every_rule_that_a_plan_names_has_a_judge():
    checks = [
        check.rule
        for step in planned().steps
        for check in (*step.precheck, *step.verify, *(step.undo.precheck + step.undo.verify if step.undo else ()))
    ]
    assert set(checks) == set(RULES)


def test_another_machine_is_told():
    assert "another machine" in say("as-planned", on=host(machine_id="f" * 32)).sentence


def test_a_port_that_was_changed_is_told():
    nics = tuple(replace(each, permanent_address="52:54:00:ff:ff:ff") for each in host().nics)
    assert "is not the port that it was" in say("as-planned", on=host(nics=nics)).sentence


def test_only_what_answered_before_counts_afterwards():
    verdict = say("baseline")
    assert verdict.found == {"passed": ["10.0.2.2"]}
    assert "Not waited for afterwards, since silent now: name server 10.0.2.3" in verdict.sentence
    assert say("probes").holds


def test_a_silent_gateway_is_waited_for():
    verdict = say("probes", answering=())
    assert verdict.not_yet
    assert "gateway 10.0.2.2" in verdict.sentence


def test_with_nothing_to_compare_the_new_connection_alone_counts():
    assert "nothing to compare" in say("probes", answering=(), passed=()).sentence


def test_a_new_gateway_has_to_be_on_the_link_and_for_the_undo_it_does_not_matter():
    typo = {"method": "static", "addresses": ["10.0.2.15/24"], "gateways": ["10.0.2.99"]}
    made = planned(addressing=typo)
    found = {"baseline": {"passed": ["10.0.2.2"]}}

    def verdict(check: Check, *answering: str) -> Verdict:
        return judge(check, Context(Answers(host(), EMPTY, EMPTY, answering), made, "/r", found))

    before, back = made.step("confirm").precheck[1], made.step("arm").undo
    assert back
    assert "The new gateway 10.0.2.99 is not on the link" in verdict(before, "10.0.2.2").sentence
    assert verdict(before, "10.0.2.2", "10.0.2.99").holds
    assert verdict(back.precheck[1], "10.0.2.2").holds


def test_an_armed_revert_says_how_and_how_long():
    verdict = say("armed", WAITING)
    assert (verdict.holds, verdict.found) == (True, {"how": "systemd", "seconds": 20, "left": 10})


@pytest.mark.parametrize("state", [EMPTY, replace(WAITING, alive=False), replace(WAITING, decided="confirm")])
def test_a_revert_that_does_not_live_is_not_armed(state):
    assert not say("armed", state).holds


def test_an_apply_that_has_not_ended_is_waited_for():
    assert say("applied", replace(WAITING, applied={})).not_yet


def test_an_apply_that_failed_is_waited_for_until_the_host_is_back():
    assert say("applied", replace(WAITING, applied={"status": "7"})).not_yet
    assert say("applied", replace(REVERTED, reverted={})).not_yet


def test_a_host_that_went_back_ends_it_with_proof():
    for rule in ("applied", "not-gone-back", "confirmed"):
        verdict = say(rule, REVERTED)
        assert (verdict.holds, verdict.not_yet, verdict.found["log"]) == (False, False, "back")
        assert "web01 went back by itself 24 s after the revert was armed, because no confirmation" in verdict.sentence
        assert "that took 4 s" in verdict.sentence


@pytest.mark.parametrize(
    ("how", "words"),
    [("boot", "it was restarted"), ("apply", "could not be applied"), ("hand", "somebody at the host")],
)
def test_it_says_why_the_host_went_back(how, words):
    state = replace(REVERTED, reverted={**BACK, "how": how, "status": "1", "boot": "b2"})
    assert words in say("applied", state).sentence
    assert "Something of it failed" in say("applied", state).sentence


def test_an_apply_that_a_boot_cut_off_with_nothing_taken_back_is_told():
    state = replace(WAITING, boot="b2", alive=False, applied={})
    verdict = say("applied", state)
    assert (verdict.holds, verdict.not_yet) == (False, False)
    assert "restarted while it applied" in verdict.sentence


def test_what_was_not_asked_for_and_differs_is_told_and_takes_nothing_back():
    verdict = say("bond-wanted", WAITING, on=bonded(num_grat_arp="3"))
    assert verdict.holds
    assert "num_grat_arp is 1 in the files, and 3 in the kernel." in verdict.sentence
    assert verdict.found["drift"] == ["num_grat_arp is 1 in the files, and 3 in the kernel."]


def test_a_bond_as_wanted_says_who_carries_the_traffic():
    verdict = say("bond-wanted", WAITING, on=bonded())
    assert verdict.holds, verdict.sentence
    assert verdict.found["active"] == "eth1"


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (host(), "There is no bond0 yet."),
        (bonded(primary_reselect="always"), "primary_reselect is always, not better."),
        (bonded(miimon="0"), "miimon is 0, not 100."),
        (replace(bonded(), routes=()), "No route leads through it to the gateway 10.0.2.2."),
        (replace(bonded(), nics=bonded().nics[:2]), "It does not have the address 10.0.2.15/24."),
        (replace(bonded(), files=()), "Not as this change wrote them"),
    ],
)
def test_what_is_not_as_wanted_is_named_and_waited_for(on, words):
    verdict = say("bond-wanted", WAITING, on=on)
    assert verdict.not_yet
    assert words in verdict.sentence


def test_a_decided_change_is_not_applied_again():
    assert "ask for a new one" in say("undecided", REVERTED).sentence
    assert not say("undecided", replace(WAITING, decided="confirm")).holds
    assert say("undecided", WAITING).holds


def test_a_timer_that_came_before_the_apply_is_told_once_the_host_is_back_and_with_its_proof():
    early = replace(REVERTED, applying={}, applied={})
    on_its_way = say("undecided", replace(early, reverted={}))
    assert (on_its_way.holds, on_its_way.not_yet) == (False, True)
    back = say("undecided", early)
    assert (back.holds, back.not_yet, back.found["log"]) == (False, False, "back")


def test_a_file_that_somebody_changed_is_named():
    assert "10-eth0.network" in say("files-before", on=replace(host(), files=())).sentence
    assert say("files-after", on=bonded()).holds


def test_an_undo_is_done_when_files_and_addresses_are_as_before():
    assert say("as-before", REVERTED).holds
    assert not say("as-before", on=bonded()).holds
    nics = tuple(replace(each, addresses=()) for each in host().nics)
    assert say("as-before", on=host(nics=nics)).not_yet


def test_an_undo_that_was_not_confirmed_leaves_the_bond_and_says_so():
    verdict = say("as-before", replace(WAITING, decided="confirm"), undo=REVERTED, on=bonded())
    assert "so the change stands as it was" in verdict.sentence
    assert say("undo-decided", undo=replace(REVERTED, reverted={})).not_yet


def test_an_undo_of_what_went_back_by_itself_has_nothing_to_confirm():
    assert "never confirmed" in say("undo-decided", REVERTED).sentence
    assert say("all-tidied", REVERTED).holds


def test_an_undo_is_confirmed_by_its_own_guard():
    kept = replace(WAITING, decided="confirm", tidied=True, alive=False)
    assert not say("undo-decided", kept).holds
    assert say("undo-decided", kept, undo=kept).holds
    assert not say("undo-decided", kept, undo=WAITING).holds


def test_tidy_means_neither_timer_nor_unit():
    assert not say("tidied", WAITING).holds
    assert not say("tidied", replace(REVERTED, boot_guard=True)).holds
    assert say("tidied", replace(WAITING, alive=False, tidied=True, decided="confirm")).holds
    assert not say("all-tidied", REVERTED, undo=WAITING).holds


def test_the_snapshot_and_the_boot_guard_are_looked_at():
    assert say("saved", WAITING).holds
    assert not say("saved").holds
    assert say("boot-guarded", replace(EMPTY, boot_guard=True)).holds
    assert not say("boot-guarded").holds
    assert say("undo-armed", undo=WAITING).holds
    assert say("undo-not-gone-back").holds
    assert say("confirmed", replace(WAITING, decided="confirm")).holds
    assert not say("confirmed", WAITING).holds


REAL = """\
up=412
boot=b1
saved=yes
boot_guard=yes
alive=yes
decided=
tidied=no
armed=how=systemd job=- pid=- birth=- begun=398 until=418 seconds=20 boot=b1
applying=pid=811 birth=40012 boot=b1
applied=status=0 ended=405 boot=b1
reverted=
log=
first
second
"""


def test_a_guards_answer_is_read_whole():
    state = AskGuard("/r/guard").parse(Result(0, REAL.encode(), b""))
    assert (state.left, state.armed["how"], state.applied["status"], state.log) == (6, "systemd", "0", "first\nsecond")
    assert state.begun
    assert replace(state, boot="b2").left == 0


@pytest.mark.parametrize(
    "text", ["", "up=1\nlog=\n", REAL.replace("up=412", "up=soon"), REAL.replace("saved=yes", "?")]
)
def test_a_guards_answer_of_another_shape_is_refused(text):
    with pytest.raises(FactError):
        AskGuard("/r/guard").parse(Result(0, text.encode(), b""))


def test_the_probes_answer_is_read():
    ask = AskProbes(("10.0.2.2", "10.0.2.3"))
    assert ask.parse(Result(0, b"10.0.2.3 no\n10.0.2.2 yes\n", b"")) == {"10.0.2.3": "no", "10.0.2.2": "yes"}
    assert ask.command().argv[-2:] == ("10.0.2.2", "10.0.2.3")
