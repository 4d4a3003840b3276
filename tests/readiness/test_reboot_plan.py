"""A reboot's plan, its refusals where a check is red, its judges, and the alarm of a host that does not come back."""

from __future__ import annotations

from typing import Any

import pytest

from changes.kinds import Context, Verdict, barred
from changes.panels import words_of
from changes.plan import Plan, Refusal
from changes.risks import Risk, risks
from readiness.facts.look import AskContents, AskReadiness
from readiness.facts.values import Facts
from readiness.reboot.facts import AskBoot, AskRunning, Boot, Running, gather
from readiness.reboot.judges import RULES, as_before, judge
from readiness.reboot.planner import KIND, plan
from ssh.facts import FactError
from ssh.session import Result
from tests.readiness.answers import app01, contents_of, facts_of, machine, text_of

OLD, NEW = "bf6b1d84", "0a77c3e2"
ANSWER = """boot_id=bf6b1d84
machine_id=m1
kernel=6.1.0-56-cloud-amd64
uptime=5120
state=running
service=cron.service
service=ssh.service
service=ssh@3-10.0.2.15:22-10.0.2.2:40312.service
service=user@1000.service
service=polkit.service
activating=exim4.service
mount=27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/RootVG-root rw
mount=28 27 0:20 / /run rw,nosuid shared:2 - tmpfs tmpfs rw,size=98304k
mount=29 27 254:1 / /var rw,relatime shared:3 - ext4 /dev/mapper/RootVG-var rw
mount=30 27 0:41 / /srv/nfs rw,relatime shared:4 - nfs4 files:/export rw
mount=31 28 7:0 / /snap/core/1 ro shared:5 - squashfs /dev/loop0 ro
"""


def said(*, sabotaged: bool = False, looked: Facts | None = None) -> dict[str, Any]:
    """What `gather` makes of a lab host's recorded answers."""
    word = "sabotaged" if sabotaged else "healthy"
    answers = {
        AskReadiness: looked or facts_of(text_of(f"app01-{word}-look")),
        AskContents: contents_of(text_of(f"app01-{word}-image")),
    }
    return dict(gather(lambda fact: answers[type(fact)]))


def made(params: dict[str, Any] | None = None, **how: Any) -> Plan | Refusal:
    return plan({"host": "app01", **(params or {})}, said(**how))


def planned(params: dict[str, Any] | None = None, **how: Any) -> Plan:
    found = made(params, **how)
    assert isinstance(found, Plan), found
    return found


def refused(params: dict[str, Any] | None = None, **how: Any) -> Refusal:
    found = made(params, **how)
    assert isinstance(found, Refusal), found.title
    return found


def boot(boot_id: str = NEW, uptime: int = 200, state: str = "running", machine_id: str = "") -> Boot:
    target = planned().target
    named = target["boot_id"] if boot_id == OLD else boot_id
    return Boot(named, machine_id or target["machine_id"], "6.1.0-56-cloud-amd64", uptime, state)


def asked(rule: str, answer: Boot | Running) -> Verdict:
    check = next(c for step in planned().steps for c in (*step.precheck, *step.verify) if c.rule == rule)
    before = {"kernel": "6.1.0-56-cloud-amd64", "services": ["cron.service", "ssh.service"], "mounts": ["/", "/var"]}
    return judge(check, Context(lambda fact: answer, planned(), "/run", {"look": before}))  # type: ignore[arg-type]


def running(
    *services: str, mounts: tuple[str, ...] = ("/", "/var"), activating: tuple[str, ...] = (), **how: Any
) -> Running:
    return Running(boot(**how), services, activating, mounts)


def test_a_healthy_host_is_looked_at_rebooted_and_compared():
    steps = planned().steps
    assert [step.key for step in steps] == ["look", "reboot", "compare"]
    assert all(step.no_undo and step.undo is None for step in steps)
    assert "cannot be undone" in planned().step("reboot").no_undo


def test_the_same_host_has_the_same_plan_however_long_it_is_up():
    looked = app01()
    later = machine(looked, uptime=looked.machine.uptime + 3600, now=looked.machine.now + 3600)
    assert planned(looked=looked).digest() == planned(looked=later).digest()
    assert Plan.from_json(planned().to_json()) == planned()


def test_an_owner_can_be_asked_since_it_is_an_outage_that_nothing_takes_back():
    assert risks(planned(), {}) == {Risk.OUTAGE, Risk.FINAL}
    assert Risk.DANGER in risks(planned({"despite": True}, sabotaged=True), {})


def test_each_red_check_is_named_with_what_to_do():
    reasons = " ".join(refused(sabotaged=True).reasons)
    for title in ("Kernel and its modules", "Initial file system", "Init and libc", "What fstab wants"):
        assert f"Red: {title}." in reasons
    assert "/sbin/init is 32-bit x86" in reasons and "broken glass" in reasons
    assert reasons.count("Make it anew (update-initramfs") == 1, "what to do for two findings of a check stands once"
    assert refused(sabotaged=True).field == "host"


def test_what_nobody_can_tell_is_a_warning():
    assert any(told.startswith("Not known: Boot loader") for told in planned().warnings)


