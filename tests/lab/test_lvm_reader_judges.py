"""LVM's own reader on a lab host judges ours: what it loads is parsed, what it refuses is refused."""

from __future__ import annotations

import base64
import io
import re
import tarfile

import pytest

from lab import Host
from recovery.lvm import MetadataError, parse_metadata
from tests.recovery.lvm.samples import SAMPLES, names, text

pytestmark = pytest.mark.lab

# vgcfgrestore --list reads a file and touches no disk; it exits 0 either way, so its words are the verdict.
JUDGE = """
set -e
export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
base64 -d <<'SAMPLES' | tar -xz -C "$folder"
{archive}
SAMPLES
for file in "$folder"/*.vg; do
    echo "=== ${{file##*/}}"
    timeout 20 /sbin/vgcfgrestore --list -f "$file" any </dev/null 2>&1 || true
done | base64
"""


def _archive() -> str:
    """All samples as one packed tar, in base64: small enough for one command."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in names(""):
            tar.add(SAMPLES / name, arcname=name)
    return base64.encodebytes(buffer.getvalue()).decode()


def _verdicts(host: Host) -> dict[str, str]:
    """What LVM said of each sample."""
    said = host.run(JUDGE.format(archive=_archive()), sudo=True, timeout=300)
    words = base64.b64decode(said).decode("utf-8", "surrogateescape")
    parts = re.split(r"^=== (.*)\n", words, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _refusal(name: str) -> MetadataError | None:
    try:
        parse_metadata(text(name))
    except MetadataError as error:
        return error
    return None


def test_lvm_and_we_agree_on_every_sample(module_app01: Host) -> None:
    said = _verdicts(module_app01)
    assert sorted(said) == names("")

    for name, words in said.items():
        loaded = re.search(r"^\s*VG name:\s+(.*)$", words, flags=re.MULTILINE)
        refusal = _refusal(name)
        if name.startswith("61-"):
            assert loaded and refusal, f"{name}: readable, and refused only when it comes to writing"
        else:
            assert bool(loaded) is (refusal is None), f"{name}: LVM said {words!r}, we said {refusal}"
        if loaded and not refusal:
            assert parse_metadata(text(name)).volume_group.name == loaded.group(1)
        place = re.search(r"Parse error at byte (\d+) \(line (\d+)\): (?!empty)", words)
        if place and refusal:
            assert (refusal.byte, refusal.line) == (int(place[1]), int(place[2])), name


def test_a_renamed_file_is_read_by_lvm_under_its_new_name(module_app01: Host) -> None:
    from recovery.lvm import rename_volume_group

    packed = base64.b64encode(rename_volume_group(text("70-two-pvs.vg"), "vm42_RootVG").encode()).decode()
    command = f"f=$(mktemp); echo {packed} | base64 -d >$f; /sbin/vgcfgrestore --list -f $f any </dev/null; rm $f"

    assert re.search(r"VG name:\s+vm42_RootVG$", module_app01.run(command, sudo=True), flags=re.MULTILINE)
