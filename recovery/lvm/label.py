"""What stands on the disk itself: LVM's label, its metadata areas, and the text in them.

A physical volume begins with a **label**, in one of its first four sectors (usually the second): the
word ``LABELONE``, a checksum, and behind it the volume's UUID, its size, where its data begins and where
its **metadata areas** lie (one after the label as a rule, sometimes a second at the end).  A metadata
area is a header sector and then a ring of text: each change of the group is written behind the last one,
and the header says where the current text is.  A text that reaches the end goes on after the header.

Everything is little-endian; offsets and sizes are in bytes.  Layout: LVM2 "LVM2 001", unchanged since
2002; the extension with the bootloader area came with 2.02.99.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from recovery.lvm.model import SECTOR
from recovery.lvm.reading import format_uuid

LABEL_SECTORS: Final = 4
MDA_HEADER_SIZE: Final = 512
MDA_MAGIC: Final = b" LVM2 x[5A%r0N*>"

_INITIAL_CRC: Final = 0xF597A6CF
_LABEL: Final = struct.Struct("<8sQII8s")
_PV: Final = struct.Struct("<32sQ")
_LOCATION: Final = struct.Struct("<QQ")
_EXTENSION: Final = struct.Struct("<II")
_MDA: Final = struct.Struct("<I16sIQQ")
_RAW: Final = struct.Struct("<QQII")


class LabelError(ValueError):
    """A label, header or text on the disk that is damaged; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Location:
    """A stretch of the device, in bytes; size 0 means "to the end" (or to the next area)."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class PvLabel:
    """A physical volume's label.  ``is_used`` is None when the label is too old to say.

    ``uuid`` is the physical volume's UUID, 6-4-4-4-4-4-6; ``device_size`` in bytes as at ``pvcreate``.
    """

    sector: int
    uuid: str
    device_size: int
    data_areas: tuple[Location, ...]
    metadata_areas: tuple[Location, ...]
    bootloader_areas: tuple[Location, ...]
    is_used: bool | None


@dataclass(frozen=True, slots=True)
class RawLocation:
    """Where a text lies within its metadata area: offset from the area's start, size with the closing NUL."""

    offset: int
    size: int
    checksum: int
    flags: int

    @property
    def is_ignored(self) -> bool:
        """LVM was told to keep no metadata here (``pvchange --metadataignore y``)."""
        return bool(self.flags & 1)


@dataclass(frozen=True, slots=True)
class MdaHeader:
    """The header of a metadata area: ``start`` on the device, ``size`` with the header, the locations.

    The first location is the current text, the second (if any) one that was about to be committed.
    """

    start: int
    size: int
    locations: tuple[RawLocation, ...]


def parse_label(data: bytes) -> PvLabel | None:
    """The label in the first four sectors (2048 bytes suffice), or None where there is none.

    Raises LabelError for a label that is there but damaged (checksum, place or contents), which LVM
    does not take for a physical volume either.
    """
    damaged: LabelError | None = None
    for number in range(min(LABEL_SECTORS, len(data) // SECTOR)):
        sector = data[number * SECTOR : (number + 1) * SECTOR]
        if not sector.startswith(b"LABELONE"):
            continue
        try:
            return _label(sector, number)
        except LabelError as error:
            damaged = damaged or error
    if damaged:
        raise damaged
    return None


def parse_mda_header(data: bytes) -> MdaHeader:
    """The header at the start of a metadata area (its first 512 bytes suffice); LabelError if damaged."""
    if len(data) < MDA_HEADER_SIZE:
        raise LabelError(f"A metadata area's header has {MDA_HEADER_SIZE} bytes; only {len(data)} were read.")
    checksum, magic, version, start, size = _MDA.unpack_from(data)
    if magic != MDA_MAGIC:
        raise LabelError("There is no LVM metadata area here: its signature is missing.")
    if crc(data[4:MDA_HEADER_SIZE]) != checksum:
        raise LabelError("The metadata area's header is damaged: its checksum is wrong.")
    if version != 1:
        raise LabelError(f"The metadata area is of version {version}; only version 1 is known.")
    locations = []
    for at in range(_MDA.size, MDA_HEADER_SIZE - _RAW.size + 1, _RAW.size):
        location = RawLocation(*_RAW.unpack_from(data, at))
        if not location.offset:
            break
        locations.append(location)
    return MdaHeader(start, size, tuple(locations))


def metadata_text(mda: bytes, header: MdaHeader) -> str:
    """The current text in a metadata area, given all its bytes from its start; "" when it holds none.

    Checked against the checksum in the header; LabelError if it differs.  Bytes that are no UTF-8 come
    back as lone surrogates, as in ``decode_upload``.
    """
    if not header.locations or not header.locations[0].size:
        return ""
    place = header.locations[0]
    if not MDA_HEADER_SIZE <= place.offset < header.size or place.size > header.size - MDA_HEADER_SIZE:
        raise LabelError("The metadata area's header points outside the area.")
    head = mda[place.offset : min(place.offset + place.size, header.size)]
    rest = place.size - min(place.size, header.size - place.offset)
    text = head + mda[MDA_HEADER_SIZE : MDA_HEADER_SIZE + rest]
    if len(text) != place.size:
        raise LabelError(f"The metadata text has {place.size} bytes; only {len(text)} of them were read.")
    if crc(text) != place.checksum:
        raise LabelError("The metadata text on the disk is damaged: its checksum is wrong.")
    return text.rstrip(b"\0").decode("utf-8", "surrogateescape")


def crc(data: bytes) -> int:
    """LVM's checksum: CRC-32 from a start value of its own, and without the usual inversions."""
    return zlib.crc32(data, _INITIAL_CRC ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def _label(sector: bytes, number: int) -> PvLabel:
    _, written_for, checksum, offset, kind = _LABEL.unpack_from(sector)
    if crc(sector[20:]) != checksum:
        raise LabelError(f"The LVM label in sector {number} is damaged: its checksum is wrong.")
    if written_for != number:
        raise LabelError(f"The LVM label in sector {number} was written for sector {written_for}; the disk is shifted.")
    if kind != b"LVM2 001":
        raise LabelError(f"The LVM label in sector {number} is of the unknown type {kind!r}.")
    try:
        uuid, device_size = _PV.unpack_from(sector, offset)
        data_areas, at = _locations(sector, offset + _PV.size)
        metadata_areas, at = _locations(sector, at)
        bootloader_areas, is_used = _extension(sector, at)
        name = format_uuid(uuid.decode("ascii"))
    except (struct.error, UnicodeDecodeError):
        raise LabelError(f"The LVM label in sector {number} is damaged: its lists do not end.") from None
    return PvLabel(number, name, device_size, data_areas, metadata_areas, bootloader_areas, is_used)


def _locations(sector: bytes, at: int) -> tuple[tuple[Location, ...], int]:
    """A list of locations, closed by one whose offset is 0, and where it ended."""
    found: list[Location] = []
    while True:
        location = Location(*_LOCATION.unpack_from(sector, at))
        at += _LOCATION.size
        if not location.offset:
            return tuple(found), at
        found.append(location)


def _extension(sector: bytes, at: int) -> tuple[tuple[Location, ...], bool | None]:
    """Bootloader areas and the "used" flag, which labels older than LVM 2.02.99 lack (version 0)."""
    if at + _EXTENSION.size > SECTOR:
        return (), None
    version, flags = _EXTENSION.unpack_from(sector, at)
    if not version:
        return (), None
    areas, _ = _locations(sector, at + _EXTENSION.size)
    return areas, bool(flags & 1) if version > 1 else None
