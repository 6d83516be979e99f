"""Files of tables: what spreadsheets save is read, what is written is read again, and nothing becomes a formula."""

import csv
import io
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ilp_shared.tables.reading import read_decimal, read_table
from ilp_shared.tables.writing import TableFormat, write_table

COLUMNS = ("kind", "name", "catchment", "lat")
ROW = {"kind": "pustu", "name": "Pustu Séntosa", "catchment": "13.76.01.1002;13.76.01.1003", "lat": "-0,22"}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
FORMS = st.sampled_from(get_args(TableFormat))
CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=20)


def file_of(delimiter: str, encoding: str = "utf-8", ending: str = "\r\n", before: str = "") -> bytes:
    """Return the row as a spreadsheet saves it."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, delimiter=delimiter, lineterminator=ending)
    writer.writeheader()
    writer.writerow(ROW)
    return (before + out.getvalue()).encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_every_way_of_saving_gives_the_same_rows(delimiter: str, encoding: str, ending: str) -> None:
    assert [row.cells for row in read_table(file_of(delimiter, encoding, ending), COLUMNS)] == [ROW]


def test_excel_names_its_delimiter_in_the_first_line() -> None:
    assert [row.cells for row in read_table(file_of(";", before="sep=;\r\n"), COLUMNS)] == [ROW]


def test_names_of_columns_are_found_whatever_their_case_order_and_blanks() -> None:
    raw = b" Name ;KIND;;\r\n Pustu A ;pustu;;\r\n;;;\r\n\r\nPustu B;;;x\r\n"
    rows = read_table(raw, COLUMNS)
    assert [row.cells for row in rows] == [{"name": "Pustu A", "kind": "pustu"}, {"name": "Pustu B"}]
    assert [row.has_surplus for row in rows] == [False, True]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "columns"),
        (b"kind|name\n", "columns"),
        (b"kind,kind\n", "columns"),
        (b"kind,,name\n", "columns"),
        (b"kind,colour\n", "columns"),
        (b'kind,name\n"pustu', "line 2"),
        (b"\xff\xfe\x00", "utf-16"),
        (b"kind,name\npustu,\x81\n", "windows-1252"),
        ("kind,name\npustu,S\u00e9ntosa\npustu,".encode() + b"\xe9\n", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(raw: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refusal:
        read_table(raw, COLUMNS)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "value"), [("-0,22", -0.22), ("100.6", 100.6), ("\u22126,9", -6.9), ("1,5E2", 150), ("7", 7)]
)
def test_a_number_has_a_decimal_point_or_comma(text: str, value: float) -> None:
    assert read_decimal(text) == value


@pytest.mark.parametrize("text", ["", "1.234,5", "1,2,3", "1_0", "nan", "inf", "٣", " 1", "0x1", "timur", "."])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        read_decimal(text)


def test_the_file_for_programs_and_the_file_for_spreadsheets() -> None:
    header, rows = ("name", "value", "count"), [("=1+1", 6.88, 3), ("Kota, lama", -0.5, None)]
    assert write_table(header, rows) == b'name,value,count\r\n=1+1,6.88,3\r\n"Kota, lama",-0.5,\r\n'
    excel = write_table(header, rows, "excel")
    assert excel == b"\xef\xbb\xbfname;value;count\r\n'=1+1;6,88;3\r\nKota, lama;-0,5;\r\n"


@pytest.mark.parametrize("first", "=+-@\t\r")
def test_no_text_becomes_a_formula_and_the_guard_is_taken_off_again(first: str) -> None:
    raw = write_table(("name",), [(f"{first}SUM(1)",)], "excel")
    (cell,) = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))[1]
    assert cell == f"'{first}SUM(1)"
    assert read_table(raw, COLUMNS)[0].cells == {"name": f"{first}SUM(1)"}


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), FORMS)
def test_what_is_written_is_read_again(rows: list[tuple[str, str]], form: TableFormat) -> None:
    assume(not any(cell.startswith("'") for row in rows for cell in row))  # the guard's own sign
    raw = write_table(("kind", "name"), rows, form)
    assert [row.cells for row in read_table(raw, COLUMNS)] == [{"kind": kind, "name": name} for kind, name in rows]
