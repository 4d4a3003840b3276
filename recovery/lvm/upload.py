"""From the bytes a person uploads to LVM text, or one sentence about what they uploaded instead.

People upload what they find: a gzip from the backup system, a Windows editor's copy with a byte-order
mark, half a file from a terminal's scroll-back, the disk itself.  LVM would answer "unexpected token".
Files of /etc/lvm/backup and /etc/lvm/archive are taken, and text off a disk (``pvck --dump metadata -f``),
where the volume group comes first and the header last.  CRLF is fine, as it is to LVM.
"""

from __future__ import annotations

from typing import Final

from recovery.lvm.errors import MetadataError
from recovery.lvm.reading import CONTENTS
from recovery.lvm.tree import parse_tree

LIMIT: Final = 2 * 1024 * 1024

# First bytes of what people upload by mistake, and what to do about it.
_PACKED: Final = (
    (b"\x1f\x8b", "gzip", "unpack it first (gunzip)"),
    (b"BZh", "bzip2", "unpack it first (bunzip2)"),
    (b"\xfd7zXZ\x00", "xz", "unpack it first (unxz)"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unpack it first (unzstd)"),
    (b"PK\x03\x04", "zip", "unpack it first (unzip)"),
)
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_UTF8_MARK: Final = b"\xef\xbb\xbf"


def decode_upload(data: bytes) -> str:
    """The text of an uploaded metadata file; raises MetadataError with one sentence for the person.

    Nothing is changed: ``text.encode("utf-8", "surrogateescape")`` gives ``data`` back.  LVM does not
    care about encodings, so a byte that is no UTF-8 (Latin-1 in a description) is kept as a surrogate.
    Checked here: what kind of file it is, its size, that it is whole.  The group is not read yet.
    """
    _refuse_foreign(data)
    text = data.decode("utf-8", "surrogateescape")
    if CONTENTS not in text and "physical_volumes" not in text:
        raise MetadataError(
            "This is not LVM text metadata; upload the old VM's file of /etc/lvm/backup, or one of /etc/lvm/archive."
        )
    if text.lstrip().startswith("metadata text at "):
        raise MetadataError(
            'This is what "pvck --dump metadata" prints to a terminal, with lines of its own before the '
            "metadata; run it with -f FILE and upload that file."
        )
    parse_tree(text)
    return text


def _refuse_foreign(data: bytes) -> None:
    """Raise for everything that can be told from the raw bytes."""
    if not data.strip():
        raise MetadataError("The file is empty; upload the old VM's file of /etc/lvm/backup.")
    if len(data) >= LIMIT:
        raise MetadataError(
            f"The file has {len(data)} bytes; LVM's text metadata never reaches 2 MiB (the area for it on "
            "a disk is about 1 MiB), so this is something else."
        )
    for start, kind, remedy in _PACKED:
        if data.startswith(start):
            raise MetadataError(f"The file is packed with {kind}; {remedy} and upload what comes out.")
    if data.startswith(_UTF8_MARK):
        raise MetadataError(
            "The file begins with a UTF-8 byte-order mark, which LVM cannot read; save it as UTF-8 "
            "without BOM, or copy the original again without an editor."
        )
    for start, kind in _MARKS:
        if data.startswith(start):
            raise MetadataError(
                f"The file is {kind} text, which LVM cannot read; copy the original again without an "
                "editor, or save it as UTF-8 without BOM."
            )
    if _UTF8_MARK in data:
        at = data.index(_UTF8_MARK)
        raise _at(
            data,
            at,
            "The file has an invisible byte-order mark inside, which LVM takes for part of a name; copy "
            "the original again without an editor",
        )
    if b"LABELONE" in data[:2048]:
        raise MetadataError(
            "This is the beginning of a physical volume, not a file; upload the text that "
            '"pvck --dump metadata -f FILE" writes.'
        )
    if b"\0" in data:
        raise _at(
            data,
            data.index(b"\0"),
            "The file holds a NUL byte, so it is binary or damaged; upload the text file of /etc/lvm/backup",
        )


def _at(data: bytes, index: int, message: str) -> MetadataError:
    line = data.count(b"\n", 0, index) + 1
    column = index - data.rfind(b"\n", 0, index)
    return MetadataError(f"{message} (line {line}, byte {index + 1}).", line, column, index + 1)
