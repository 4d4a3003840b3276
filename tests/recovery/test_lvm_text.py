"""LVM that knows no JSON is read by its text reports; from transcripts, since no such host was at hand."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.facts.host import HostState, parse_host_state
from recovery.facts.lvm_report import parse_text
from recovery.facts.planning import AskPlanning
from ssh.facts import FactError
from tests.recovery.disks import from_disk, with_disks
from tests.recovery.story import facts, load, plan, refused
from tests.recovery.test_facts_strict import parse

GROUP, PV, LV = (f"{c}YqGx1-aaaa-bbbb-cccc-dddd-eeee-fffff{c}" for c in "VPL")
NUMBERS = {"/dev/sda2": "8:2", "/dev/sdb": "8:16", "/dev/sdc": "8:32"}

VGS = (
    f"  LVM2_VG_NAME=RootVG|LVM2_VG_UUID={GROUP}|LVM2_VG_SEQNO=4|LVM2_VG_ATTR=wz--n-|LVM2_VG_SIZE=62914560"
    "|LVM2_VG_FREE=0\n"
)
PVS = (
    f"  LVM2_PV_NAME=/dev/sda2|LVM2_PV_UUID={PV}|LVM2_VG_UUID={GROUP}|LVM2_PE_START=196608|LVM2_PV_MDA_COUNT=1"
    "|LVM2_PV_SIZE=62914560\n"
)
LVS = (
    f"  LVM2_VG_UUID={GROUP}|LVM2_LV_NAME=root|LVM2_LV_UUID={LV}|LVM2_LV_ATTR=-wi-ao|LVM2_LV_SIZE=41943040"
    "|LVM2_SEGTYPE=linear|LVM2_DEVICES=/dev/sda2(0)\n"
    f"  LVM2_VG_UUID={GROUP}|LVM2_LV_NAME=root|LVM2_LV_UUID={LV}|LVM2_LV_ATTR=-wi-ao|LVM2_LV_SIZE=41943040"
    "|LVM2_SEGTYPE=striped|LVM2_DEVICES=/dev/sda2(9),/dev/sdb(0)\n"
    f"  LVM2_VG_UUID={GROUP}|LVM2_LV_NAME=[kept]|LVM2_LV_UUID=other|LVM2_LV_ATTR=iwi---|LVM2_LV_SIZE=4194304"
    "|LVM2_SEGTYPE=linear|LVM2_DEVICES=/dev/sda2(13)\n"
)


def read(vgs: str = VGS, pvs: str = PVS, lvs: str = LVS) -> Any:
    return parse_text(vgs, pvs, lvs, NUMBERS)


def test_groups_volumes_and_disks_are_read() -> None:
    (group,), (pv,), (root, kept) = read()
    assert (group.name, group.uuid, group.seqno, group.size) == ("RootVG", GROUP, 4, 62914560)
    assert (pv.uuid, pv.group, pv.number, pv.pe_start, pv.duplicate) == (PV, GROUP, "8:2", 196608, False)
    assert (root.name, root.active, root.types) == ("root", True, ("linear", "striped"))
    assert root.devices == ("/dev/sda2(0)", "/dev/sda2(9)", "/dev/sdb(0)")
    assert (kept.name, kept.active) == ("kept", False)


@pytest.mark.parametrize(
    ("attr", "name"), [("wzx-n-", "exported"), ("wz--nc", "clustered"), ("wz--ns", "shared"), ("wz-pn-", "missing")]
)
def test_the_letters_of_a_group_are_read(attr: str, name: str) -> None:
    ((group,), _, _) = read(VGS.replace("wz--n-", attr))
    assert getattr(group, name) == 1


def test_a_disk_that_is_missing_has_no_number_and_is_counted() -> None:
    lost = PVS.replace("/dev/sda2", "unknown device").replace(PV, "gone")
    (group,), (_, missing), _ = read(pvs=PVS + lost)
    assert (group.missing, missing.device, missing.number) == (1, "unknown device", "")


@pytest.mark.parametrize(
    "said",
    [
        f"  Found duplicate PV {PV.replace('-', '')}: using /dev/sda2 not /dev/sdc",
        f"  WARNING: Not using device /dev/sdc for PV {PV}.",
    ],
)
def test_the_double_that_old_lvm_passes_over_is_known_by_its_words_alone(said: str) -> None:
    _, pvs, _ = read(pvs=f"{said}\n{said}\n{PVS}")
    assert [(pv.device, pv.number, pv.duplicate, pv.uuid) for pv in pvs] == [
        ("/dev/sda2", "8:2", False, PV),
        ("/dev/sdc", "8:32", True, PV),
    ]


def test_other_words_of_lvm_are_for_people() -> None:
    said = f"  WARNING: Duplicate VG name RootVG: Existing {GROUP} (created here) takes precedence over {LV}\n"
    assert read(said + VGS, said + PVS, said + LVS) == read()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"vgs": VGS.replace("LVM2_VG_SEQNO", "LVM2_VG_OTHER")}, "has other fields than were asked for"),
        ({"vgs": VGS.replace("wz--n-", "wz")}, "six letters on a group"),
        ({"vgs": VGS.replace("=4|", "=four|")}, "says 'four' where a number belongs"),
        ({"lvs": LVS.replace("-wi-ao", "-w")}, "letters on a volume"),
        ({"pvs": PVS.replace("/dev/sda2", "/dev/sdz9")}, "the kernel lists no such device"),
        ({"pvs": f"Found duplicate PV {'x' * 32}: using /dev/sda not /dev/sdb\n{PVS}"}, "no such physical volume"),
    ],
)
def test_an_unknown_shape_raises(changed: dict[str, str], words: str) -> None:
    with pytest.raises(FactError, match=words):
        read(**changed)


def as_text(state: HostState) -> str:
    """The story's host as an LVM of 2.02.143 would have told it: the same state in the other words."""
    names = {group.uuid: group.name for group in state.groups}
    vgs = "".join(
        f"LVM2_VG_NAME={names[g.uuid]}|LVM2_VG_UUID={g.uuid}|LVM2_VG_SEQNO={g.seqno}|LVM2_VG_ATTR=wz--n-"
        f"|LVM2_VG_SIZE={g.size}|LVM2_VG_FREE={g.free}\n"
        for g in state.groups
    )
    pvs = "".join(
        f"LVM2_PV_NAME={p.device}|LVM2_PV_UUID={p.uuid}|LVM2_VG_UUID={p.group}|LVM2_PE_START={p.pe_start}"
        f"|LVM2_PV_MDA_COUNT={p.mda_count}|LVM2_PV_SIZE={p.size}\n"
        for p in state.pvs
    )
    lvs = "".join(
        f"LVM2_VG_UUID={v.group}|LVM2_LV_NAME={v.name}|LVM2_LV_UUID={v.uuid}|LVM2_LV_ATTR={v.attr}"
        f"|LVM2_LV_SIZE={v.size}|LVM2_SEGTYPE={v.types[0]}|LVM2_DEVICES={','.join(v.devices)}\n"
        for v in state.lvs
    )
    return "".join(f"@@begin {n}\n{t}\n@@end {n} 0\n" for n, t in (("vgs", vgs), ("pvs", pvs), ("lvs", lvs)))


