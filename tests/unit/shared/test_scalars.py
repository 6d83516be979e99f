"""Scalar types of doors: what they take, and what they refuse, with the code of the refusal."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ilp_shared import scalars

DAYS = ["1900-01-01", "2024-02-29", "2200-12-31"]
NO_DAYS = [
    0,
    "0",
    1709251200,
    "1709251200",
    20240301,
    "20240301",
    "2024-3-1",
    "2024-03-01T00:00:00",
    "01-03-2024",
    True,
]
NO_DAYS += [1.5, None, "２０２４-０３-０１", "2024-02-30", "2024-W09-5", " 2024-03-01", "2024-03-01 ", ["2024-03-01"]]
NAMES = [
    "Suharto",
    "Ma'ruf",
    "O",
    "Siti Nurhaliza binti Tarudin",
    "ꦱꦶꦠꦶ",
    "محمد",
    "陳",
    "RW 03",
    "Ⅷ",
    "Posyandu Melati 1",
]
NO_NAMES = ["\u200b", ".", "-", "'", "12", "٣", "\u3164", "\ufeff", "\u115f\u1160", "\u00ad\u200d", "💉", "  ", ""]
INSTANTS = ["1900-01-01T00:00:00Z", "2026-11-29T08:00:00+07:00", "2200-12-31T23:59:59Z", "2026-11-29 08:00:00+07:00"]
NO_INSTANTS = [0, "0", 1709251200, "1709251200", "2026-11-29", "2026-11-29T08:00:00", "1899-12-31T23:59:59Z", True]
NO_INSTANTS += [
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2201-01-01T00:00:00Z",
    "1900-01-01T00:00+07:00",
]
NO_INTEGERS = ["1.0", "1e1", " 1", "1_0", "+1", "٣", "", 1.0, True, None, "0x1", "9" * 20, "9" * 5_000]


def read(scalar: Any, value: object) -> Any:
    """Return what a door reads."""
    return TypeAdapter(scalar).validate_python(value)


def codes(scalar: Any, value: object) -> set[str]:
    """Return the codes of the refusal of a value."""
    with pytest.raises(ValidationError) as refusal:
        read(scalar, value)
    return {error["type"] for error in refusal.value.errors()}


@pytest.mark.parametrize("value", DAYS)
def test_a_day_is_text(value: str) -> None:
    assert read(scalars.Day, value) == read(scalars.Day, date.fromisoformat(value)) == date.fromisoformat(value)


@pytest.mark.parametrize("value", NO_DAYS, ids=ascii)
def test_what_is_no_day_is_refused(value: object) -> None:
    assert codes(scalars.Day, value) <= {"date_from_datetime_parsing", "date_parsing"}


def test_an_instant_is_no_day() -> None:
    assert codes(scalars.Day, datetime(2024, 3, 1, tzinfo=UTC)) == {"date_from_datetime_parsing"}


@pytest.mark.parametrize("value", ["1899-12-31", "2201-01-01", "0001-01-01", "9999-12-31"])
def test_a_day_out_of_every_calendar_is_refused(value: str) -> None:
    assert codes(scalars.Day, value) == {"year_out_of_range"}


@pytest.mark.parametrize("value", INSTANTS)
def test_an_instant_names_its_zone(value: str) -> None:
    assert read(scalars.Instant, value) == datetime.fromisoformat(value)


@pytest.mark.parametrize("value", NO_INSTANTS, ids=ascii)
def test_what_is_no_instant_is_refused(value: object) -> None:
    known = {"datetime_from_date_parsing", "timezone_aware", "year_out_of_range"}
    assert codes(scalars.Instant, value) <= known


@pytest.mark.parametrize("value", NAMES, ids=ascii)
def test_a_name_has_a_letter_of_any_script(value: str) -> None:
    assert read(scalars.Name, f" {value} ") == value


@pytest.mark.parametrize("value", NO_NAMES, ids=ascii)
def test_what_shows_no_letter_is_no_name(value: str) -> None:
    assert codes(scalars.Name, value) <= {"no_letter", "string_too_short"}


def test_letters_of_area_codes_are_capitals() -> None:
    assert read(scalars.AreaCode, "13.76.01.1002.rw03.Rt-1") == "13.76.01.1002.RW03.RT-1"
    assert read(scalars.AreaCode, "id") == "id"


def test_integers_of_queries_have_limits() -> None:
    assert read(scalars.SequenceNumber, str(2**63 - 1)) == 2**63 - 1
    assert codes(scalars.SequenceNumber, str(2**63)) == {"less_than_equal"}
    assert codes(scalars.SequenceNumber, "-1") == {"greater_than_equal"}
    assert (read(scalars.Limit, "500"), read(scalars.Limit, 1)) == (500, 1)
    assert codes(scalars.Limit, "501") == {"less_than_equal"}


def test_the_limits_of_an_integer_are_published() -> None:
    schema = TypeAdapter(scalars.Limit).json_schema()
    assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", 1, 500)


@pytest.mark.parametrize("value", NO_INTEGERS, ids=lambda value: ascii(value)[:20])
def test_what_is_no_integer_is_refused(value: object) -> None:
    assert codes(scalars.SequenceNumber, value) <= {"int_parsing", "less_than_equal"}


@pytest.mark.parametrize("value", ["1", 1.0, True, 0, 2**31])
def test_a_version_is_a_whole_number(value: object) -> None:
    codes(scalars.Version, value)
