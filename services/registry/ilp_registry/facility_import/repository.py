"""SQL of facility imports: rows enter by COPY, are judged in chunks, and keep their outcome."""

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

from ilp_shared.db.connection import Connection

Status = Literal["accepted", "conflict", "rejected"]


class Outcome(NamedTuple):
    """Outcome of a row, numbered from 1: a reason unless it was accepted, else the facility's id."""

    row: int
    status: Status
    reason: str | None
    facility_id: UUID | None


async def stage(conn: Connection, sha256: str, contents: Sequence[str]) -> bool:
    """Copy a file's rows (numbered from 1) into the staging table; False when the file is there already."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtext($1))", sha256)
    if await conn.fetchval("SELECT true FROM facility_import WHERE file_sha256 = $1 LIMIT 1", sha256):
        return False
    await conn.copy_records_to_table(
        "facility_import",
        records=((sha256, number, content) for number, content in enumerate(contents, start=1)),
        columns=("file_sha256", "row", "content"),
    )
    return True


async def next_rows(conn: Connection, sha256: str, limit: int) -> list[asyncpg.Record]:
    """Lock and return rows that were not judged yet, in order."""
    return await conn.fetch(
        "SELECT row, content FROM facility_import WHERE file_sha256 = $1 AND status IS NULL"
        " ORDER BY row LIMIT $2 FOR UPDATE",
        sha256,
        limit,
    )


async def settle_rows(conn: Connection, sha256: str, outcomes: Sequence[Outcome]) -> None:
    """Store the outcomes of judged rows."""
    await conn.execute(
        "UPDATE facility_import i SET status = t.status, reason = t.reason, facility_id = t.id"
        " FROM unnest($2::int[], $3::text[], $4::text[], $5::uuid[]) AS t (row, status, reason, id)"
        " WHERE i.file_sha256 = $1 AND i.row = t.row",
        sha256,
        *(list(column) for column in zip(*outcomes, strict=True)),
    )


async def outcomes_of(conn: Connection, sha256: str) -> list[Outcome]:
    """Return the outcomes of a file's rows, in order."""
    rows = await conn.fetch(
        "SELECT row, status, reason, facility_id FROM facility_import WHERE file_sha256 = $1 ORDER BY row", sha256
    )
    return [Outcome(*row) for row in rows]
