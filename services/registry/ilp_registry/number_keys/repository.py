"""SQL of the change of keys. It reads and writes rows of all areas, by their ids."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import asyncpg

from ilp_registry.number_keys.models import NumberTable, State
from ilp_shared.db.connection import Connection
from ilp_shared.db.locks import KEY_CHANGE

_KEY_IDS: Final = """
WITH RECURSIVE used (id) AS (
    SELECT min({column}_key_id) FROM {table}
    UNION ALL SELECT (SELECT min({column}_key_id) FROM {table} WHERE {column}_key_id > used.id) FROM used
    WHERE used.id IS NOT NULL)
SELECT id FROM used WHERE id IS NOT NULL
"""
_ANSWER_S: Final = 5.0
_UPDATE: Final = (
    "UPDATE {table} SET {assignments} FROM unnest({arrays}) AS new (id, {columns}) WHERE {table}.id = new.id"
)


async def read_states(conn: Connection) -> dict[str, str]:
    """Return the state of each place."""
    return {row["place"]: row["state"] for row in await conn.fetch("SELECT place, state FROM blind_index")}


async def set_state(conn: Connection, place: str, state: State) -> None:
    """Set the state of a place."""
    await conn.execute("UPDATE blind_index SET state = $2 WHERE place = $1", place, state)


async def claim_run(conn: Connection) -> bool:
    """Take the lock of the change of keys for this connection; False if another run has it past the lock timeout."""
    try:
        await conn.execute("SELECT pg_advisory_lock($1)", KEY_CHANGE)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def end_run(conn: Connection) -> None:
    """Give the lock up, and the connection, which was idle for hours and may be gone."""
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        await conn.execute("SELECT pg_advisory_unlock_all()", timeout=_ANSWER_S)
    conn.terminate()


async def wait_for_writers(conn: Connection) -> None:
    """Let no one write numbers until this transaction ends, after those have ended that write now.

    Raises LockNotAvailableError when one of them takes longer than the lock timeout.
    """
    await conn.execute("LOCK TABLE household, person IN SHARE ROW EXCLUSIVE MODE")


async def key_ids(conn: Connection, table: NumberTable) -> set[str]:
    """Return the ids of the keys that rows name; reads one entry of an index for each."""
    ids: set[str] = set()
    for column in table.encrypted:
        rows = await conn.fetch(_KEY_IDS.format(table=table.name, column=column))
        ids |= {row["id"] for row in rows}
    return ids


async def rows_after(conn: Connection, table: NumberTable, last: UUID, limit: int) -> list[asyncpg.Record]:
    """Return the next rows by id."""
    columns = ", ".join(table.columns)
    return await conn.fetch(f"SELECT id, {columns} FROM {table.name} WHERE id > $1 ORDER BY id LIMIT $2", last, limit)


async def lock_rows(
    conn: Connection, table: NumberTable, ids: Sequence[UUID], *, wait: bool = False
) -> list[asyncpg.Record]:
    """Lock rows and return them as they are now; without `wait`, those that others hold are left out."""
    columns, ending = ", ".join(table.columns), "" if wait else " SKIP LOCKED"
    statement = f"SELECT id, {columns} FROM {table.name} WHERE id = ANY($1) ORDER BY id FOR UPDATE{ending}"
    return await conn.fetch(statement, ids)


async def a_row_with(conn: Connection, table: NumberTable, column: str, key_id: str) -> asyncpg.Record | None:
    """Return a row whose value in this column is encrypted with a key."""
    columns = ", ".join(table.columns)
    return await conn.fetchrow(f"SELECT id, {columns} FROM {table.name} WHERE {column}_key_id = $1 LIMIT 1", key_id)


async def a_row_with_digest(conn: Connection, table: NumberTable, column: str) -> asyncpg.Record | None:
    """Return a row that has a digest in this column; an index finds it."""
    columns = ", ".join(table.columns)
    return await conn.fetchrow(
        f"SELECT id, {columns} FROM {table.name} WHERE {column} IS NOT NULL ORDER BY {column} LIMIT 1"
    )


async def count_with(conn: Connection, table: NumberTable, key_id: str) -> int:
    """Return how many values of a table are encrypted with a key."""
    counts = [f"(SELECT count(*) FROM {table.name} WHERE {column}_key_id = $1)" for column in table.encrypted]
    return int(await conn.fetchval(f"SELECT {' + '.join(counts)}", key_id))


async def write_rows(conn: Connection, table: NumberTable, rows: Sequence[Mapping[str, object]]) -> None:
    """Write all columns of locked rows that follow from a key; versions stay, because the record is the same."""
    kinds = ["text" if column.endswith("_key_id") else "bytea" for column in table.columns]
    statement = _UPDATE.format(
        table=table.name,
        columns=", ".join(table.columns),
        assignments=", ".join(f"{column} = new.{column}" for column in table.columns),
        arrays=", ".join(f"${at}::{kind}[]" for at, kind in enumerate(("uuid", *kinds), 1)),
    )
    await conn.execute(statement, *([row[column] for row in rows] for column in ("id", *table.columns)))