def without_json(text: str, more: str) -> str:
    start, end = text.index("@@begin lvm\n"), text.index("@@end lvm 0\n") + len("@@end lvm 0\n")
    return f"{text[:start]}@@begin lvm\n  No such command.\n@@end lvm 2\n{more}{text[end:]}"


def test_a_host_without_json_is_the_same_host() -> None:
    text = str(load("mounted")["AskHost()"][1])
    state = parse_host_state(text)
    assert parse_host_state(without_json(text, as_text(state))) == state


def test_a_host_whose_report_failed_otherwise_is_not_read_by_its_text() -> None:
    text = str(load("mounted")["AskHost()"][1])
    with pytest.raises(FactError, match="part lvm of the host's answer ended with exit code 2"):
        parse_host_state(without_json(text, ""))
    with pytest.raises(FactError, match="exit code 5"):
        parse_host_state(without_json(text, as_text(parse_host_state(text))).replace("@@end lvm 2", "@@end lvm 5"))


def test_the_plan_says_that_nobody_of_us_has_run_such_lvm() -> None:
    warnings = plan(known=facts(lvm_version="2.02.143(2)-RHEL6 (2016-12-13)")).warnings
    assert any("app01 has LVM 2.02.143" in line and "was not run by us" in line for line in warnings)
    assert not any("not run by us" in line for line in plan().warnings)


def test_what_needs_newer_lvm_is_refused() -> None:
    twin = with_disks(lvm_version="2.02.143(2)")
    assert "drives vgimportclone from 2.02.158 on" in refused(from_disk(strategy="import"), twin).reasons[0]


def test_an_lvm_that_cannot_keep_volumes_read_only_is_refused_before_anything_else() -> None:
    with pytest.raises(FactError, match="LVM 2.02.88, which cannot keep the old volumes read-only"):
        parse(AskPlanning(()), "machine_id=x\nlvm_version=2.02.88(2) (2011-08-19)\n")


def test_a_host_with_lvmetad_is_planned_and_labelled() -> None:
    known = parse(AskPlanning(()), "machine_id=x\nlvm_version=2.02.187(2)-RHEL7\nlvmetad=yes\n")
    assert known.lvmetad
    assert any("runs lvmetad" in line and "not run by us" in line for line in plan(known=facts(lvmetad=True)).warnings)
