"""CSV: a line of column names, then a machine a line. Parted by comma, semicolon or tab. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from inventory.importing.rows import COLUMNS, ReadRefused, Row, Source

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet."""


def read(text: str) -> Source:
    """Raises ReadRefused: no column `name`, a column twice, or no CSV."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
    try:
        header = [_column(cell) for cell in next(reader, [])]
        _check(header)
        rows = list(_rows(reader, header))
    except csv.Error as error:
        raise ReadRefused(f"Line {reader.line_num} is not CSV ({error}). Mend its quotes and send it again.") from None
    unknown = [name for name in header if name and name not in COLUMNS]
    remarks = [f"Columns that Regroup does not know were left out: {', '.join(unknown)}."] if unknown else []
    return Source(rows, remarks)


def _column(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_").replace("-", "_")


def _check(header: list[str]) -> None:
    if "name" not in header:
        raise ReadRefused(
            f"The first line names no column “name”. It names the columns; known ones are {', '.join(COLUMNS)}."
        )
    twice = [name for name, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        raise ReadRefused(f"The column {twice[0]} stands there twice, so nobody knows which counts. Keep one.")


def _rows(reader: Iterator[list[str]], header: list[str]) -> Iterator[Row]:
    line = reader.line_num  # type: ignore[attr-defined]  # of csv's own reader
    for cells in reader:
        where, line = f"line {line + 1}", reader.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        fault = f"It has {len(cells)} cells and the first line {len(header)}." if len(cells) > len(header) else ""
        found = {name: bare(cell) for name, cell in zip(header, cells, strict=False) if name in COLUMNS}
        yield Row(where, {name: value for name, value in found.items() if value}, fault)


def bare(cell: str) -> str:
    """The cell without the apostrophe that `harmless` put before it."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def harmless(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def write(rows: Iterable[Iterable[object]], columns: Sequence[str] = COLUMNS) -> Iterator[str]:
    """Lines of a CSV file with those columns."""
    for cells in (columns, *rows):
        line = io.StringIO()
        csv.writer(line).writerow(harmless(cell) for cell in cells)
        yield line.getvalue()
