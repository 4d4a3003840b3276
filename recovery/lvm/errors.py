"""What is said when a piece of LVM text metadata is refused, and where it stands in the file."""

from __future__ import annotations


class MetadataError(ValueError):
    """A file or text that LVM's own reader would refuse, told in one sentence.

    ``message`` says what is wrong, why, and what to do.  ``line`` and ``column`` (characters) count
    from 1; so does ``byte``, as in LVM's own "Parse error at byte N".  What concerns the whole file
    stands at 1, 1, 1.
    """

    def __init__(self, message: str, line: int = 1, column: int = 1, byte: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.byte = byte


def error_at(text: str, offset: int, message: str) -> MetadataError:
    """A MetadataError for the character at ``offset``; the place is appended to the sentence."""
    line = line_at(text, offset)
    column = offset - text.rfind("\n", 0, offset)
    return MetadataError(f"{message} (line {line}, column {column}).", line, column, byte_at(text, offset))


def line_at(text: str, offset: int) -> int:
    """The line number, from 1, of the character at ``offset``."""
    return text.count("\n", 0, offset) + 1


def byte_at(text: str, offset: int) -> int:
    """The byte number, from 1, of the character at ``offset`` in the UTF-8 file.

    Bytes that were no UTF-8 are lone surrogates here (see ``upload.decode_upload``) and count one each.
    """
    return len(text[:offset].encode("utf-8", "surrogateescape" if _escaped(text) else "replace")) + 1


def _escaped(text: str) -> bool:
    """True when every lone surrogate stands for one undecodable byte, so that encoding cannot fail."""
    return not any("\ud800" <= char <= "\udc7f" or "\udd00" <= char <= "\udfff" for char in text)
