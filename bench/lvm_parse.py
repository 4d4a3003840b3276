"""How long a megabyte of LVM metadata takes to read (S9).

A group of that size has some 2,600 logical volumes; real files have 2 to 100 KiB.  The target is held against the
whole reading, from the text to typed values with every check that LVM makes (`metadata_ms`); `tree_ms` is the part of
it that knows only sections and values.  ``python -m bench.lvm_parse``
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.report import report, spread
from recovery.lvm import parse_metadata, rename_volume_group
from recovery.lvm.tree import parse_tree

REPEATS = 15
LIMIT = 50.0
TARGET = "at most 50 ms for 1 MiB, in the median (S9)"
HEAD = """contents = "Text Format Volume Group"
version = 1

description = "bench"

creation_host = "bench"\t# Linux bench
creation_time = 1795360438\t# Sun Nov 22 15:13:58 2026

BigVG {
\tid = "UQVp1W-xfOH-H2gs-Tdid-04vx-ROdu-6txR4n"
\tseqno = 33
\tformat = "lvm2"\t\t\t# informational
\tstatus = ["RESIZEABLE", "READ", "WRITE"]
\tflags = []
\textent_size = 8192\t\t# 4 Megabytes
\tmax_lv = 0
\tmax_pv = 0
\tmetadata_copies = 0

\tphysical_volumes {

\t\tpv0 {
\t\t\tid = "3fqWhL-K7Ts-vHS0-hSLY-XCRZ-OY2T-p9bARG"
\t\t\tdevice = "/dev/sda"\t# Hint only

\t\t\tstatus = ["ALLOCATABLE"]
\t\t\tflags = []
\t\t\tdev_size = 8192000000\t# 3.81 Terabytes
\t\t\tpe_start = 2048
\t\t\tpe_count = 999999\t# 3.81 Terabytes
\t\t}
\t}

\tlogical_volumes {
"""
VOLUME = """
\t\tlv%05d {
\t\t\tid = "%06d-PV89-r0rZ-kAc9-AtOT-dbbe-j9Jse0"
\t\t\tstatus = ["READ", "WRITE", "VISIBLE"]
\t\t\tflags = []
\t\t\tcreation_time = 1795360427\t# 2026-11-22 15:13:47 +0000
\t\t\tcreation_host = "bench"
\t\t\tsegment_count = 1

\t\t\tsegment1 {
\t\t\t\tstart_extent = 0
\t\t\t\textent_count = 10\t# 40 Megabytes

\t\t\t\ttype = "striped"
\t\t\t\tstripe_count = 1\t# linear

\t\t\t\tstripes = [
\t\t\t\t\t"pv0", %d
\t\t\t\t]
\t\t\t}
\t\t}
"""


def megabyte() -> str:
    """At least 1 MiB of metadata, as ``vgcfgbackup`` writes it."""
    parts, size = [HEAD], len(HEAD)
    while size < 1 << 20:
        number = len(parts) - 1
        parts.append(VOLUME % (number, number, number * 10))
        size += len(parts[-1])
    return "".join([*parts, "\t}\n}\n"])


def timed(action: Callable[[], object]) -> dict[str, float | list[float]]:
    """Milliseconds of some repeats until the result is there; to throw it away again is not counted."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        result = action()
        times.append((time.perf_counter() - start) * 1000)
        del result
    return spread(times)


def main() -> None:
    """Measure and report."""
    text = megabyte()
    assert rename_volume_group(text, "Renamed") == text.replace("BigVG", "Renamed", 1)
    metadata = timed(lambda: parse_metadata(text))
    found = {
        "bytes": len(text),
        "metadata_ms": metadata,
        "tree_ms": timed(lambda: parse_tree(text)),
        "rename_ms": timed(lambda: rename_volume_group(text, "Renamed")),
    }
    report("lvm_parse", found, TARGET, metadata["median"] <= LIMIT)


if __name__ == "__main__":
    main()
