"""Facts that a plan relies on: a real answer is read, anything else raises and names what was odd."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.facts.areas import AskAreas
from recovery.facts.files import AskFile, AskGroupInFile, AskRoom
from recovery.facts.host import AskBaseline, AskHost, HostState, Mount, names, parse_mount
from recovery.facts.labels import AskLabels, AskTexts
from recovery.facts.mounts import AskContents, AskHolders, AskVolume
from recovery.facts.planning import AskPlanning, version
from recovery.lvm.label import LabelError
from ssh.facts import FactError
from ssh.session import Result
from tests.recovery.story import PV, ROOT, Recorded, host_at, load


def parse(fact: Any, text: str, status: int = 0, said: str = "") -> Any:
    return fact.parse(Result(status, text.encode("utf-8", "surrogateescape"), said.encode()))


def state_text() -> str:
    return str(load("mounted")["AskHost()"][1])


def test_a_host_is_read_whole() -> None:
    state = host_at("mounted")
    assert [group.name for group in state.groups] == ["vm42_RootVG", "RootVG"]
    assert next(pv for pv in state.pvs if pv.uuid == PV).number == "8:16"
    assert {lv.name for lv in state.lvs} == {"root", "var", "swap"}
    assert next(disk for disk in state.disks if disk.name == "sdb").serial == "vm42-root"
    assert next(mount for mount in state.mounts if mount.mount_point == "/recovered/vm42/var").read_only
    assert state.backups["RootVG"] == ROOT


def test_a_mapping_tells_its_devices_and_whether_it_can_be_written_to() -> None:
    dm = next(dm for dm in host_at("mounted").mappings if dm.name == "vm42_RootVG-var")
    assert (dm.devices(), dm.read_only, dm.opened) == (frozenset({"8:16"}), True, 1)


def test_the_state_survives_its_json() -> None:
    assert HostState.from_json(host_at("mounted").to_json()) == host_at("mounted")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("@@end lvm 0", "@@end lvm 5", "part lvm of the host's answer ended with exit code 5"),
        ("@@begin swaps", "@@begin other", "part swaps of the host's answer is missing|ends in the middle"),
        ("@@end dev 0", "", "ends in the middle of part dev"),
        ("@@begin host", "noise\n@@begin host", "line 1 of the host's answer stands outside"),
        ('"vg_seqno"', '"vg_other"', "LVM's report is not as expected"),
        ("machine_id=", "machine=", "does not say its 'machine_id'"),
        ('SIZE="', 'SIZE="x', "lsblk's line"),
    ],
)
def test_an_unknown_shape_of_the_state_raises(old: str, new: str, words: str) -> None:
    text = state_text()
    changed = text.replace(old, new)
    if "swaps" in old:
        changed = changed.replace("@@end swaps", "@@end other")
    with pytest.raises(FactError, match=words):
        parse(AskHost(), changed)


@pytest.mark.parametrize("line", ["RootVG-root|x|1", "odd"])
def test_a_mapping_of_an_unknown_shape_raises(line: str) -> None:
    text = state_text()
    start = text.index("@@begin mapping\n") + len("@@begin mapping\n")
    with pytest.raises(FactError, match="expected 6 fields"):
        parse(AskHost(), text[:start] + line + "\n" + text[start:])


def test_a_host_without_any_mapping_is_fine() -> None:
    text = state_text()
    for name in ("mapping", "tables"):
        start, end = text.index(f"@@begin {name}\n"), text.index(f"@@end {name} ")
        text = f"{text[:start]}@@begin {name}\nNo devices found\n{text[end:]}"
    assert parse(AskHost(), text).mappings == ()


def test_a_failed_command_speaks_with_the_hosts_words() -> None:
    with pytest.raises(FactError, match="exit code 127 and said: sh: lvm: not found"):
        parse(AskHost(), "", 127, "first\nsh: lvm: not found")


def test_lsblk_of_util_linux_2_37_and_its_escapes_are_read() -> None:
    text = state_text().replace("MAJ:MIN=", "MAJ_MIN=").replace('SERIAL="vm42-root"', 'SERIAL="vm42\\x20root"')
    assert next(disk for disk in parse(AskHost(), text).disks if disk.name == "sdb").serial == "vm42 root"


def test_a_mount_with_odd_characters_is_read() -> None:
    line = r"36 25 0:32 / /mnt/with\040blank rw,noatime shared:1 - ext4 /dev/a\040b ro,errors=continue"
    assert parse_mount(line) == Mount(
        "0:32", "/mnt/with blank", "ext4", "/dev/a b", ("noatime", "ro", "errors=continue")
    )


def test_a_mount_of_an_unknown_shape_raises() -> None:
    with pytest.raises(FactError, match="the mount line"):
        parse_mount("36 25 0:32")


def test_no_baseline_is_none() -> None:
    assert parse(AskBaseline("/x"), "absent\n") is None


def test_a_host_without_lvm_is_told_in_a_sentence() -> None:
    with pytest.raises(FactError, match="There is no LVM on this host"):
        parse(AskPlanning(()), "machine_id=x\n")


def test_a_host_without_machine_id_cannot_be_recognised() -> None:
    with pytest.raises(FactError, match="machine-id"):
        parse(AskPlanning(()), "lvm_version=2.03.16\n")


def test_a_version_that_is_no_version_raises() -> None:
    with pytest.raises(FactError, match="LVM's version 'x'"):
        version("x")


def test_planning_facts_are_read() -> None:
    text = (
        "machine_id=x\nlvm_version=2.03.16(2) (2022-05-18)\nuse_devicesfile=1\ndevices_file=yes\nevent_activation=1\n"
        "system_id=app01\nlacks=flock\nfree=8 /etc/lvm\nplace=full /recovered/vm42/var\n"
    )
    known = parse(AskPlanning(("/recovered/vm42/var",)), text)
    assert (known.uses_devices_file, known.event_activation, known.system_id) == (True, True, "app01")
    assert (known.lacks, known.free, known.places) == (("flock",), {"/etc/lvm": 8192}, {"/recovered/vm42/var": "full"})


def test_labels_are_read() -> None:
    known = {device.name: device for device in Recorded("attached")(AskLabels())}
    assert (known["sdb"].uuid, known["sdb"].areas) == (PV, "0:1048576")


def test_a_label_that_was_changed_is_damage() -> None:
    import base64

    line = next(line for line in load("attached")["AskLabels()"][1].splitlines() if line.startswith("sdb "))
    *words, start = line.split()
    data = bytearray(base64.b64decode(start))
    data[600] ^= 1
    (device,) = parse(AskLabels(), " ".join([*words, base64.b64encode(data).decode()]))
    assert (device.label, "checksum" in device.damage) == (None, True)
    with pytest.raises(LabelError, match="no LVM label"):
        device.areas  # noqa: B018  # raises


def test_a_device_that_could_not_be_read_has_no_label() -> None:
    (device,) = parse(AskLabels(), "sdb 8:16 1024 - 0 , no - -")
    assert (device.label, device.holders, device.removable, device.serial) == (None, (), False, "")
    assert device.spoken == "sdb (0.0 MiB)"


def test_a_partition_tells_its_disk() -> None:
    (device,) = parse(AskLabels(), "sdb1 8:17 1024 sdb 3 ,dm-1,md0 yes a\\x20b -")
    assert (device.disk, device.device, device.holders, device.serial) == ("sdb", "/dev/sdb1", ("dm-1", "md0"), "a b")


def test_base64_that_is_damaged_raises() -> None:
    with pytest.raises(FactError, match="base64 is damaged"):
        parse(AskLabels(), "sdb 8:16 1024 - 0 , no - !!!!")


def test_a_place_without_a_metadata_area_is_an_answer_too() -> None:
    empty = "A" * 684
    (answer,) = parse(AskTexts((("/dev/sdb", 4096),)), f"/dev/sdb 4096 {empty} 0 - -").values()
    assert isinstance(answer, LabelError)


def test_a_text_that_goes_on_after_the_wrap_is_joined() -> None:
    """The ring's end is simulated by moving the real text's tail behind the header."""
    import base64
    import struct

    from recovery.lvm.label import crc

    answer = load("attached")["AskTexts(areas=(('/dev/sdb', 4096),))"][1].split()
    device, start, header, where, text, _ = answer
    head, body = bytearray(base64.b64decode(header)), base64.b64decode(text)
    offset, size = struct.unpack_from("<QQ", head, 40)
    body = body[offset - int(where) :][:size]
    struct.pack_into("<QQ", head, 32, 4096, 4096 - 512)  # a small area whose last sector begins the text
    struct.pack_into("<Q", head, 48, size)
    struct.pack_into("<I", head, 0, crc(bytes(head[4:512])))
    first, after = body[:512], body[512:] + b"\0" * 400
    words = [device, start, base64.b64encode(head), str(4096 - 512), base64.b64encode(first), base64.b64encode(after)]
    line = " ".join(word.decode() if isinstance(word, bytes) else word for word in words)
    (joined,) = parse(AskTexts((("/dev/sdb", 4096),)), line).values()
    assert joined == body.rstrip(b"\0").decode()


def test_the_group_in_a_file_is_what_lvm_says() -> None:
    assert parse(AskGroupInFile("/x"), "  VG name:    \tvm42_RootVG\n") == ("vm42_RootVG", "")
    assert parse(AskGroupInFile("/x"), "", 5, "Parse error") == (None, "Parse error")


def test_a_file_is_its_hash_or_none() -> None:
    assert parse(AskFile("/x"), "ab  -\n") == "ab"
    assert parse(AskFile("/x"), "absent -\n") is None


def test_room_is_in_bytes_and_strict() -> None:
    assert parse(AskRoom(), "8 /etc/lvm\n") == {"/etc/lvm": 8192}
    with pytest.raises(FactError, match="something else than numbers"):
        parse(AskRoom(), "- /etc/lvm\n")


def test_area_hashes_are_by_device() -> None:
    assert parse(AskAreas(()), "/dev/sdb ab\n") == {"/dev/sdb": "ab"}


def test_a_volume_of_an_unknown_shape_raises() -> None:
    with pytest.raises(FactError, match="not as expected"):
        parse(AskVolume("/dev/x", "/y"), "noise\n")


def test_holders_are_pid_and_program() -> None:
    assert parse(AskHolders("/x"), "12 a b\n") == ((12, "a b"),)


def test_names_of_any_bytes_are_listed() -> None:
    text = (
        "mount /x\0info 1 2 3:4 / /x ro - ext4 /dev/y ro\0df 10 4 6\0"
        "entry f 3 1335312000.5 Rechnung März\n2012\0entry l 1 0.0 \udcff\0mount /y\0df 1 1 1\0"
    )
    (contents,) = parse(AskContents(()), text).values()
    assert (contents.size, contents.used, contents.available) == (10240, 4096, 6144)
    assert [(entry["name"], entry["type"]) for entry in contents.entries] == [
        ("Rechnung März\n2012", "file"),
        ("\\xff", "link"),
    ]


@pytest.mark.parametrize(("items", "spoken"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_names_are_joined_as_in_speech(items: list[str], spoken: str) -> None:
    assert names(items) == spoken
