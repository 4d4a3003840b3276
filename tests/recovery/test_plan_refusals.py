"""Every reason not to plan a recovery, by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recovery.facts.host import Dm
from recovery.facts.lvm_report import Pv
from tests.recovery.story import PV, ROOT, SAMPLES, VG, facts, host_at, params, refused

TEXT = params()["metadata"]
VAR = {"lv": "var", "mount_point": "/recovered/vm42/var"}


def said(asked: dict[str, Any] | None = None, known: Any = None) -> str:
    return refused(asked, known).reasons[0]


def test_the_hosts_own_file_would_rename_its_running_root() -> None:
    no = refused(params(metadata=(SAMPLES / "wrong-file.vg").read_text()))
    assert no.field == "metadata"
    assert no.reasons[0].startswith(
        "The file describes this host's own running root volume group (VG UUID sRcj…P8zs)."
        " Restoring it would rename the system you are logged in to. Choose vm42's own backup"
    )


def test_a_clone_of_the_hosts_disk_is_refused_by_a_physical_volume() -> None:
    known = facts()
    running = known.host.pvs[0]
    assert "a clone of the host's" in said(params(metadata=TEXT.replace(PV, running.uuid)))


def test_a_clone_is_refused_by_a_logical_volume_alone() -> None:
    uuid = facts().host.lvs[0].uuid
    mine = next(
        line.split('"')[1] for line in TEXT.splitlines() if 'id = "' in line and VG not in line and PV not in line
    )
    assert "names a logical volume" in said(params(metadata=TEXT.replace(mine, uuid)))


def test_a_mapping_of_the_group_is_enough_when_lvm_hides_it() -> None:
    mapping = Dm("x", "LVM-" + VG.replace("-", "") + "y" * 32, "253:9", 0, False, ())
    known = facts()
    assert "is using itself" in said(known=facts(host_mappings=(*known.host.mappings, mapping)))


def test_an_old_disk_that_is_attached_and_idle_is_to_be_detached_first() -> None:
    attached = host_at("attached")
    sentence = said(known=facts(host_groups=attached.groups, host_pvs=attached.pvs, host_lvs=attached.lvs))
    assert "is attached to app01 already, as RootVG, and idle. Detach its disk first" in sentence


def test_an_old_disk_that_is_in_use_is_the_running_system() -> None:
    active = host_at("active")
    known = facts(host_groups=active.groups, host_pvs=active.pvs, host_lvs=active.lvs, host_mappings=active.mappings)
    assert "this host's own running volume group" in said(params(new_vg="other"), known)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (TEXT.replace('"ALLOCATABLE"]\n\t\t\tflags = []', '"ALLOCATABLE"]\n\t\t\tflags = ["MISSING"]'), "as missing"),
        (TEXT.replace('"RESIZEABLE", ', '"RESIZEABLE", "EXPORTED", '), "is exported"),
        (TEXT.replace('"RESIZEABLE", ', '"RESIZEABLE", "CLUSTERED", '), "shared between hosts"),
        (TEXT.replace("seqno = ", 'system_id = "other"\n\tseqno = '), "belongs to the system ID other"),
        (TEXT.replace(PV, PV[:-1] + "!"), "characters that LVM has never made UUIDs from"),
        ("not LVM", "LVM"),
        ("", "Upload the old VM's LVM backup file"),
    ],
)
def test_a_file_that_lvm_would_not_restore_is_refused(text: str, sentence: str) -> None:
    assert text != TEXT
    no = refused(params(metadata=text))
    assert no.field == "metadata"
    assert sentence in no.reasons[0]


def test_a_volume_that_would_write_when_it_wakes_cannot_be_asked_for() -> None:
    text = (SAMPLES.parent / "lvm" / "samples" / "31-gen-2.03.16-alltypes.vg").read_text()
    thin = {"lv": "thin1", "mount_point": "/recovered/vm42/thin1"}
    reasons = " ".join(refused(params(metadata=text, volumes=[VAR, thin])).reasons)
    assert "thin1 is not activated: it is thin, and its pool can be activated for writing only" in reasons
    assert "The file has no logical volume var" in reasons


def test_a_hidden_volume_cannot_be_mounted() -> None:
    text = (SAMPLES.parent / "lvm" / "samples" / "31-gen-2.03.16-alltypes.vg").read_text()
    hidden = {"lv": "lvol0_pmspare", "mount_point": "/recovered/vm42/x"}
    assert any("internal part" in reason for reason in refused(params(metadata=text, volumes=[hidden])).reasons)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("RootVG", "RootVG is the old name"),
        ("sda", "/dev/sda exists on app01"),
        ("bad name", "may not contain a space"),
        ("-x", "hyphen"),
        ("", "empty"),
    ],
)
def test_a_name_that_is_bad_or_taken_is_refused(name: str, sentence: str) -> None:
    no = refused(params(new_vg=name))
    assert no.field == "new_vg"
    assert sentence in no.reasons[0]


def test_a_group_of_the_new_name_is_refused() -> None:
    known = facts()
    other = replace(known.host.groups[0], name="vm42_RootVG", uuid="z" * 38)
    assert "has a volume group called vm42_RootVG" in said(known=facts(host_groups=(*known.host.groups, other)))


def test_a_mapping_with_a_name_that_lvm_would_need_is_refused() -> None:
    known = facts()
    mapping = Dm("vm42_RootVG-var", "CRYPT-x", "253:9", 0, False, ())
    sentence = said(known=facts(host_mappings=(*known.host.mappings, mapping)))
    assert sentence.startswith("/dev/mapper/vm42_RootVG-var exists on app01 already")


def test_a_name_that_makes_device_names_too_long_is_refused() -> None:
    assert "too long" in said(params(new_vg="x" * 121))


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        ("/", "no absolute path"),
        ("/etc", "belongs to the host's own system"),
        ("/usr/lib/x", "belongs to the host's own system"),
        ("/home", "belongs to the host's own system"),
        ("relative", "no absolute path"),
        ("/recovered/../etc", "has . or .. in it"),
        ("/recovered//x", "no absolute path"),
        ("/recovered/{pv:x}", "no absolute path"),
        ("/recovered/a b", "no absolute path"),
        ("/var/lib/regroup/x", "Regroup's own files"),
    ],
)
def test_a_mount_point_over_the_system_is_refused(point: str, sentence: str) -> None:
    no = refused(params(volumes=[{"lv": "var", "mount_point": point}]))
    assert no.field == "volumes"
    assert sentence in no.reasons[0]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("full", "with files in it"),
        ("mounted", "mounted on it"),
        ("file", "not a directory"),
        ("link", "symbolic link"),
    ],
)
def test_a_mount_point_that_is_taken_is_refused(state: str, sentence: str) -> None:
    no = refused(params(volumes=[VAR]), facts(places={"/recovered/vm42/var": state}))
    assert (no.field, sentence in no.reasons[0]) == ("volumes", True)


def test_two_volumes_on_one_mount_point_are_refused() -> None:
    assert "cannot both be mounted" in said(params(volumes=[VAR, {**VAR, "lv": "root"}]))


def test_a_volume_listed_twice_is_refused() -> None:
    assert "listed twice" in said(params(volumes=[VAR, {**VAR, "mount_point": "/recovered/y"}]))


def test_no_volume_at_all_is_refused() -> None:
    assert "at least one logical volume" in said(params(volumes=[]))


def test_a_volume_that_the_file_lacks_is_refused() -> None:
    assert "it has root, var and swap" in said(params(volumes=[{**VAR, "lv": "home"}]))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"uses_devices_file": True}, "devices file"),
        ({"lacks": ("flock", "dd")}, "lacks flock and dd"),
        ({"free": {"/etc/lvm": 4096}}, "/etc/lvm on app01 has only 4 KiB free"),
        (
            {"host_mappings": (Dm("mpatha", "mpath-x", "253:9", 0, False, ("0 8 multipath 0 0 1 1",)),)},
            "uses multipath",
        ),
        ({"host_pvs": (Pv("/dev/sda", "p" * 38, ROOT, True, True, 1, 1, 1, "8:0"),)}, "two disks with the same"),
    ],
)
def test_a_host_that_lvm_cannot_work_on_is_refused(changes: dict[str, Any], sentence: str) -> None:
    no = refused(known=facts(**changes))
    assert no.field == "host"
    assert sentence in no.reasons[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"vm": "a b"}, "vm"), ({"host": ""}, "host"), ({"attach_deadline": 5}, "attach_deadline")],
)
def test_a_request_that_is_incomplete_names_its_field(changes: dict[str, Any], field: str) -> None:
    assert refused(params(**changes)).field == field


@pytest.mark.parametrize("broken", [{"volumes": [{"lv": 1, "mount_point": "/x"}]}, {"vm": None}, {"volumes": [{}]}])
def test_a_request_of_the_wrong_shape_is_refused_with_a_sentence(broken: dict[str, Any]) -> None:
    assert said(params(**broken)).startswith("The request lacks or misuses")
