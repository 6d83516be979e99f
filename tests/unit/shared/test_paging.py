"""Cursors: any key that a database can hold survives the round trip, and everything else is refused."""

import base64
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ilp_shared.http.paging import Paged, page_of
from ilp_shared.problems import InvalidInput
from ilp_shared.scalars import FIRST_DAY, LAST_DAY

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-9, minutes=-30))])
PARTS: dict[type, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**63) + 1, 2**63 - 1),
    date: st.dates(FIRST_DAY, LAST_DAY),
    datetime: st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 31), timezones=ZONES),  # noqa: DTZ001
    UUID: st.uuids(),
}
KEYS = st.lists(st.sampled_from(list(PARTS)), min_size=1, max_size=3).flatmap(
    lambda types: st.tuples(st.just(types), st.tuples(*(PARTS[kind] for kind in types)))
)


def cursor_of(value: object) -> str:
    """Return a cursor that holds any JSON value, as a client could forge it."""
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def next_cursor(key: tuple[object, ...]) -> str:
    """Return the cursor of the page after a row with this sort key."""
    _, cursor = page_of([key, key], 1, lambda row: row)
    assert cursor is not None
    return cursor


@given(KEYS)
def test_a_key_survives_the_round_trip(key: tuple[list[type], tuple[object, ...]]) -> None:
    types, parts = key
    assert Paged.model_construct(cursor=next_cursor(parts)).after(*types) == parts


@pytest.mark.parametrize("name", ["Posyandu\u00a0Melati", "Melati\u200b", "", "\U0001f33a" * 200], ids=ascii)
def test_any_name_may_be_the_last_of_a_page(name: str) -> None:
    key = (name, UUID(int=7), datetime(2026, 11, 22, 1, 2, 3, 4, tzinfo=UTC))
    assert Paged(cursor=next_cursor(key)).after(str, UUID, datetime) == key


@given(st.text(max_size=40))
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Paged(cursor=text).after(datetime, UUID)
    assert refusal.value.errors[0].pointer == "/query/cursor"


FORGED: list[tuple[object, list[type]]] = [
    (["only one"], [str, str]),
    (["one", "more"], [str]),
    ([], [str]),
    ({"0": "x"}, [str]),
    ("x", [str]),
    (["with \0 inside"], [str]),
    ([1], [str]),
    ([None], [str]),
    ([["x"]], [str]),
    ([True], [int]),
    (["1e3"], [int]),
    (["inf"], [int]),
    (["NaN"], [int]),
    ([str(2**63)], [int]),
    (["9" * 300], [int]),
    ([12], [int]),
    (["infinity"], [datetime]),
    (["-infinity"], [date]),
    (["2026-11-22"], [UUID]),
    (["2026-11-22T08:00:00"], [datetime]),
    (["0001-01-01T00:00:00+14:00"], [datetime]),
    (["9999-12-31T23:59:59-14:00"], [datetime]),
    (["2026-13-01"], [date]),
    ([0], [date]),
    (["1899-12-31"], [date]),
    (["2201-01-01"], [date]),
    (["20261122"], [date]),
    (["2026-W47-7"], [date]),
    (["1899-12-31T23:59:59+00:00"], [datetime]),
    (["2201-01-01T00:00:00+00:00"], [datetime]),
    (["2026-11-22T08:00:00+07:00"], [datetime]),
    (["9999-12-31T23:59:59-23:59", str(UUID(int=7))], [datetime, UUID]),
    (["0001-01-01T00:00:00+23:59", str(UUID(int=7))], [datetime, UUID]),
    (["\0", "2026-11", "D_S"], [str, str, str]),
    (["x" * 201], [str]),
    ([" 12 "], [int]),
    (["1_2"], [int]),
    (["٣"], [int]),
    ([str(-(2**63))], [int]),
    (["{" + str(UUID(int=7)) + "}"], [UUID]),
    (["not an id"], [UUID]),
]


@pytest.mark.parametrize(("value", "types"), FORGED, ids=str)
def test_a_forged_cursor_is_refused(value: object, types: list[type]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Paged(cursor=cursor_of(value)).after(*types)
    assert refusal.value.errors[0].code == "unknown_cursor"


def test_a_cursor_with_more_than_a_page_wrote_is_refused() -> None:
    key = (datetime(2026, 11, 22, tzinfo=UTC), UUID(int=7))
    for other in (f"{next_cursor(key)}=", f"{next_cursor(key)}!", f" {next_cursor(key)}"):
        with pytest.raises(InvalidInput):
            Paged(cursor=other).after(datetime, UUID)


def test_the_first_page_has_no_key() -> None:
    assert Paged().after(datetime, UUID) is None


@pytest.mark.parametrize(("rows", "expected", "more"), [(0, 0, False), (2, 2, False), (3, 3, False), (4, 3, True)])
def test_one_row_more_than_the_page_makes_a_next_one(rows: int, expected: int, more: bool) -> None:
    page, cursor = page_of(list(range(rows)), 3, lambda row: (row,))
    assert list(page) == list(range(expected))
    assert (cursor is not None) is more
    assert not more or Paged(cursor=cursor).after(int) == (2,)


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 501}, {"cursor": "x" * 2_001}, {"count": "all"}, {"page": 2}]
)
def test_a_query_out_of_its_limits_is_refused(query: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Paged.model_validate(query)
