"""What is risky about a plan is read from the plan."""

from dataclasses import replace

from changes.plan import HIGH, Call, Check, Plan, Step, Undo
from changes.risks import Risk, risks

READS = Step("look", "Look", "why", "h", Call(("ls",)))
WRITES = Step("write", "Write", "why", "h", Call(("touch", "x")), undo=Undo("back", Call(("rm", "x"))), writes=("x",))
MOUNTED = Check("mounted", "it is mounted", {"mode": "rw"})


def plan(*steps, kind="toy", **more):
    return Plan(kind, 1, "T", more, steps)


def test_a_plan_that_only_reads_has_none():
    assert not risks(plan(READS, WRITES), {})


def test_an_outage_a_danger_and_what_no_undo_takes_back_are_risks():
    assert risks(plan(replace(WRITES, outage=60)), {}) == {Risk.OUTAGE}
    assert risks(plan(replace(WRITES, undo=replace(WRITES.undo, outage=60))), {}) == {Risk.OUTAGE}
    assert risks(plan(replace(WRITES, danger=HIGH)), {}) == {Risk.DANGER}
    assert risks(plan(replace(WRITES, undo=None, no_undo="there is no way")), {}) == {Risk.FINAL}


def test_a_recovery_that_mounts_for_writing_says_so():
    assert risks(plan(replace(WRITES, verify=(MOUNTED,)), kind="recovery"), {}) == {Risk.READ_WRITE}
    assert not risks(plan(WRITES, kind="recovery"), {})


def test_a_bond_under_our_own_session_says_so_and_so_does_one_where_it_cannot_be_told():
    made = plan(WRITES, kind="bond", bond="bond0", ports={"eth0": "52:54:00:00:00:01"})
    assert risks(made, {"session_device": "eth0"}) == risks(made, {"session_device": ""}) == {Risk.OWN_PATH}
    assert not risks(made, {"session_device": "eth9"})
