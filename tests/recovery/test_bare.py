"""A disk whose LVM label is gone: the last resort, and every reason not to write a new one."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from changes.kinds import Context
from changes.plan import HIGH, Check, Plan
from recovery.bare import Bare
from recovery.facts.bare import AskBare, look_bare
from recovery.facts.host import Mount
from recovery.facts.lvm_report import Pv
from recovery.handback.wish import Wish, wish_of
from recovery.judges import RULES
from recovery.known import Facts
from recovery.lvm.label import Location
from recovery.lvm.metadata import parse_metadata
from recovery.request import Request
from ssh.facts import FactError
from ssh.session import Result
from tests.recovery import story
from tests.recovery.disks import OLD, from_disk, with_disks
from tests.recovery.story import PV, VG, params, plan, refused

TEXT = params()["metadata"]
BARE = replace(OLD, pv="", pv_size=0, text="")
SEEN = Bare("sdb", "", {"root": "ext4", "var": "xfs"}, {VG: 4})
OTHER = "Hj3kLm-Quqf-gBRX-wjNb-G1Pr-A5No-EWTmN0"


def known(*devices: Any, seen: Any = (SEEN,), **changes: Any) -> Facts:
    facts = with_disks(*(devices or (BARE,)), **changes)
    return replace(facts, contents={"root": "ext4", "var": "xfs", "swap": "swap"}, bare=tuple(seen))


def asked(**changes: Any) -> dict[str, Any]:
    return from_disk(**{"metadata": TEXT, "strategy": "relabel", **changes})


def no(*devices: Any, of: dict[str, Any] | None = None, **changes: Any) -> str:
    return refused(of or asked(), known(*devices, **changes)).reasons[0]


def test_the_label_is_written_by_the_file_after_what_stands_there_is_saved() -> None:
    made = plan(asked(), known())
    keys = " ".join(step.key for step in made.steps)
    assert keys.startswith("baseline copy edit identify quiet save relabel restore pvscan")
    step = made.step("relabel")
    assert step.command is not None
    assert step.command.argv == (VG, PV, "{run_dir}/RootVG.original.vg", f"{{pv:{PV}}}")
    assert step.danger == HIGH
    assert step.undo == made.step("restore").undo
    assert step.undo is not None
    assert "a disk has no label again" in step.undo.title
    assert made.settings["bare"] == {PV: "0:1048576"}
    assert Plan.from_json(made.to_json()) == made


def test_the_approver_reads_first_that_it_is_the_last_resort_and_what_speaks_for_it() -> None:
    said = plan(asked(), known()).warnings[0]
    assert said.startswith("LAST RESORT: sdb (serial vm42-root) has no LVM label any more")
    assert "ext4 where root begins and xfs where var begins" in said
    assert "names this group, up to sequence number 4" in said
    wiped = plan(asked(), known(seen=[replace(SEEN, remains={})])).warnings[0]
    assert "these contents are all that speaks for the file" in wiped


def test_only_a_person_who_has_the_file_and_names_the_disk_gets_it() -> None:
    assert "the last resort is the strategy relabel" in no(of=asked(strategy=""))
    assert "It has no LVM label" in no(of=asked(strategy="restore"))
    assert "needs the old VM's LVM backup file" in no(of=asked(metadata=""))
    assert "works on the attached disk" in no(of=asked(disk="", volumes=params()["volumes"]))
    assert "line 1" in no(of=asked(metadata="{")).lower()
    assert "No disk called elsewhere" in no(of=asked(disk="elsewhere"))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"signature": "dos"}, "a signature of another kind (dos)"),
        ({"signature": "?"}, "several signatures"),
        ({"remains": {"other": 9}}, "is of another group (UUID other)"),
        ({"remains": {VG: 5}}, "The file is too old: it has sequence number 4"),
        ({"seen": {"root": "", "var": "minix"}}, "Nothing known stands on sdb (serial vm42-root)"),
        ({"name": "sdz"}, "Nobody could look at sdb"),
    ],
)
def test_what_stands_on_the_disk_must_speak_for_the_file(changed: Any, reason: str) -> None:
    assert reason in no(seen=[replace(SEEN, **changed)])


def test_an_older_life_of_the_disk_beside_this_group_is_no_reason_against_it() -> None:
    assert plan(asked(), known(seen=[replace(SEEN, remains={VG: 4, "older": 70})]))


def test_a_disk_that_has_its_label_is_left_to_the_other_strategies() -> None:
    assert "has its LVM label" in no(OLD)


def test_a_disk_that_is_too_small_is_another_disk() -> None:
    assert "another disk, or cut short" in no(replace(BARE, size=OLD.size - 2**28))


def test_a_uuid_of_the_file_that_the_host_has_elsewhere_is_refused() -> None:
    twin = replace(OLD, name="sdc", number="8:32", disk="sdc", serial="copy")
    assert "Every physical volume of the file has its label" in no(BARE, twin)
    clone = Pv("/dev/sdc", PV, VG, False, True, 2**20, 1, 2**29, "8:32")
    host = story.facts().host
    assert "A UUID of the file is on the host elsewhere" in no(host_pvs=(*host.pvs, clone))
    missing = replace(clone, device="[unknown]", number="-1:-1")
    assert plan(asked(), known(host_pvs=(*host.pvs, missing)))


def test_a_host_with_a_devices_file_is_refused() -> None:
    assert "which lists disks by their labels" in no(uses_devices_file=True)


def test_of_a_disks_partitions_the_one_that_fits_is_taken_and_of_two_none() -> None:
    whole, one, two = (replace(BARE, name=f"sdb{n}", part=n, number=f"8:16{n}") for n in ("", "1", "2"))
    formatted, empty = Bare("sdb", "dos", {}, {}), Bare("sdb2", "", {}, {})
    made = plan(asked(), known(whole, one, two, seen=[formatted, replace(SEEN, name="sdb1"), empty]))
    assert made.target["disks"][0]["part"] == "1"
    both = [replace(SEEN, name="sdb1"), replace(SEEN, name="sdb2")]
    assert "nobody can tell which one lost its label" in no(whole, one, two, seen=[formatted, *both])


def two_disks() -> dict[str, Any]:
    """The story's group with a second physical volume, on which nothing lies."""
    extra = (
        f'\t\tpv1 {{\n\t\t\tid = "{OTHER}"\n\t\t\tdevice = "/dev/sdc"\n\t\t\tstatus = ["ALLOCATABLE"]\n'
        "\t\t\tflags = []\n\t\t\tdev_size = 131072\n\t\t\tpe_start = 2048\n\t\t\tpe_count = 15\n\t\t}\n"
    )
    text = TEXT.replace("physical_volumes {\n", "physical_volumes {\n" + extra, 1)
    assert len(parse_metadata(text).volume_group.physical_volumes) == 2
    return asked(metadata=text)


