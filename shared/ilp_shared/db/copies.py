"""Local copies of what other services own: read by key, written so that the newest version wins.

The row of a copy is a NamedTuple whose fields are the table's columns in order; one of them is `version`, that of the
aggregate. The statements follow from it. `newest` and `newest_wins` are pure; only `store` and `read` use the database.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from operator import itemgetter
from types import NoneType, UnionType
from typing import Any, Final, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from ilp_shared.db.connection import Connection

Row = TypeVar("Row", bound=tuple[object, ...])
Item = TypeVar("Item")
Key = TypeVar("Key")
_TYPES: Final[dict[type, str]] = {
    UUID: "uuid",
    str: "text",
    int: "bigint",
    float: "float8",
    bool: "boolean",
    date: "date",
    datetime: "timestamptz",
    bytes: "bytea",
}


class Copy(Generic[Row]):
    """A table of copies. `key` names the column of its primary key.

    With `composite`, rows are sent as one array of the table's own row type instead of one array per column. Only so a
    row may hold arrays; it is faster for wide tables, and costs one look-up of the type per connection.
    """

    def __init__(self, table: str, row: type[Row], key: str, *, composite: bool = False) -> None:
        self._row, self._composite = row, composite
        columns = list(get_type_hints(row))
        self._key, self._version = columns.index(key), columns.index("version")
        self._store = newest_wins(table, row, key, composite=composite)
        self._read = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = ANY($1)"

    async def store(self, conn: Connection, rows: Iterable[Row]) -> None:
        """Write the newest of the given rows of each key; a lower version never overwrites a higher one."""
        changes = newest(rows, itemgetter(self._key), itemgetter(self._version))  # the statement takes each key once
        if changes and self._composite:
            await conn.execute(self._store, list(changes.values()))
        elif changes:
            await conn.execute(self._store, *(list(column) for column in zip(*changes.values(), strict=True)))

    async def read(self, conn: Connection, keys: Collection[UUID]) -> dict[UUID, Row]:
        """Return the known rows by key."""
        rows = [self._row(*record) for record in await conn.fetch(self._read, list(keys))]
        return {row[self._key]: row for row in rows}  # type: ignore[misc]  # the key column holds UUIDs


def newest(items: Iterable[Item], key: Callable[[Item], Key], version: Callable[[Item], int]) -> dict[Key, Item]:
    """Return of each key the item with the highest version; of equal versions, the later item."""
    return {key(item): item for item in sorted(items, key=version)}


def newest_wins(table: str, row: type[Row], key: str, *, composite: bool = False) -> str:
    """Return the statement that upserts rows of a table and keeps, of each key, the highest `version`."""
    hints = get_type_hints(row)
    columns = ", ".join(hints)
    if composite:
        source = f"unnest($1::{table}[])"
    else:
        arrays = ", ".join(f"${n}::{_type_of(hint)}[]" for n, hint in enumerate(hints.values(), start=1))
        source = f"unnest({arrays}) AS t ({columns})"
    changes = ", ".join(f"{column} = excluded.{column}" for column in hints if column != key)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}"
        f" ON CONFLICT ({key}) DO UPDATE SET {changes} WHERE {table}.version < excluded.version"
    )


def _type_of(hint: object) -> str:
    """Return PostgreSQL's type of a column; raises TypeError for a type that a copy cannot hold."""
    kinds = set(_plain_types(hint))
    if len(kinds) != 1 or not kinds <= _TYPES.keys():
        raise TypeError(f"a copy cannot hold {hint}")
    return _TYPES[kinds.pop()]


def _plain_types(hint: Any) -> Iterator[Any]:
    """Yield the types behind optional, union and literal hints, without None."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        for choice in get_args(hint):
            yield from _plain_types(choice)
    elif origin is Literal:
        yield from (type(value) for value in get_args(hint))
    elif hint is not NoneType:
        yield hint
