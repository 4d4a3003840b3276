"""A healthy host is green but for what nobody can tell; each sabotage is red for its own reason."""

from __future__ import annotations

import pytest

from readiness.judges.checks import CHECKS, reasons, unknowns, verdict
from readiness.judges.finding import Finding
from readiness.lights import Light
from tests.lab.readiness_sabotage import ALL, NO_IMAGE
from tests.readiness.answers import app01, contents_of, facts_of, judged, text_of

SABOTAGED = judged(facts_of(text_of("app01-sabotaged-look")), contents_of(text_of("app01-sabotaged-image")))


def test_a_healthy_host_is_green_and_says_what_nobody_can_tell():
    found = judged(app01())
    assert verdict(found.values()) is Light.GREEN
    assert unknowns(found.values()) == 2
    assert "no boot loader of its own" in found["loader"].sentence
    assert "Nobody has signed in" in found["people"].sentence


def test_every_finding_names_what_was_seen():
    for finding in judged(app01()).values():
        assert finding.why and all(point.evidence for point in finding.points if finding.check != "selinux")


def test_there_is_a_finding_of_each_check_but_of_a_backup_that_nobody_knows_of():
    assert list(judged(app01())) == [check.key for check in CHECKS if check.key != "backup"]


@pytest.mark.parametrize("sabotage", ALL, ids=lambda one: one.name)
def test_each_sabotage_is_red_for_its_reason(sabotage):
    finding = SABOTAGED[sabotage.check]
    assert finding.light is Light.RED
    said = [point for point in finding.points if sabotage.says in point.sentence]
    assert said and said[0].light is Light.RED and said[0].evidence and said[0].todo


def test_nothing_else_is_red():
    assert {key for key, finding in SABOTAGED.items() if finding.light is Light.RED} == {one.check for one in ALL}
    assert verdict(SABOTAGED.values()) is Light.RED
    assert len(reasons(SABOTAGED.values())) >= len(ALL)


def test_a_removed_initramfs_is_red_and_a_true_grub_cfg_is_read():
    found = judged(facts_of(text_of("app01-no-initramfs-look")))
    assert found["initramfs"].light is Light.RED and NO_IMAGE.says in found["initramfs"].sentence
    assert found["loader"].light is Light.GREEN and "Debian GNU/Linux" in found["loader"].sentence
    assert found["cmdline"].light is Light.GREEN


def test_a_finding_survives_its_json():
    for finding in SABOTAGED.values():
        assert Finding.from_json(finding.to_json()) == finding
