"""The captured files these tests judge by; see samples/README.md."""

from __future__ import annotations

import gzip
from pathlib import Path

from recovery.lvm import Metadata, parse_metadata

SAMPLES = Path(__file__).parent / "samples"
REFUSED_PROBES = {"50-probe-extra.vg", "50-probe-hex.vg", "50-probe-nocomma.vg", "50-probe-slash.vg"}


def names(prefix: str) -> list[str]:
    return sorted(path.name for path in SAMPLES.glob(f"{prefix}*.vg"))


def good() -> list[str]:
    """Every sample LVM loads and restores."""
    return [name for name in names("") if not name.startswith(("60-refused", "61-")) and name not in REFUSED_PROBES]


def bad() -> list[str]:
    """Every sample LVM does not load, or loads and will not restore."""
    return [*sorted(REFUSED_PROBES), *names("60-refused"), *names("61-")]


def raw(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def text(name: str) -> str:
    return raw(name).decode("utf-8", "surrogateescape")


def metadata(name: str) -> Metadata:
    return parse_metadata(text(name))


def disk(name: str) -> bytes:
    return gzip.decompress((SAMPLES / "disk" / f"{name}.gz").read_bytes())
