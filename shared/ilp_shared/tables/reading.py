"""Reads a table as spreadsheets save it: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252; with or without BOM.

Columns are found by name, without regard to case and order. Cells lose blanks around them and the guard that
`writing` puts before formulas. Pure.
"""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

_DELIMITERS: Final = (",", ";", "\t")
_NAMED_DELIMITER: Final = re.compile(r'"?sep=([,;\t])"?\r?\n', re.IGNORECASE)
"""The first line that names the delimiter to Excel."""
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF8_CHARACTER: Final = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
_GUARDED: Final = re.compile(r"'(?=[=+\-@\t\r])")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")


class Row(NamedTuple):
    """A row that holds anything: its filled cells by column."""

    cells: dict[str, str]
    has_surplus: bool
    """Whether cells are filled beyond the last column."""


def read_table(raw: bytes, columns: Collection[str]) -> list[Row]:
    """Return the rows of a file that has some of these columns, each at most once.

    Raises ValueError, with the line where there is one, for a file that cannot be read as such a table.
    """
    text = _text(raw)
    marker = _NAMED_DELIMITER.match(text)
    if marker is not None:
        text = text[marker.end() :]
    delimiter = marker[1] if marker is not None else max(_DELIMITERS, key=lambda each: _known(text, each, columns))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = _header(next(reader, []))
        if not header or set(header) - set(columns) or len(set(header)) < len(header):
            raise ValueError(f"columns must be among {', '.join(columns)}, each once")
        return list(_rows(reader, header))
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None


def read_decimal(text: str) -> float:
    """Return a number written with a decimal point or comma, without groups; raises ValueError for other text."""
    decimal = text.replace("\u2212", "-")
    if not _DECIMAL.fullmatch(decimal):
        raise ValueError("not a decimal number")
    return float(decimal.replace(",", "."))


def _text(raw: bytes) -> str:
    """Return the text of a file: by its BOM, else UTF-16 where every other byte begins as zero, UTF-8, Windows-1252."""
    if raw.startswith(_WIDE):
        return _decoded(raw, "utf-16")
    if len(raw) > 1 and raw.count(0, 0, 2) == 1:
        return _decoded(raw, "utf-16-be" if raw[0] == 0 else "utf-16-le")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if _UTF8_CHARACTER.search(raw):  # Windows-1252 text hardly holds such pairs: a damaged UTF-8 file
            raise ValueError("utf-8 text with damaged characters") from None
        return _decoded(raw, "cp1252")


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError("neither utf-8, utf-16 nor windows-1252 text") from None


def _known(text: str, delimiter: str, columns: Collection[str]) -> int:
    """Return how many of the columns the header names, when it is split by a delimiter."""
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return 0
    return len(set(_header(header)) & set(columns))


def _header(cells: Sequence[str]) -> list[str]:
    """Return the names of the columns; empty cells at the end are none."""
    names = [cell.strip().casefold() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _rows(reader: Iterator[list[str]], header: Sequence[str]) -> Iterator[Row]:
    for line in reader:
        cells = [_GUARDED.sub("", cell.strip(), count=1) if cell.startswith("'") else cell.strip() for cell in line]
        if any(cells):
            contents = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
            yield Row(contents, any(cells[len(header) :]))
