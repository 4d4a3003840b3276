"""Lines in the host's /etc/fstab: put there, found, taken out, and never anybody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changes.kinds import Context
from changes.plan import Check, Plan, Refusal
from recovery.facts.files import AskFile
from recovery.facts.host_fstab import AskHostFstab
from recovery.fstab_block import block_of, mentions, with_lines, without_lines
from recovery.kind import KIND
from recovery.request import Request
from ssh.facts import FactError
from ssh.session import Result
from tests.recovery import story
from tests.recovery.disks import from_disk, with_disks

HOST = "/dev/mapper/RootVG-root / ext4 errors=remount-ro 0 1\n/dev/mapper/RootVG-swap none swap sw 0 0\n"
BLOCK = (
    "# begin Regroup vm42_RootVG\n/dev/mapper/vm42_RootVG-root /recovered/vm42/root ext4 ro,noload,nofail 0 0\n"
    "# end Regroup vm42_RootVG\n"
)


@given(st.text(max_size=200), st.text(max_size=200))
def test_what_was_put_there_can_be_taken_out_wherever_it_stands_by_then(before: str, after: str):
    before = with_lines(before, "") if before.endswith("\n") or not before else before + "\n"
    text = with_lines(before, BLOCK) + after
    if "Regroup vm42_RootVG" not in before + after:
        assert block_of(text, "vm42_RootVG") == BLOCK
        assert without_lines(text, "vm42_RootVG") == before + after


@pytest.mark.parametrize(
    "text",
    [
        HOST,
        HOST + "# begin Regroup vm42_RootVG\n",
        HOST + "# end Regroup vm42_RootVG\n",
        HOST + BLOCK.replace("vm42_RootVG", "vm42_RootVG2"),
        HOST + "# begin Regroup vm42_RootVG\n# begin Regroup other\n# end Regroup vm42_RootVG\n",
    ],
)
def test_what_is_no_whole_block_of_the_group_is_left_alone(text):
    assert without_lines(text, "vm42_RootVG") == text
    assert block_of(text, "vm42_RootVG") == ""


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("/dev/mapper/vm42_RootVG-var /v xfs ro 0 0", True),
        ("  /dev/vm42_RootVG/var /v xfs ro 0 0", True),
        ("#/dev/mapper/vm42_RootVG-var /v xfs ro 0 0", False),
        ("/dev/mapper/vm42_RootVG--2-var /v xfs ro 0 0", False),
        ("/dev/mapper/vm42_RootVG2-var /v xfs ro 0 0", False),
    ],
)
def test_a_line_of_somebody_elses_is_found_by_the_groups_name(line, named):
    assert mentions(HOST + BLOCK + line + "\n", "vm42_RootVG") == (6 if named else 0)


def test_a_group_with_hyphens_is_known_in_both_its_names():
    assert mentions("/dev/mapper/vm--7-x /x ext4 ro 0 0\n", "vm-7") == 1
    assert mentions("/dev/vm-7/x /x ext4 ro 0 0\n", "vm-7") == 1


# ------------------------------------------------------------------------------------------ the plan


def lasting(fstab: str = HOST, contents: dict[str, str] | None = None, **asked: Any) -> Plan | Refusal:
    kinds = {"root": "ext4", "var": "xfs", "swap": "swap"} if contents is None else contents
    known = replace(with_disks(), contents=kinds, fstab=fstab)
    return KIND.plan({**from_disk(**asked), "lasting": True}, known.to_json())


def test_the_approver_sees_the_very_lines_and_the_volumes_are_never_replayed():
    made = lasting()
    assert isinstance(made, Plan), made
    keys = [step.key for step in made.steps]
    assert keys.index("mount-var") < keys.index("lasting") < keys.index("report")
    change = made.step("lasting").files[0]
    assert change.before == HOST
    added = str(change.after).removeprefix(HOST).splitlines()
    assert added[0] == "# begin Regroup vm42_RootVG"
    assert added[1:-1] == [
        "/dev/mapper/vm42_RootVG-root /recovered/vm42/root ext4 ro,noload,nofail 0 0",
        "/dev/mapper/vm42_RootVG-var /recovered/vm42/var xfs ro,nouuid,norecovery,nofail 0 0",
    ]
    assert any("only the mounts are read-only then" in warning for warning in made.warnings)
    assert not any("Do not restart" in warning for warning in made.warnings)


def test_a_volume_for_writing_is_mounted_for_writing_again():
    volumes = [{"lv": "var", "mount_point": "/v", "read_write": True}]
    made = lasting(volumes=volumes)
    assert isinstance(made, Plan), made
    assert "/dev/mapper/vm42_RootVG-var /v xfs rw,nouuid,nofail 0 0\n" in str(made.step("lasting").files[0].after)


@pytest.mark.parametrize(
    ("fstab", "contents", "said"),
    [
        (HOST, {"root": "ext4", "var": "reiserfs"}, "var holds reiserfs"),
        (HOST, {"root": "ext4"}, "var holds what could not be told"),
        (HOST + BLOCK, None, "names vm42_RootVG already"),
        (HOST + "/dev/vm42_RootVG/x /x xfs ro 0 0\n", None, "names vm42_RootVG already"),
    ],
)
def test_what_cannot_be_mounted_at_each_start_is_refused(fstab, contents, said):
    made = lasting(fstab, contents, volumes=[{"lv": lv, "mount_point": f"/x/{lv}"} for lv in ("root", "var")])
    assert isinstance(made, Refusal)
    assert made.field == "lasting"
    assert said in made.reasons[0]


def test_the_request_keeps_the_wish_and_only_then():
    asked = Request.from_json({**story.params(), "lasting": True})
    assert Request.from_json(asked.to_json()) == asked
    assert "lasting" not in Request.from_json(story.params()).to_json()


def test_from_a_file_alone_nothing_is_known_of_the_volumes():
    made = KIND.plan(story.params(lasting=True), story.facts().to_json())
    assert isinstance(made, Refusal)
    assert "Attach the disk first" in made.reasons[0]


# ---------------------------------------------------------------------------------------- the judges


def judged(rule: str, text: str = "", digest: str | None = None, **args: Any) -> str:
    def ask(fact: Any) -> Any:
        return {AskHostFstab: text, AskFile: digest}[type(fact)]

    verdict = KIND.judge(Check(rule, "", args), Context(ask, story.plan(), story.RUN_DIR, {}))
    return ("yes: " if verdict.holds else "no: ") + verdict.sentence


def test_the_lines_are_judged_by_what_stands_there():
    there = {"group": "vm42_RootVG", "block": BLOCK}
    assert judged("fstab-has", HOST + BLOCK, **there).startswith("yes")
    assert "changed them" in judged("fstab-has", HOST + BLOCK.replace("nofail", "fail"), **there)
    assert "not there" in judged("fstab-has", HOST, **there)
    assert judged("fstab-lacks", HOST, group="vm42_RootVG").startswith("yes")
    assert "still stand" in judged("fstab-lacks", HOST + BLOCK, group="vm42_RootVG")
    assert "Line 3" in judged("fstab-lacks", HOST + "/dev/vm42_RootVG/x /x xfs ro 0 0\n", group="vm42_RootVG")
    assert judged("fstab-is", digest="a", sha256="a").startswith("yes")
    assert "somebody has changed it" in judged("fstab-is", digest="b", sha256="a")
    assert "it is gone" in judged("fstab-is", sha256="a")


def test_the_hosts_answer_is_read_strictly():
    def read(answer: bytes) -> str:
        return AskHostFstab().parse(Result(0, answer, b""))

    assert read(b"file\n" + HOST.encode()) == HOST
    with pytest.raises(FactError, match="no regular file"):
        read(b"other\n")
    with pytest.raises(FactError, match="larger than 64 KiB"):
        read(b"large\n")
    with pytest.raises(FactError, match="no UTF-8"):
        read(b"file\n\xff\n")
    assert AskHostFstab().command().sudo
