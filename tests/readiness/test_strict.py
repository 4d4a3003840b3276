"""What a verdict relies on is read strictly; what only a tool could tell is unknown without it."""

from __future__ import annotations

import pytest

from readiness.facts.look import AskReadiness
from readiness.lights import Light
from ssh.facts import FactError
from ssh.session import Result
from tests.readiness.answers import app01, facts_of, judged, text_of, with_part


@pytest.mark.parametrize(
    ("name", "inside", "says"),
    [
        ("host", "machine_id=x", "does not say what it is"),
        ("elf", "file /sbin/init /sbin/init\n zz", "no hexadecimal"),
        ("elf", "what", "none of a file's head"),
        ("mounts", "nonsense", "names no mount"),
        ("kernels", "kernel big /boot/x", "names no kernel"),
        ("packages", "family=deb\nlibc6", "names no package"),
        ("root", "what=is this", "tells nothing of the root"),
    ],
)
def test_an_odd_line_is_named_and_nothing_is_judged(name, inside, says):
    with pytest.raises(FactError, match=says):
        app01(**{name: inside})


def test_a_part_that_is_missing_or_an_answer_that_is_cut_off_is_refused():
    text = text_of("app01-healthy-look")
    with pytest.raises(FactError, match="ends in the middle"):
        facts_of(text[: text.index("@@end elf")])
    with pytest.raises(FactError, match="ended with exit code"):
        AskReadiness().parse(Result(1, b"", b"sudo: a password is required"))


OPTIONAL = (
    "grub_check",
    "grubby",
    "verify_fstab",
    "vgs",
    "pvs",
    "lvs",
    "kernel_log",
    "failed",
    "target",
    "logins",
    "verify",
)


def test_a_host_without_any_optional_tool_is_judged_by_the_rest():
    text = text_of("app01-healthy-look")
    for name in OPTIONAL:
        text = with_part(text, name, "", 127)
    found = judged(facts_of(text))
    assert not [finding for finding in found.values() if finding.light is Light.RED]
    for key in ("lvm", "packages", "storage", "services", "people"):
        assert any(point.light is Light.UNKNOWN for point in found[key].points), key


def test_a_program_that_fails_without_a_word_is_no_good_news():
    text = text_of("app01-healthy-look")
    for name in ("kernel_log", "failed", "vgs"):
        text = with_part(text, name, "", 1)
    found = judged(facts_of(text))
    for key in ("lvm", "storage", "services"):
        points = found[key].points
        assert [point.light for point in points] == [Light.UNKNOWN] and "ended with exit code 1" in points[
            0
        ].sentence, key


def test_the_scripts_are_sent_as_constant_text_and_the_limit_as_a_word():
    words = AskReadiness(7).command().argv
    assert words[:5] == ("nice", "-n", "19", "sh", "-c") and words[-1] == "7"
