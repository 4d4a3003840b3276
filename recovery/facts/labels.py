"""What disks say of themselves: LVM's label on each, and the metadata text behind it, read without LVM."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from recovery.lvm.label import (
    LabelError,
    MdaHeader,
    PvLabel,
    metadata_text,
    parse_label,
    parse_mda_header,
)
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well, lines, unescaped
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class Labelled:
    """A disk or partition, with its LVM label if it has one.

    parent     the disk that a partition is on, else empty
    sequence   the kernel's number for this appearance of the disk, 0 where it gives none
    holders    kernel names of devices built on it, such as dm-3
    removable  the kernel can let go of its disk by itself (SCSI)
    damage     why the label cannot be trusted, else empty
    """

    name: str
    number: str
    size: int
    parent: str
    sequence: int
    holders: tuple[str, ...]
    removable: bool
    serial: str
    label: PvLabel | None
    damage: str = ""

    @property
    def device(self) -> str:
        return f"/dev/{self.name}"

    @property
    def disk(self) -> str:
        """The whole disk's name."""
        return self.parent or self.name

    @property
    def uuid(self) -> str:
        """The physical volume's UUID, empty where there is none."""
        return self.label.uuid if self.label else ""

    @property
    def spoken(self) -> str:
        """The disk in a sentence: `sdb (512.0 MiB, serial vm42-root)`."""
        serial = f", serial {self.serial}" if self.serial else ""
        return f"{self.name} ({self.size / 2**20:.1f} MiB{serial})"

    @property
    def areas(self) -> str:
        """What LVM may write to, as `start:length,…` in bytes: up to the first extent, and later areas.

        Raises LabelError for a layout in which that cannot be told.
        """
        if self.label is None or not self.label.data_areas:
            raise LabelError(f"{self.device} has no LVM label that tells where its data begins.")
        head = self.label.data_areas[0].offset
        if head < 4096 or head % 512:
            raise LabelError(f"The data on {self.device} begin at byte {head}; there is no room for metadata before.")
        ranges = [(0, head)]
        for area in self.label.metadata_areas:
            if area.offset >= head:
                ranges.append((area.offset, (area.size or self.size - area.offset) // 512 * 512))
        return ",".join(f"{start}:{length}" for start, length in ranges)


@dataclass(frozen=True, slots=True)
class AskLabels:
    """Every disk and partition of a host with its label; mappings, loops and optical drives are left out.

    A real line (the last word, base64 of 2048 bytes, shortened):

        sdb 8:16 536870912 - 12 ,dm-3,dm-4 yes vm42-root AAAAAAAAAAAA…
    """

    name = "labels"

    def command(self) -> Command:
        return Command(("sh", "-c", script("read_labels"), "regroup"), sudo=True, timeout=60)

    def parse(self, result: Result) -> tuple[Labelled, ...]:
        what = "The labels on the disks"
        return tuple(_labelled(words) for words in lines(ended_well(result, what), what, 9))


def _labelled(words: list[str]) -> Labelled:
    name, number, size, parent, sequence, holders, removable, serial, start = words
    label, damage = None, ""
    try:
        label = None if start == "-" else parse_label(_bytes(start))
    except LabelError as error:
        damage = str(error)
    return Labelled(
        name=name,
        number=number,
        size=int(size),
        parent=_or_empty(parent),
        sequence=int(sequence),
        holders=tuple(holder for holder in holders.split(",") if holder),
        removable=removable == "yes",
        serial=unescaped(_or_empty(serial)),
        label=label,
        damage=damage,
    )


def _or_empty(word: str) -> str:
    return "" if word == "-" else word


@dataclass(frozen=True, slots=True)
class AskTexts:
    """The current metadata text in areas given as (device, first byte); a LabelError where there is none.

    A real line: `/dev/sdb 4096 <header in base64> 1536 <sectors in base64> -`.
    """

    areas: tuple[tuple[str, int], ...]
    name = "metadata texts"

    def command(self) -> Command:
        words = (word for device, start in self.areas for word in (device, str(start)))
        return Command(("sh", "-c", script("read_texts"), "regroup", *words), sudo=True, timeout=60)

    def parse(self, result: Result) -> dict[tuple[str, int], str | LabelError]:
        what = "The metadata on the disks"
        found: dict[tuple[str, int], str | LabelError] = {}
        for device, start, header, where, text, after in lines(ended_well(result, what), what, 6):
            try:
                found[device, int(start)] = _text(_bytes(header), int(where), text, after)
            except LabelError as error:
                found[device, int(start)] = error
        return found


def _text(header_bytes: bytes, where: int, text: str, after: str) -> str:
    header: MdaHeader = parse_mda_header(header_bytes)
    area = bytearray(header.size)
    for at, part in ((where, text), (512, after)):
        if part != "-":
            data = _bytes(part)
            area[at : at + len(data)] = data
    return metadata_text(bytes(area[: header.size]), header)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise FactError(f"The host's base64 is damaged: {text[:40]!r}.") from error
