"""A real host that is sabotaged by files is red for the right reasons, and green again once they are taken back.

One look costs the guest ten seconds and more under emulation, so all that can be broken at once is.
"""

from __future__ import annotations

from lab import Host
from readiness.asking import known_of
from readiness.facts.look import AskReadiness
from readiness.judges.checks import findings, unknowns, verdict
from readiness.judges.finding import Finding
from readiness.judges.known import Known, boot_of
from readiness.lights import Light
from ssh.facts import SessionAsk
from tests.lab.readiness_sabotage import ALL, GOOD_GRUB, NO_IMAGE
from tests.lab.recovery_walker import reach

WELL = {Light.GREEN, Light.UNKNOWN}


def by_check(known: Known) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings(known)}


def test_each_sabotage_is_red_for_its_reason_and_green_once_it_is_taken_back(module_app01: Host) -> None:
    ask = SessionAsk(reach(module_app01))

    for sabotage in ALL:
        module_app01.run(sabotage.do, sudo=True)
    broken = by_check(known_of(ask))
    for sabotage in reversed(ALL):
        module_app01.run(sabotage.undo, sudo=True)
    for sabotage in ALL:
        said = [point.sentence for point in broken[sabotage.check].points if point.light is Light.RED]
        assert [one for one in said if sabotage.says in one], (sabotage.name, said)
    assert {key for key, finding in broken.items() if finding.light is Light.RED} == {one.check for one in ALL}

    found = by_check(known_of(ask))
    assert {finding.light for finding in found.values()} <= WELL, found
    assert verdict(found.values()) is Light.GREEN and unknowns(found.values()) == 2
    assert "no boot loader of its own" in found["loader"].sentence and "Nobody" in found["people"].sentence


def test_a_removed_initramfs_is_red_and_what_took_too_long_is_unknown(module_app01: Host) -> None:
    for sabotage in (NO_IMAGE, GOOD_GRUB):
        module_app01.run(sabotage.do, sudo=True)
    facts = SessionAsk(reach(module_app01))(AskReadiness(verify_seconds=1))
    for sabotage in (GOOD_GRUB, NO_IMAGE):
        module_app01.run(sabotage.undo, sudo=True)
    found = by_check(Known(facts, boot_of(facts)))
    assert {key for key, finding in found.items() if finding.light is Light.RED} == {"initramfs"}
    assert NO_IMAGE.says in found["initramfs"].sentence
    assert found["loader"].light is Light.GREEN and found["cmdline"].light is Light.GREEN
    assert "not asked in time" in found["packages"].sentence