def test_of_several_disks_the_others_must_be_there_and_agree() -> None:
    wanted = two_disks()
    other = replace(OLD, name="sdc", number="8:32", disk="sdc", serial="vm42-more", pv=OTHER, text=wanted["metadata"])
    assert "2 physical volumes of the file are on no disk with a label" in no(of=wanted)
    made = plan(wanted, known(BARE, other))
    assert made.settings["bare"] == {PV: "0:1048576"}
    newer = replace(other, text=other.text.replace("seqno = 4", "seqno = 5"))
    assert "The file does not agree with sdc" in no(BARE, newer, of=wanted)
    torn = replace(other, text="", damage="Its checksum is wrong.")
    assert "cannot be used either: Its checksum is wrong." in no(BARE, torn, of=wanted)


def test_every_rule_has_a_judge() -> None:
    made = plan(asked(), known())
    checks = [check for step in made.steps for check in (*step.precheck, *step.verify)]
    assert {"still-bare", "relabelled"} < {check.rule for check in checks} <= set(RULES)


# ------------------------------------------------------------------------------------------ the facts


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A disk's beginning, its label gone, with the rest of two texts of a group and one of another."""
    path = tmp_path / "disk"
    texts = [f'RootVG {{\nid = "{VG}"\nseqno = {n}\nphysical_volumes {{\npv0 {{\nid = "{PV}"\n' for n in (3, 4)]
    texts.append('Old_VG {\nid = "old"\nseqno = 12\n')
    path.write_bytes(b"\0" * 5120 + b"\0".join(text.encode().ljust(1023, b"\0") for text in texts) + b"\0" * 2**20)
    return path


def said_of(disk: Path) -> tuple[str, dict[str, int]]:
    ask = AskBare(((str(disk), 2**20),))
    done = subprocess.run(ask.command().argv, capture_output=True, check=True)
    return ask.parse(Result(0, done.stdout, done.stderr))[str(disk)]


def test_what_is_left_of_old_texts_is_found_and_nothing_is_written(disk: Path) -> None:
    before = disk.read_bytes()
    assert said_of(disk) == ("", {VG: 4, "old": 12})
    assert disk.read_bytes() == before


def test_a_disk_that_was_formatted_since_is_told(disk: Path) -> None:
    subprocess.run(["mkswap", "-q", disk], check=True, capture_output=True)
    assert said_of(disk)[0] == "swap"


def test_an_odd_line_is_an_error() -> None:
    for line in (b"bare /dev/sdb\n", b"text /dev/sdb x 1\n", b"else /dev/sdb -\n"):
        with pytest.raises(FactError, match="is not as expected"):
            AskBare((("/dev/sdb", 512),)).parse(Result(0, line, b""))