def test_a_plan_in_spite_of_red_checks_is_barred_and_says_them():
    found = planned({"despite": True}, sabotaged=True)
    assert "Red: Kernel and its modules, Initial file system" in barred(found) and "Init and libc" in barred(found)
    assert "Only a broken glass lets this start" in found.warnings[0]
    assert any(told.startswith("Red: Init and libc") for told in found.warnings)
    assert barred(planned({"despite": True})) == ""
    assert barred(planned()) == ""


def test_the_alarm_names_the_way_back_and_what_spoke_against_it():
    late = planned({"despite": True, "seconds": 300}, sabotaged=True).step("reboot").late
    for word in (
        "within 300 seconds",
        "/sbin/init is 32-bit x86",
        "console",
        "no second reboot",
        "have it asked again",
    ):
        assert word in late
    assert "No check was red before" in planned().step("reboot").late


@pytest.mark.parametrize(
    ("params", "word"),
    [({"seconds": 60}, "120 to 1800"), ({"seconds": 0}, "120 to 1800"), ({"seconds": "soon"}, "is a number")],
)
def test_a_deadline_that_is_none_is_refused(params, word):
    assert word in refused(params).reasons[0]


def test_a_container_and_a_host_without_systemd_are_refused():
    looked = app01()
    assert "container (lxc)" in refused(looked=machine(looked, container="lxc")).reasons[0]
    assert "no systemctl" in refused(looked=machine(looked, tools=frozenset({"dpkg"}))).reasons[0]


def test_a_host_that_is_away_is_asked_and_nothing_is_called_done():
    assert words_of(KIND).confirm(planned(), "reboot") == "Ask the host now"


def test_every_rule_has_a_judge():
    assert {check.rule for step in planned().steps for check in (*step.precheck, *step.verify)} == set(RULES)


def test_what_runs_for_a_login_and_what_holds_no_files_is_left_out():
    found = AskRunning().parse(Result(0, ANSWER.encode(), b""))
    assert found.services == ("cron.service", "ssh.service")
    assert found.activating == ("exim4.service",)
    assert found.mounts == ("/", "/srv/nfs", "/var")
    assert (found.boot.boot_id, found.boot.uptime, found.boot.state) == (OLD, 5120, "running")


@pytest.mark.parametrize("text", ["", "boot_id=\nmachine_id=m\nkernel=k\nuptime=1\nstate=running\n", "nonsense\n"])
def test_an_answer_that_names_no_boot_is_none(text):
    with pytest.raises(FactError):
        AskBoot().parse(Result(0, text.encode(), b""))


def test_an_answer_without_any_service_is_none():
    with pytest.raises(FactError, match="no service or no mount"):
        AskRunning().parse(Result(0, ANSWER.replace("service=", "other=").encode(), b""))


def test_another_boot_of_the_same_machine_is_what_it_waits_for():
    assert asked("another-boot", boot()).found["boot_id"] == NEW
    assert asked("another-boot", boot(OLD, state="stopping")).not_yet
    assert asked("another-boot", boot(OLD, state="")).not_yet
    stays = asked("another-boot", boot(OLD, state="degraded"))
    assert not stays.holds and not stays.not_yet and "is not shutting down" in stays.sentence
    assert "another machine" in asked("another-boot", boot(machine_id="m2")).sentence


def test_no_order_is_given_to_another_boot_or_machine():
    assert asked("same-boot", boot(OLD)).holds
    assert "was rebooted since the plan was made" in asked("same-boot", boot()).sentence
    assert "another machine" in asked("same-boot", boot(OLD, machine_id="m2")).sentence
    order = planned().step("reboot").command
    assert order is not None and order.argv == (planned().target["boot_id"],) and '"$now" = "$1"' in order.script


def test_what_is_back_is_told_with_what_is_new():
    verdict = asked("as-before", running("cron.service", "ssh.service", "new.service"))
    assert (
        verdict.holds
        and "All 2 services" in verdict.sentence
        and "New since the reboot: new.service" in verdict.sentence
    )


def test_what_is_missing_is_named_one_by_one():
    verdict = asked("as-before", running("ssh.service", mounts=("/",)))
    assert not verdict.holds and not verdict.not_yet
    assert "service cron.service, mount /var" in verdict.sentence


@pytest.mark.parametrize(
    ("how", "waits"),
    [
        ({"uptime": 20}, True),
        ({"uptime": 200, "state": "starting"}, True),
        ({"uptime": 200, "activating": ("cron.service",)}, True),
        ({"uptime": 400, "state": "starting"}, False),
        ({"uptime": 200}, False),
    ],
)
def test_what_is_starting_is_given_its_time(how, waits):
    assert asked("as-before", running("ssh.service", **how)).not_yet == waits


def test_another_kernel_is_told():
    now = Running(Boot(NEW, "m", "6.9", 200, "running"), ("cron.service", "ssh.service"), (), ("/", "/var"))
    before = {"kernel": "6.1", "services": ["cron.service"], "mounts": ["/"]}
    context = Context(lambda fact: now, planned(), "/run", {"look": before})  # type: ignore[arg-type,return-value]
    assert "The kernel was 6.1, and is 6.9." in as_before({}, context).sentence
