"""A large group as text: 300 volumes in pieces over 12 physical volumes, 1.9 MiB, as vgcfgbackup writes it."""

from __future__ import annotations

from tests.recovery.story import load

PVS, LVS, PIECES = 12, 300, 38
PE = 10
VG_UUID = "LargeG-0000-0000-0000-0000-0000-000000"


def pv_uuid(number: int) -> str:
    return f"LargeP-{number:04}-0000-0000-0000-0000-000000"


def large_group() -> str:
    """The group `BigVG`: volumes lv000 to lv299, each of 38 pieces of ten extents, spread over all disks in turn."""
    lines = [
        'contents = "Text Format Volume Group"\nversion = 1\n\ndescription = "vgcfgbackup"\n',
        'creation_host = "big01"\t# Linux big01 6.1.0\ncreation_time = 1795360438\t# Sun Nov 22 15:13:58 2026\n',
        f'BigVG {{\n\tid = "{VG_UUID}"\n\tseqno = 902\n\tformat = "lvm2"\t\t\t# informational',
        '\tstatus = ["RESIZEABLE", "READ", "WRITE"]\n\tflags = []\n\textent_size = 8192\t\t# 4 Megabytes',
        "\tmax_lv = 0\n\tmax_pv = 0\n\tmetadata_copies = 0\n\n\tphysical_volumes {\n",
    ]
    extents = LVS * PIECES * PE // PVS
    for number in range(PVS):
        lines.append(
            f'\t\tpv{number} {{\n\t\t\tid = "{pv_uuid(number)}"\n'
            f'\t\t\tdevice = "/dev/sd{chr(98 + number)}"\t# Hint only\n\n'
            f'\t\t\tstatus = ["ALLOCATABLE"]\n\t\t\tflags = []\n\t\t\tdev_size = {extents * 8192 + 4096}\n'
            f"\t\t\tpe_start = 2048\n\t\t\tpe_count = {extents}\n\t\t}}\n"
        )
    lines.append("\t}\n\n\tlogical_volumes {\n")
    lines += [_volume(number) for number in range(LVS)]
    return "\n".join([*lines, "\t}\n\n}\n"])


def _volume(number: int) -> str:
    pieces = []
    for piece in range(PIECES):
        run = number * PIECES + piece
        pieces.append(
            f"\t\t\tsegment{piece + 1} {{\n\t\t\t\tstart_extent = {piece * PE}\n"
            f"\t\t\t\textent_count = {PE}\t# 40 Megabytes\n\n"
            '\t\t\t\ttype = "striped"\n\t\t\t\tstripe_count = 1\t# linear\n\n'
            f'\t\t\t\tstripes = [\n\t\t\t\t\t"pv{run % PVS}", {run // PVS * PE}\n\t\t\t\t]\n\t\t\t}}\n'
        )
    return (
        f'\t\tlv{number:03} {{\n\t\t\tid = "LargeL-{number:04}-0000-0000-0000-0000-000000"\n'
        '\t\t\tstatus = ["READ", "WRITE", "VISIBLE"]\n\t\t\tflags = []\n\t\t\tcreation_time = 1795360427\n'
        f'\t\t\tcreation_host = "big01"\n\t\t\tsegment_count = {PIECES}\n\n' + "\n".join(pieces) + "\t\t}\n"
    )


def asked(**changes: object) -> dict[str, object]:
    """The request for all of it."""
    volumes = [{"lv": f"lv{number:03}", "mount_point": f"/recovered/big01/lv{number:03}"} for number in range(LVS)]
    wanted = {"vm": "big01", "host": "app01", "metadata": large_group(), "new_vg": "big01_BigVG", "volumes": volumes}
    return {**load("params"), **wanted, **changes}
