"""What every reader gives: rows of text by column, each with its place in the source. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

MACHINE = ("owner", "owner_email", "criticality", "service", "tags", "site")
COLUMNS = (
    *("name", "kind", "address", "port", "user", "sudo", "jump", "vm"),
    *MACHINE,
    *("rack", "pair", "note", "fingerprint", "host_key"),
)
"""The columns of a CSV file; every other reader gives some of them."""

MOST_ROWS = 20_000


class ReadRefused(Exception):
    """The source as a whole cannot be read; the text is the sentence for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Row:
    """Values by column, empty ones left out; `fault` is why the row itself could not be read."""

    where: str
    values: dict[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows in order, and sentences about the whole."""

    rows: list[Row]
    remarks: list[str] = field(default_factory=list)


def limited(source: Source) -> Source:
    """Raises ReadRefused: no row at all, or more than one import takes."""
    if not source.rows:
        raise ReadRefused("There is no machine in it. Nothing was read.")
    if len(source.rows) > MOST_ROWS:
        raise ReadRefused(f"It has {len(source.rows):,} machines; one import takes {MOST_ROWS:,}. Split it.")
    return source


def text_of(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with its mark. Raises ReadRefused."""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadRefused(f"Line {line} is not UTF-8 text. Save the file as UTF-8 and send it again.") from None
    return checked(text)


def checked(text: str) -> str:
    """Text without byte-order mark, its lines ended as no form changes them. Raises ReadRefused where it is no text."""
    if "\0" in text:
        raise ReadRefused("It has NUL characters, so it is not text. Save it as UTF-8 and send it again.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ReadRefused("It has halves of characters, so it is not text. Save it as UTF-8 and send it again.")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
