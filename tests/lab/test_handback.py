"""A recovered disk is handed back with its bytes as they were; one that was changed since: tests/product."""

from __future__ import annotations

from changes.plan import Plan
from lab import Disk, Host
from recovery.handback.kind import KIND
from recovery.handback.wish import wish_of
from ssh.facts import SessionAsk
from tests.lab.recovery_walker import Walker, reach
from tests.lab.test_recovery_from_the_disk import from_disk
from tests.lab.test_recovery_story import planned, running


def handed_back(host: Host, recovered: Walker) -> Walker:
    """The walker of a hand back of what another one recovered, planned and not begun."""
    wish = wish_of(7, recovered.plan, recovered.found, recovered.run_dir)
    session = reach(host)
    made = KIND.plan(wish.to_json(), KIND.gather(wish.to_json(), SessionAsk(session)))
    assert isinstance(made, Plan), made
    return Walker(session, made, kind=KIND)


def test_a_disk_goes_home_as_it_came(app01: Host, vm42_disk: Disk) -> None:
    before, as_it_was = vm42_disk.sha256(), running(app01)
    app01.attach(vm42_disk)
    first = planned(app01, from_disk(volumes=[])).walk()
    back = handed_back(app01, first)
    assert back.plan.settings["way"] == "saved"
    assert [step.key for step in back.plan.steps if step.key.startswith("unmount")]
    assert back.plan.digest() == handed_back(app01, first).plan.digest()

    back.walk(upto="save")
    assert "/recovered" not in app01.run("findmnt -rn -o TARGET")
    back.undo()
    assert "ro" in app01.run("findmnt -n -o OPTIONS /recovered/vm42/var")

    back.walk()
    assert running(app01) == as_it_was
    assert app01.run("ls -A /recovered/vm42 2>/dev/null || true") == ""
    app01.detach(vm42_disk.serial)
    assert vm42_disk.sha256() == before
