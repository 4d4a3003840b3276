"""LVM2 text metadata: the public door.

    >>> metadata = parse_metadata(text)
    >>> metadata.volume_group.name, metadata.volume_group.seqno
    ('RootVG', 7)
    >>> render(metadata) == text
    True
    >>> rename_volume_group(text, "vm42_RootVG")   # one token differs

LVM keeps a volume group's description as text: on each disk, in /etc/lvm/backup/<group> and, older
states, in /etc/lvm/archive.  All three are read here.  The rooms behind: ``tokens`` (words), ``tree``
(sections and values, lossless), ``reading`` and ``segments`` (typed values and LVM's checks), ``model``
(the types), ``rename``, ``names``, ``compare``, ``upload`` (bytes from a browser), ``label`` (disks).
"""

from __future__ import annotations

from recovery.lvm.errors import MetadataError
from recovery.lvm.model import Area, LogicalVolume, Metadata, PhysicalVolume, Segment, VolumeGroup
from recovery.lvm.names import (
    InvalidName,
    dm_name,
    suggest_vg_name,
    validate_dm_names,
    validate_lv_name,
    validate_vg_name,
)
from recovery.lvm.reading import parse_metadata
from recovery.lvm.rename import rename_volume_group, renamed

__all__ = [
    "Area",
    "InvalidName",
    "LogicalVolume",
    "Metadata",
    "MetadataError",
    "PhysicalVolume",
    "Segment",
    "VolumeGroup",
    "dm_name",
    "parse_metadata",
    "rename_volume_group",
    "renamed",
    "render",
    "suggest_vg_name",
    "validate_dm_names",
    "validate_lv_name",
    "validate_vg_name",
]


def render(metadata: Metadata) -> str:
    """The text of a metadata file: byte for byte what was read, comments and white space included."""
    return metadata.text
