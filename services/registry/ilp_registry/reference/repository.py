"""SQL of the reference load: COPY into a temporary table, then only what is new or changed."""

import io
from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from ilp_registry.reference.files import AliasLine
from ilp_shared.db.connection import Connection
from ilp_shared.db.locks import REFERENCE_LOAD

_COLUMNS = ("code", "name", "level", "kind", "parent_code", "lat", "lng")
_SET = ", ".join(f"{column} = excluded.{column}" for column in (*_COLUMNS[1:], "dataset"))
_OLD = ", ".join(f"area.{column}" for column in _COLUMNS[1:])
_NEW = ", ".join(f"excluded.{column}" for column in _COLUMNS[1:])


async def begin_load(conn: Connection, sha256: str) -> bool:
    """Let one load run at a time, without the limits of a request; False when this edition is loaded already."""
    await conn.execute("SET LOCAL lock_timeout = 0")
    await conn.execute("SET LOCAL statement_timeout = '120s'")
    await conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # a busy machine computes long in between
    await conn.execute("SELECT pg_advisory_xact_lock($1)", REFERENCE_LOAD)
    inserted = await conn.fetchval(
        "INSERT INTO reference_load (sha256) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true", sha256
    )
    return bool(inserted)


async def copy_areas(conn: Connection, csv: bytes, dataset: str) -> list[str]:
    """Load areas from CSV; returns the codes that are new or changed."""
    await conn.execute(f"CREATE TEMP TABLE area_in ON COMMIT DROP AS SELECT {', '.join(_COLUMNS)} FROM area LIMIT 0")
    await conn.copy_to_table("area_in", source=io.BytesIO(csv), columns=_COLUMNS, format="csv", header=True)
    rows = await conn.fetch(
        f"INSERT INTO area ({', '.join(_COLUMNS)}, dataset)"
        f" SELECT {', '.join(_COLUMNS)}, $1 FROM area_in ORDER BY code"
        f" ON CONFLICT (code) DO UPDATE SET {_SET} WHERE ({_OLD}) IS DISTINCT FROM ({_NEW}) RETURNING code",
        dataset,
    )
    return [row["code"] for row in rows]


async def replace_names(
    conn: Connection, codes: Collection[str], terms: Sequence[tuple[str, str]], aliases: Sequence[AliasLine]
) -> None:
    """Replace the search terms (term, code) of these areas, and store the aliases."""
    await conn.execute("DELETE FROM area_term WHERE code = ANY($1)", list(codes))
    await conn.execute("CREATE TEMP TABLE term_in (term text, code text) ON COMMIT DROP")
    await conn.copy_records_to_table("term_in", records=terms)
    await conn.execute("INSERT INTO area_term (term, code) SELECT term, code FROM term_in ON CONFLICT DO NOTHING")
    await conn.executemany(
        "INSERT INTO area_alias (code, name, source) VALUES ($1, $2, $3)"
        " ON CONFLICT (code, name) DO UPDATE SET source = excluded.source",
        aliases,
    )


async def next_trees(conn: Connection, roots: dict[str, UUID]) -> dict[str, int]:
    """Raise the version of these trees (id by regency), inserting those that are new; returns the versions."""
    rows = await conn.fetch(
        "INSERT INTO area_tree (root, id, version)"
        " SELECT root, id, 1 FROM unnest($1::text[], $2::uuid[]) AS t (root, id)"
        " ON CONFLICT (root) DO UPDATE SET version = area_tree.version + 1 RETURNING root, version",
        list(roots),
        list(roots.values()),
    )
    return {row["root"]: row["version"] for row in rows}


async def areas_to_villages(conn: Connection) -> list[asyncpg.Record]:
    """Return every area from province to village, by code; areas below villages are no part of a tree."""
    return await conn.fetch(f"SELECT {', '.join(_COLUMNS)} FROM area WHERE level <> 'sub_village' ORDER BY code")
