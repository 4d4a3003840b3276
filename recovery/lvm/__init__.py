"""LVM without LVM: its text metadata, its names and its labels on disk, read in pure Python.

Standard library only.  Nothing here runs a command or opens a device; bytes and text go in, values come
out.  Start with ``recovery.lvm.metadata``.
"""

from __future__ import annotations

from recovery.lvm.compare import Difference, Item, Kind, compare
from recovery.lvm.label import (
    LabelError,
    Location,
    MdaHeader,
    PvLabel,
    RawLocation,
    metadata_text,
    parse_label,
    parse_mda_header,
)
from recovery.lvm.metadata import (
    Area,
    InvalidName,
    LogicalVolume,
    Metadata,
    MetadataError,
    PhysicalVolume,
    Segment,
    VolumeGroup,
    dm_name,
    parse_metadata,
    rename_volume_group,
    render,
    suggest_vg_name,
    validate_dm_names,
    validate_lv_name,
    validate_vg_name,
)
from recovery.lvm.upload import decode_upload

__all__ = [
    "Area",
    "Difference",
    "InvalidName",
    "Item",
    "Kind",
    "LabelError",
    "Location",
    "LogicalVolume",
    "MdaHeader",
    "Metadata",
    "MetadataError",
    "PhysicalVolume",
    "PvLabel",
    "RawLocation",
    "Segment",
    "VolumeGroup",
    "compare",
    "decode_upload",
    "dm_name",
    "metadata_text",
    "parse_label",
    "parse_mda_header",
    "parse_metadata",
    "rename_volume_group",
    "render",
    "suggest_vg_name",
    "validate_dm_names",
    "validate_lv_name",
    "validate_vg_name",
]
