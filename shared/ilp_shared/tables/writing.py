"""Writes a table for programs (`csv`) or for spreadsheets with Indonesian settings (`excel`). Pure.

`csv`: UTF-8, comma, decimal point. `excel`: UTF-8 with BOM, semicolon, decimal comma, and an apostrophe before text
that a spreadsheet would take for a formula (OWASP, CSV injection). An empty cell means "not known". Both end lines by
CRLF (RFC 4180).
"""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, Literal

TableFormat = Literal["csv", "excel"]
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_table(header: Sequence[str], rows: Iterable[Sequence[object]], form: TableFormat = "csv") -> bytes:
    """Return the file."""
    excel = form == "excel"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if excel else ",", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_shown(cell) for cell in row] if excel else row for row in rows)
    return (codecs.BOM_UTF8 if excel else b"") + buffer.getvalue().encode()


def _shown(cell: object) -> object:
    if isinstance(cell, float):
        return repr(cell).replace(".", ",")
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
