"""Lab hosts rebooted by real runs: a healthy one comes back and is compared; a 32-bit init ends in an alarm."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from changes.glasses import glass_ask, glass_decide
from changes.models import Change
from changes.services import Denied, Request, change_approve, change_create, change_submit
from changes.slots import slot_pick
from changes.states import State, StepState
from changes.timing import Lift
from execution import engine, services
from lab import Host
from readiness.reboot.planner import KIND
from tests.execution.windowed import from_now, shut
from tests.lab.readiness_sabotage import ALL
from tests.lab.striking import begin, killed, known, until_over

pytestmark = pytest.mark.repeated
"""Not in each run: tests/readiness/test_reboot_rows.py walks the same; a real boot is over a minute with its lab."""

ASKED = {"host": "app01", "seconds": 600}
INIT = next(one for one in ALL if one.name == "32-bit init")
BOOT_ID = "cat /proc/sys/kernel/random/boot_id"


def boot_of(host: Host) -> str:
    return host.run(BOOT_ID).strip()


def test_a_healthy_host_comes_back_once_in_its_window_though_its_worker_dies(
    app01: Host, acts: dict, rosa, amir, olu
) -> None:
    before, host = boot_of(app01), known(app01)
    window = shut("Sunday night", host)
    asked = change_create(rosa, Request(KIND, ASKED, host.pk, None, "It is up for long."))
    with pytest.raises(Denied, match="“Sunday night” of app01 is not open now"):
        begin(rosa, amir, olu, asked)
    assert boot_of(app01) == before
    window.day, window.at, window.minutes = timezone.now().date() - timedelta(days=1), time(0), 1440
    window.save()
    change = Change.objects.get(pk=asked.pk)
    slot_pick(olu, change, from_now())
    services.run_request(olu, change)
    acts["after-start", "reboot"] = killed
    change = until_over(change)
    steps = {step.key: step for step in change.runs.get().steps.all()}
    assert change.state is State.SUCCEEDED, [(step.key, step.sentence) for step in steps.values()]
    assert not acts
    app01.door.part()
    assert steps["reboot"].found["boot_id"] == boot_of(app01) != before
    assert steps["reboot"].attempt == 1
    assert "ssh.service" in steps["look"].found["services"]
    assert {"/", "/var"} <= set(steps["look"].found["mounts"]) <= set(steps["compare"].found["mounts"])
    assert set(steps["look"].found["services"]) <= set(steps["compare"].found["services"])


def test_a_sabotaged_host_is_refused_and_under_a_broken_glass_it_ends_in_a_true_alarm(
    app01: Host, acts: dict, rosa, amir, olu
) -> None:
    app01.run(INIT.do, sudo=True)
    host = known(app01)

    def planned(**more: Any) -> Change:
        made = change_create(rosa, Request(KIND, {"host": "app01"} | more, host.pk, None, "It is up for long."))
        engine.plan(made.pk)
        return Change.objects.get(pk=made.pk)

    refused = planned()
    assert refused.state is State.REFUSED
    assert "Red: Init and libc" in str(refused.refusal) and INIT.says in str(refused.refusal)

    change = planned(seconds=120, despite=True)
    change_submit(rosa, change)
    change_approve(amir, change, change.digest, "read")
    change.refresh_from_db()
    with pytest.raises(Denied, match="Only a broken glass lets it start"):
        services.run_request(olu, change)
    glass = glass_ask(olu, change, [Lift.READINESS], "It is to be rebuilt anyway.")
    glass_decide(amir, glass, change.digest, "Its owner knows.", grant=True)
    services.run_request(olu, Change.objects.get(pk=change.pk))
    change = until_over(change)
    step = change.runs.get().steps.get(key="reboot")
    assert (change.state, step.state, step.attempt) == (State.UNKNOWN, StepState.UNKNOWN, 1)
    for told in ("app01 has not come back from its reboot within 120 seconds", INIT.says, "console", "UTC"):
        assert told in step.sentence
