"""A disk with a good label and a damaged text: recovered by a file that a person chooses, or refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from changes.kinds import Context
from changes.plan import Check, Plan
from recovery.damaged import locate
from recovery.known import Facts
from recovery.lvm.label import LabelError
from tests.recovery import story
from tests.recovery.disks import OLD, from_disk, with_disks
from tests.recovery.story import PV, VG, params, plan, refused

TEXT = params()["metadata"]
TORN = replace(OLD, text="", damage="The metadata text on the disk is damaged: its checksum is wrong.")


def known(*devices: Any, contents: dict[str, str] | None = None, **changes: Any) -> Facts:
    facts = with_disks(*(devices or (TORN,)), **changes)
    return replace(facts, contents={"root": "ext4", "var": "xfs"} if contents is None else contents)


def asked(**changes: Any) -> dict[str, Any]:
    return from_disk(**{"metadata": TEXT, "strategy": "restore", **changes})


def test_the_text_is_written_anew_from_the_file_and_then_all_goes_its_way():
    made = plan(asked(), known())
    keys = " ".join(step.key for step in made.steps)
    assert keys.startswith("baseline copy edit identify quiet save mend restore pvscan")
    step = made.step("mend")
    assert step.command is not None
    assert step.command.argv == (VG, "{run_dir}/RootVG.original.vg", f"{{pv:{PV}}}")
    assert step.undo == made.step("restore").undo
    assert made.settings["damaged"] == [PV]
    assert "the group is described by the file alone" in made.warnings[0]
    assert "ext4 where root begins and xfs where var begins" in made.warnings[0]
    assert Plan.from_json(made.to_json()) == made


def test_a_text_that_cannot_be_parsed_counts_as_damaged():
    assert "mend" in [step.key for step in plan(asked(), known(replace(OLD, text="RootVG {"))).steps]


def test_a_person_must_choose_it_and_have_a_file():
    assert "Regroup does not write where it cannot read" in refused(asked(strategy=""), known()).reasons[0]
    assert "Regroup does not write where it cannot read" in refused(asked(metadata=""), known()).reasons[0]
    assert "line 1" in refused(asked(metadata="{"), known()).reasons[0].lower()


def test_a_disk_on_which_nothing_speaks_for_the_file_is_refused():
    said = refused(asked(), known(contents={"root": ""}))
    assert said.field == "metadata"
    assert "nothing known stands where the file says that volumes begin" in said.reasons[0]


def test_an_lvm_that_cannot_mend_is_refused():
    assert "2.03.08 and newer can" in refused(asked(), known(lvm_version="2.02.187(2)")).reasons[0]


@pytest.mark.parametrize(
    "device",
    [
        replace(TORN, pv="other-pv"),
        replace(TORN, pv_size=TORN.size + 1),
    ],
)
def test_another_trouble_keeps_its_own_sentence(device):
    facts = known(device)
    found = locate("vm42-root", TEXT, "restore", facts.attached, facts.host)
    assert found == locate("vm42-root", "", "", facts.attached, facts.host)


def test_a_damaged_copy_of_a_disk_that_is_there_is_refused():
    twin = replace(OLD, name="sda", number="8:0", disk="sda", serial="app01-root", text="")
    busy = [dm for dm in known().host.mappings if "8:0" in dm.devices()]
    said = refused(asked(), known(TORN, twin)).reasons[0]
    assert "is a copy" in said or "there 2 times" in said or busy == []


# ---------------------------------------------------------------------------------------- the judges


class Says:
    """The story's attached disk, its text as given."""

    def __init__(self, text: Any) -> None:
        self.text, self.recorded = text, story.Recorded("attached")

    def __call__(self, fact: Any) -> Any:
        return dict.fromkeys(fact.areas, self.text) if fact.name == "metadata texts" else self.recorded(fact)


def mended(text: Any) -> str:
    made = replace(story.plan(), settings={**story.plan().settings, "damaged": [PV]})
    context = Context(Says(text), made, story.RUN_DIR, story.found_before("baseline"))
    return story.KIND.judge(Check("mended", "", {"pv": PV}), context).sentence


def test_a_mended_disk_says_what_the_file_says():
    assert "says what the file says" in mended(TEXT)
    assert "checksum is wrong" in mended(LabelError("its checksum is wrong."))
    assert "something else than the file" in mended(TEXT.replace("seqno = 4", "seqno = 9"))


def test_until_it_is_mended_its_text_is_passed_over_and_nothing_else_is():
    made = replace(story.plan(), settings={**story.plan().settings, "damaged": [PV]})
    check = story.check("identify", "identified")

    def identified(text: Any, of: Plan) -> str:
        context = Context(Says(text), of, story.RUN_DIR, story.found_before("baseline"))
        return story.KIND.judge(check, context).sentence

    assert "as in the file" in identified(LabelError("x"), made)
    assert "x" in identified(LabelError("x"), story.plan())
    assert "does not agree" in identified(TEXT.replace("seqno = 4", "seqno = 9"), made)
