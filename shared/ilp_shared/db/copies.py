"""Local copies of what other services own: read by id, written so that the newest version wins.

A copy's row is a NamedTuple whose fields are the table's columns in order; one of them is `version`, that of the event
aggregate. Its statements follow from it. Pure apart from `store` and `read`.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Final, Generic, TypeVar, get_args, get_type_hints
from uuid import UUID

from ilp_shared.db.connection import Connection

Row = TypeVar("Row", bound=tuple[object, ...])
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

    With `composite`, rows travel as one array of the table's own row type instead of one array per column: faster for
    wide tables, at the price of one more look-up of the type per connection.
    """

    def __init__(self, table: str, row: type[Row], key: str, *, composite: bool = False) -> None:
        self._row, self._composite = row, composite
        columns = list(get_type_hints(row))
        self._key = columns.index(key)
        self._store = newest_wins(table, row, key, composite=composite)
        self._read = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = ANY($1)"

    async def store(self, conn: Connection, rows: Iterable[Row]) -> None:
        """Write rows, each key at most once per call; a lower version never overwrites a higher one."""
        written = list(rows)
        if written and self._composite:
            await conn.execute(self._store, written)
        elif written:
            await conn.execute(self._store, *(list(column) for column in zip(*written, strict=True)))

    async def read(self, conn: Connection, keys: Collection[UUID]) -> dict[UUID, Row]:
        """Return the known rows by key."""
        rows = [self._row(*record) for record in await conn.fetch(self._read, list(keys))]
        return {row[self._key]: row for row in rows}  # type: ignore[misc]  # the key column holds UUIDs


def newest_wins(table: str, row: type[Row], key: str, *, composite: bool = False) -> str:
    """Return the statement that upserts rows of a table and keeps, of each key, the highest `version`."""
    types = {column: _type_of(hint) for column, hint in get_type_hints(row).items()}
    columns = ", ".join(types)
    if composite:
        source = f"unnest($1::{table}[])"
    else:
        source = f"unnest({', '.join(f'${n}::{name}[]' for n, name in enumerate(types.values(), start=1))})"
        source += f" AS t ({columns})"
    changes = ", ".join(f"{column} = excluded.{column}" for column in types if column != key)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}"
        f" ON CONFLICT ({key}) DO UPDATE SET {changes} WHERE {table}.version < excluded.version"
    )


def _type_of(hint: object) -> str:
    """Return PostgreSQL's type of a column; raises KeyError for a type that no copy has."""
    present = [one for one in get_args(hint) if one is not type(None)] or [hint]
    kinds = {type(one) if isinstance(one, str) else one for one in present}
    (kind,) = kinds
    assert isinstance(kind, type)  # noqa: S101 - narrows for the type checker
    return _TYPES[kind]
