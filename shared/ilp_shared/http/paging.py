"""Keyset paging: an opaque cursor that holds the sort key of the last row, so pages stay right while rows arrive."""

import base64
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel

from ilp_shared.problems import FieldError, InvalidInput
from ilp_shared.text import Text

T = TypeVar("T")
_BAD_CURSOR = Text(
    "Kursor halaman tidak dikenal; mulai lagi tanpa 'cursor'.",
    "Unknown page cursor; start again without 'cursor'.",
)
MAX_LIMIT = 500


class Page(BaseModel, Generic[T]):
    """One page of a list. `next` is the cursor of the following page; `total` only with `count=exact`."""

    items: list[T]
    next: str | None = None
    total: int | None = None


def bad_cursor() -> InvalidInput:
    """Return the refusal of a cursor that no page of ours has given."""
    error = FieldError(
        pointer="/query/cursor", code="unknown_cursor", message=_BAD_CURSOR.id, message_en=_BAD_CURSOR.en
    )
    return InvalidInput(_BAD_CURSOR, errors=[error])


def encode_cursor(*key: str) -> str:
    """Return the cursor that stands after a row with this sort key."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, size: int) -> tuple[str, ...] | None:
    """Return the sort key of a cursor, or None for the first page; raises InvalidInput for a foreign one."""
    if cursor is None:
        return None
    try:
        key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise bad_cursor() from None
    if not isinstance(key, list) or len(key) != size or not all(isinstance(part, str) for part in key):
        raise bad_cursor()
    return tuple(key)


def decode_instant_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the sort key of a list ordered by instant and id, or None for the first page; raises InvalidInput."""
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        return datetime.fromisoformat(key[0]), UUID(key[1])
    except ValueError:
        raise bad_cursor() from None
