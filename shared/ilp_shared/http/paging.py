"""Keyset paging: an opaque cursor holds the sort key of the last row, so that pages stay right while rows arrive."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import orjson
from pydantic import Field

from ilp_shared.models import Input, Output
from ilp_shared.problems import InvalidInput
from ilp_shared.scalars import MAX_INT8, Limit, is_storable_day, is_storable_instant
from ilp_shared.text import Text

T = TypeVar("T")
R = TypeVar("R")
_BAD_CURSOR = Text(
    "Kursor halaman tidak dikenal; mulai lagi tanpa 'cursor'.",
    "Unknown page cursor; start again without 'cursor'.",
)
_MAX_CURSOR: Final = 2_000
"""A cursor holds at most a name of 200 characters of 4 bytes, an id and an instant, in Base64."""
_MAX_TEXT: Final = 200
"""Characters of the longest text by which a list is sorted."""


class Page(Output, Generic[T]):
    """Satu halaman daftar.

    One page of a list. `next` is the cursor of the following page; `total` only with `count=exact`.
    """

    items: list[T]
    """Baris halaman ini / rows of this page"""
    next: str | None = None
    """Kursor halaman berikutnya; kosong di halaman terakhir / cursor of the following page; null on the last one"""
    total: int | None = None
    """Jumlah semua baris, hanya dengan `count=exact` / number of all rows, only with `count=exact`"""


class Paged(Input):
    """The query parameters of every list: the cursor of the previous page, the page size, whether to count.

    A list's query is a subclass with its filters: `query: Annotated[TaskQuery, Query()]`.
    """

    cursor: Annotated[str | None, Field(max_length=_MAX_CURSOR)] = None
    """Nilai `next` dari halaman sebelumnya / value of `next` on the previous page"""
    limit: Limit = 100
    """Jumlah baris per halaman / rows per page"""
    count: Annotated[Literal["exact"] | None, Field(description="`exact` menambahkan / adds `total`")] = None

    def after(self, *types: type) -> tuple[Any, ...] | None:
        """Return the sort key after which the page starts, one value per type; None for the first page.

        Raises InvalidInput for a cursor that no page of this list has given.
        """
        return None if self.cursor is None else _decode(self.cursor, types)


def page_of(rows: Sequence[R], limit: int, key: Callable[[R], tuple[object, ...]]) -> tuple[Sequence[R], str | None]:
    """Split `limit + 1` rows, as a repository reads them, into the rows of the page and the cursor of the next one.

    `key` returns the sort key of a row: text, integers, dates, instants or UUIDs.
    """
    page = rows[:limit]
    return page, _encode(key(page[-1])) if len(rows) > limit else None


def next_link(query: Mapping[str, str], cursor: str) -> str:
    """Return the `Link` header (RFC 8288) of the next page, relative to the address that was asked with this query."""
    return f'<?{urlencode({**query, "cursor": cursor})}>; rel="next"'


def bad_cursor() -> InvalidInput:
    """Return the refusal of a cursor that no page of this list has given."""
    return InvalidInput.at("/query/cursor", "unknown_cursor", _BAD_CURSOR, _BAD_CURSOR)


def _encode(key: tuple[object, ...]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([_written(part) for part in key])).decode().rstrip("=")


def _written(part: object) -> str:
    if isinstance(part, datetime):
        return part.astimezone(UTC).isoformat()
    return part.isoformat() if isinstance(part, date) else str(part)


def _decode(cursor: str, types: Sequence[type]) -> tuple[Any, ...]:
    """Return the typed values of a cursor: each within the limits of its type, and written as `_encode` does."""
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(parts, list) or len(parts) != len(types):
            raise bad_cursor()
        key = tuple(_READ[kind](part) for kind, part in zip(types, parts, strict=True))
    except (ValueError, TypeError, OverflowError):
        raise bad_cursor() from None
    if _encode(key) != cursor:
        raise bad_cursor()
    return key


def _text(part: object) -> str:
    if not isinstance(part, str) or "\0" in part or len(part) > _MAX_TEXT:
        raise ValueError("text that no column holds")
    return part


def _integer(part: object) -> int:
    value = int(_text(part))
    if abs(value) > MAX_INT8:
        raise ValueError("out of the range of bigint")
    return value


def _day(part: object) -> date:
    day = date.fromisoformat(_text(part))
    if not is_storable_day(day):
        raise ValueError("out of the range of days")
    return day


def _instant(part: object) -> datetime:
    instant = datetime.fromisoformat(_text(part))
    if instant.tzinfo is None or not is_storable_instant(instant):
        raise ValueError("an instant names its zone and lies within the range of instants")
    return instant.astimezone(UTC)


_READ: Final[dict[type, Callable[[object], Any]]] = {
    str: _text,
    int: _integer,
    date: _day,
    datetime: _instant,
    UUID: lambda part: UUID(_text(part)),
}
