"""Whether any bytes make the readers of LVM's text and labels fail or hang (S9): coverage-guided, by atheris.

``python -m bench.fuzz [SECONDS]``, 60 unless told; beginning with the captured samples. atheris is not among the
project's own packages: ``pip install atheris`` first, into any environment, for the readers need nothing else.
What is held against them: another error than their own, an answer after 10 s of their own time, a rename that changes
more than one word or cannot be taken back, a text that does not agree with itself. The input that showed it is kept
beside the result.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import RESULTS, report
from recovery.lvm.compare import compare
from recovery.lvm.label import LabelError, crc, metadata_text, parse_label, parse_mda_header
from recovery.lvm.metadata import InvalidName, MetadataError, parse_metadata, renamed
from recovery.lvm.upload import decode_upload
from tests.recovery.lvm.samples import SAMPLES, disk

TARGET = "no crash and no hang (S9)"
SECONDS_ALLOWED = 10.0
NEVER = 900
"""Seconds on the clock after which libFuzzer gives up; on a busy machine a nice process may wait for minutes."""


def read(data: bytes) -> None:
    """One input: as an upload, as a label and as a metadata area. Raises where a reader does what it must not."""
    start = time.process_time()
    as_text(data)
    as_label(data)
    as_area(data)
    assert time.process_time() - start < SECONDS_ALLOWED, "too slow"


def as_text(data: bytes) -> None:
    try:
        text = decode_upload(data)
        metadata = parse_metadata(text)
        assert compare(metadata, metadata).is_none
        after = renamed(metadata, "vm42_RootVG")
    except MetadataError:
        return
    again = parse_metadata(after)
    # LVM reads names that it would not let anybody give; back to such a one there is no way.
    with contextlib.suppress(InvalidName):
        assert parse_metadata(renamed(again, metadata.volume_group.name)) == metadata


def as_label(data: bytes) -> None:
    """With its checksum made right, or nothing behind it would ever be read."""
    sectors = bytearray(data[:2048].ljust(2048, b"\0"))
    sectors[512:520] = b"LABELONE"
    sectors[528:532] = crc(bytes(sectors[532:1024])).to_bytes(4, "little")
    with contextlib.suppress(LabelError):
        parse_label(bytes(sectors))


def as_area(data: bytes) -> None:
    area = bytearray(data[: 1 << 16].ljust(1024, b"\0"))
    area[0:4] = crc(bytes(area[4:512])).to_bytes(4, "little")
    with contextlib.suppress(LabelError):
        metadata_text(bytes(area), parse_mda_header(bytes(area)))


def seeds(folder: Path) -> None:
    for path in SAMPLES.glob("*.vg"):
        (folder / path.name).write_bytes(path.read_bytes())
    for path in (SAMPLES / "disk").glob("*.gz"):
        (folder / path.stem).write_bytes(disk(path.stem)[: 1 << 16])


def child(arguments: list[str]) -> None:
    """The process that fuzzes; libFuzzer ends it."""
    import atheris  # type: ignore[import-not-found]  # noqa: PLC0415 - no dependency: wanted for fuzzing alone

    atheris.instrument_all()
    atheris.Setup(arguments, read)
    atheris.Fuzz()


def main(seconds: int) -> None:
    if importlib.util.find_spec("atheris") is None:
        raise SystemExit("fuzz: atheris is not installed; pip install atheris, then once more.")
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / "corpus"
        corpus.mkdir()
        seeds(corpus)
        limits = [f"-max_total_time={seconds}", f"-timeout={NEVER}", "-max_len=65536", "-print_final_stats=1"]
        words = [sys.executable, "-m", "bench.fuzz", "child", *limits, f"-artifact_prefix={name}/", str(corpus)]
        done = subprocess.run(words, capture_output=True, text=True)
        RESULTS.mkdir(exist_ok=True)
        found = [shutil.copy(path, RESULTS / f"fuzz-{path.name}") for path in Path(name).glob("*-*") if path.is_file()]
    tried = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    if done.returncode:
        print(done.stderr[-3000:], *found, sep="\n")
    report("fuzz", {"seconds": seconds, "inputs": int(tried[1]) if tried else 0}, TARGET, done.returncode == 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child([sys.argv[0], *sys.argv[2:]])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