def test_the_host_is_asked_where_the_file_says_that_volumes_begin() -> None:
    facts = known(seen=())

    def answer(fact: Any) -> Any:
        if isinstance(fact, AskBare):
            return {"/dev/sdb": ("", {VG: 4})}
        return {(place.device, place.start): "ext4" if place.start == 2**20 else "" for place in fact.places}

    (found,) = look_bare(answer, Request.from_json(asked()), facts)
    assert found == Bare("sdb", "", {"root": "ext4"}, {VG: 4})
    assert look_bare(answer, Request.from_json(asked()), replace(facts, attached=())) == ()


# ---------------------------------------------------------------------------------------- the judges


class Says:
    """The story's attached disk, what stands on it as given."""

    def __init__(self, moment: str, signature: str = "", bare: bool = False) -> None:
        self.signature, self.bare, self.recorded = signature, bare, story.Recorded(moment)

    def __call__(self, fact: Any) -> Any:
        if isinstance(fact, AskBare):
            return {device: (self.signature, {}) for device, _ in fact.devices}
        if fact.name == "metadata texts" and not fact.areas:
            return {}
        answer = self.recorded(fact)
        if self.bare and fact.name == "labels":
            return tuple(replace(row, label=None) if row.name == "sdb" else row for row in answer)
        return answer


def judged(rule: str, says: Says, **args: Any) -> tuple[bool, str]:
    made = plan(asked(), known())
    context = Context(says, made, story.RUN_DIR, story.found_before("baseline"))
    verdict = story.KIND.judge(Check(rule, "", {"pv": PV, **args}), context)
    return verdict.holds, verdict.sentence


def test_a_disk_is_given_a_label_only_as_long_as_it_is_bare() -> None:
    assert judged("still-bare", Says("attached", bare=True)) == (
        True,
        judged("still-bare", Says("attached", bare=True))[1],
    )
    assert "has a label by now" in judged("still-bare", Says("attached"))[1]
    assert "somebody has formatted it" in judged("still-bare", Says("attached", "ext4", bare=True))[1]


def test_the_label_itself_tells_that_it_was_written() -> None:
    holds, said = judged("relabelled", Says("attached"))
    assert (holds, said.endswith(f"is physical volume {PV} again.")) == (True, True)
    assert judged("relabelled", Says("attached", bare=True))[0] is False


def test_a_bare_disk_is_identified_and_saved_by_what_the_file_tells() -> None:
    assert judged("identified", Says("attached", bare=True))[0]
    assert judged("ready-to-restore", Says("attached", bare=True))[0]
    assert judged("areas-saved", Says("saved", bare=True))[0]


def test_such_a_disk_is_handed_back_with_its_label() -> None:
    made = plan(asked(), known())
    wish = wish_of(7, made, {"restore": {"areas": {PV: "x"}}}, "/var/lib/regroup/7")
    assert wish.bare
    older = {key: value for key, value in wish.to_json().items() if key != "bare"}
    assert not Wish.from_json(older).bare


def mounted_at(number: str) -> dict[str, Any]:
    return {"host_mounts": (Mount(number, "/srv", "ext4", "/dev/x", ()),)}


def test_no_disk_that_is_in_use_is_given_a_label_nor_one_whose_group_is_in_use() -> None:
    assert "Only an idle disk is given a label" in no(**mounted_at(BARE.number))
    wanted = two_disks()
    other = replace(OLD, name="sdc", number="8:32", disk="sdc", serial="vm42-more", pv=OTHER, text="")
    assert "It is a disk of the file's group, and in use." in no(BARE, other, of=wanted, **mounted_at("8:32"))
    twin = replace(other, name="sdd", number="8:48", disk="sdd")
    assert "is there 2 times" in no(BARE, other, twin, of=wanted)
    assert plan(wanted, known(BARE, other)).settings["bare"] == {PV: "0:1048576"}
    assert "cannot be used either" in no(BARE, replace(other, text="RootVG {"), of=wanted)


def test_a_file_whose_extents_leave_no_room_for_a_label_is_refused() -> None:
    assert "no room to write" in no(of=asked(metadata=TEXT.replace("pe_start = 2048", "pe_start = 8")))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"data_areas": (Location(2**21, 0),)}, "tells other ranges"),
        ({"data_areas": ()}, "no LVM label that tells where its data begins"),
        ({"device_size": 2**20}, "a size that does not fit"),
        ({"uuid": OTHER}, "does not carry"),
    ],
)
def test_a_label_that_is_not_the_files_is_not_taken_for_it(changed: Any, words: str) -> None:
    says = Says("attached")
    answer = says.recorded

    def other(fact: Any) -> Any:
        found = answer(fact)
        if fact.name != "labels":
            return found
        return tuple(replace(row, label=replace(row.label, **changed)) if row.name == "sdb" else row for row in found)

    says.recorded = other  # type: ignore[assignment]
    holds, said = judged("relabelled", says)
    assert not holds
    assert words in said


def test_a_disk_that_has_left_is_not_given_a_label() -> None:
    assert "is there 0 times" in judged("still-bare", Says("ready"))[1]
